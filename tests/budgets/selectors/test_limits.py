"""What limits are called, and when their windows begin and end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from budgets.models import Limit
from budgets.selectors.limits import limit_name, present_window


@pytest.mark.parametrize(
    ("window", "type", "name"),
    [
        ("DAILY", "ANY", "Daily limit"),
        ("WEEKLY", "PAYMENT", "Weekly payment limit"),
        ("MONTHLY", "WITHDRAWAL", "Monthly withdrawal limit"),
        ("YEARLY", "TRANSFER", "Yearly transfer limit"),
        ("PER_TRANSACTION", "ANY", "Single limit"),
        ("PER_TRANSACTION", "PAYMENT", "Single payment limit"),
    ],
)
def test_names(window: str, type: str, name: str) -> None:
    assert limit_name(Limit(window=window, limited_type=type)) == name


@pytest.mark.parametrize(
    ("window", "now", "starts_at", "ends_at"),
    [
        ("DAILY", "2026-03-28T22:59:59", "2026-03-27T23:00", "2026-03-28T23:00"),
        ("DAILY", "2026-03-28T23:00:00", "2026-03-28T23:00", "2026-03-29T22:00"),  # the clocks go forward: 23 hours
        ("DAILY", "2026-10-25T12:00:00", "2026-10-24T22:00", "2026-10-25T23:00"),  # and back: 25 hours
        ("WEEKLY", "2026-03-29T21:59:59", "2026-03-22T23:00", "2026-03-29T22:00"),
        ("MONTHLY", "2026-03-29T21:59:59", "2026-02-28T23:00", "2026-03-31T22:00"),
        ("YEARLY", "2026-03-29T21:59:59", "2025-03-31T22:00", "2026-03-31T22:00"),
    ],
)
def test_windows_are_those_of_the_companys_calendar(window: str, now: str, starts_at: str, ends_at: str) -> None:
    limit = Limit(window=window, zone="Europe/Berlin", fiscal_month=4)
    found = present_window(limit, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found is not None
    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in (found.starts_at, found.ends_at)] == [starts_at, ends_at]


@pytest.mark.parametrize(("window", "zone"), [("PER_TRANSACTION", "UTC"), ("DAILY", "Nowhere"), ("DAILY", "Europe")])
def test_without_a_window(window: str, zone: str) -> None:
    assert present_window(Limit(window=window, zone=zone), datetime(2026, 3, 29, tzinfo=UTC)) is None
