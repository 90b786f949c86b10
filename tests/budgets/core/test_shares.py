"""The share of an amount for the rest of a period."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.core.periods import (
    Calendar,
    WindowType,
    prorated,
    window_at,
)
from tests.budgets.core.calendars import BERLIN, CALENDARS, KINDS, MOMENTS, thorough, window


@pytest.mark.parametrize(
    ("amount", "scale", "from_day", "share"),
    [
        ("600.00", 2, date(2026, 3, 15), "329.03"),
        ("600.00", 8, date(2026, 3, 15), "329.03225806"),
        ("600", 0, date(2026, 3, 15), "329"),
        ("600.00", 2, date(2026, 3, 1), "600.00"),
        ("600.00", 2, date(2026, 2, 1), "600.00"),
        ("600.00", 2, date(2026, 3, 31), "19.35"),
        ("600.00", 2, date(2026, 4, 1), "0.00"),
        ("600.00", 2, date(2026, 5, 1), "0.00"),
        ("99999999999999999999.999999999999999999", 18, date(2026, 3, 2), "96774193548387096774.193548387096774192"),
    ],
)
def test_who_joins_within_a_month_gets_his_days(amount: str, scale: int, from_day: date, share: str) -> None:
    found = prorated(Decimal(amount), scale, window("MONTHLY", BERLIN, "2026-03-20T12:00"), from_day)

    assert str(found) == share


def test_a_leap_day_is_a_day() -> None:
    february = window("MONTHLY", BERLIN, "2028-02-20T12:00")

    assert prorated(Decimal("290.00"), 2, february, date(2028, 2, 29)) == Decimal("10.00")


@thorough
@given(
    amount=st.decimals(0, Decimal("99999999999999999999"), places=2),
    kind=KINDS,
    calendar=CALENDARS,
    moment=MOMENTS,
    day=st.integers(0, 366),
)
def test_two_shares_of_a_window_never_add_up_to_more(
    amount: Decimal, kind: WindowType, calendar: Calendar, moment: datetime, day: int
) -> None:
    """Who leaves and who comes on the same day: together at most the whole, and at most the smallest unit less."""
    found = window_at(kind, calendar, moment)
    from_day = min(found.first_day + timedelta(days=day), found.end_day)
    rest = prorated(amount, 2, found, from_day)
    mirrored = prorated(amount, 2, found, found.end_day - (from_day - found.first_day))

    assert 0 <= rest <= amount
    assert amount - Decimal("0.01") <= rest + mirrored <= amount
