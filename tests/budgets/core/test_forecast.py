"""Where March of Berlin is heading, seen from one of its days at noon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from budgets.core.forecast import Forecast, forecast
from budgets.core.periods import Calendar, window_at

BERLIN = Calendar("Europe/Berlin")
MARCH = window_at("MONTHLY", BERLIN, datetime(2026, 3, 20, 11, tzinfo=UTC))


def seen_on(day: int, *, month: int = 3, **figures: Any) -> Forecast:
    """At 11:00 UTC; figures as told, or 600 allocated and nothing else."""
    said: dict[str, Any] = {"allocated": "600", "spent": "0", "reserved": "0"} | figures
    return forecast(
        calendar=BERLIN,
        window=MARCH,
        now=datetime(2026, month, day, 11, tzinfo=UTC),
        allocated=Decimal(said["allocated"]),
        spent=Decimal(said["spent"]),
        reserved=Decimal(said["reserved"]),
        daily_spends=[(spent_on, Decimal(amount)) for spent_on, amount in said.get("daily", [])],
        bookings=said.get("bookings", 0),
        scale=said.get("scale", 2),
    )


def test_the_run_rate_goes_on_to_the_end() -> None:
    """280 in 28 days are 10 a day; 11 days come after the 20th. Of 600, 210 are left: 21 days, not within March."""
    found = seen_on(
        20, spent="350", reserved="40", daily=[(date(2026, 3, 2), "200"), (date(2026, 3, 20), "80")], bookings=9
    )

    assert found == Forecast(
        enough_data=True,
        projected=Decimal("500.00"),
        burn_index=Decimal("0.93"),
        exhausted_on=None,
        daily_average=Decimal("10.00"),
        days_left=11,
    )


@pytest.mark.parametrize(
    ("spent", "reserved", "exhausted_on"),
    [
        ("490", "0", date(2026, 3, 31)),
        ("489.99", "0", None),
        ("500", "0", date(2026, 3, 30)),
        ("450", "50", date(2026, 3, 30)),
        ("499.99", "0", date(2026, 3, 31)),
        ("595", "0", date(2026, 3, 21)),
        ("600", "0", date(2026, 3, 20)),
        ("700", "0", date(2026, 3, 20)),
    ],
)
def test_the_day_on_which_nothing_is_left(spent: str, reserved: str, exhausted_on: date | None) -> None:
    found = seen_on(20, spent=spent, reserved=reserved, daily=[(date(2026, 3, 20), "280")])

    assert found.exhausted_on == exhausted_on


@pytest.mark.parametrize(
    ("day", "bookings", "enough"),
    [(8, 4, False), (8, 5, True), (9, 0, True), (1, 4, False), (1, 5, True)],
)
def test_a_quarter_of_the_period_or_five_bookings_are_enough(day: int, bookings: int, enough: bool) -> None:
    """A quarter of March, an hour short as it is, ends at 16:45 UTC of the 8th."""
    found = seen_on(day, spent="600", daily=[(date(2026, 3, 1), "600")], bookings=bookings)

    assert found.enough_data is enough
    assert found.exhausted_on == (date(2026, 3, day) if enough else None)


def test_only_the_last_28_days_count_today_included() -> None:
    daily = [(date(2026, 3, 20) - timedelta(days=ago), "28") for ago in (-1, 0, 27, 28)]

    assert seen_on(20, daily=daily).daily_average == Decimal("2.00")


@pytest.mark.parametrize(
    ("now", "projected", "burn_index"),
    [
        pytest.param({"day": 20, "month": 2}, "310.00", None, id="before-it-begins"),
        pytest.param({"day": 1}, "300.00", "0.00", id="on-the-first-day"),
        pytest.param({"day": 31}, "0.00", "0.00", id="on-the-last-day"),
        pytest.param({"day": 1, "month": 4}, "0.00", "0.00", id="when-it-is-over"),
    ],
)
def test_days_left_are_those_after_today(now: dict[str, int], projected: str, burn_index: str | None) -> None:
    today = date(2026, now.get("month", 3), now["day"])
    found = seen_on(**now, daily=[(today, "280")])

    assert found.projected == Decimal(projected)
    assert found.burn_index == (None if burn_index is None else Decimal(burn_index))


def test_twice_as_fast_as_time_goes_is_an_index_of_two() -> None:
    """On 16 March at 11:00 UTC 372 of 743 hours are gone."""
    assert seen_on(16, allocated="743", spent="744").burn_index == Decimal("2.00")
    assert seen_on(16, allocated="743", spent="372").burn_index == Decimal("1.00")


def test_where_nothing_is_allocated_there_is_no_index_and_nothing_left() -> None:
    found = seen_on(16, allocated="0")

    assert (found.burn_index, found.exhausted_on) == (None, date(2026, 3, 16))


def test_refunds_turn_the_rate() -> None:
    found = seen_on(20, spent="100", daily=[(date(2026, 3, 19), "-28")])

    assert (found.daily_average, found.projected, found.exhausted_on) == (Decimal("-1.00"), Decimal("89.00"), None)


def test_it_is_rounded_once_and_at_the_end() -> None:
    """100 ÷ 28 = 3.571428…; the rounded 3.57 would make 39.27 of the 11 days."""
    found = seen_on(20, daily=[(date(2026, 3, 20), "100")])

    assert (found.daily_average, found.projected) == (Decimal("3.57"), Decimal("39.29"))
    assert seen_on(20, daily=[(date(2026, 3, 20), "100")], scale=8).daily_average == Decimal("3.57142857")


def test_a_rate_too_slow_to_count_days_by_exhausts_nothing() -> None:
    largest, smallest = "99999999999999999999", "0.000000000000000001"

    assert seen_on(20, allocated=largest, daily=[(date(2026, 3, 20), smallest)]).exhausted_on is None
