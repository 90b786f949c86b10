"""Calendars and moments for the tests of periods: one of Berlin, and those of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import settings
from hypothesis import strategies as st

from budgets.core.periods import (
    Calendar,
    Window,
    WindowType,
    window_at,
)

BERLIN = Calendar("Europe/Berlin")
UTC_CALENDAR = Calendar("UTC")
RECURRING = [kind for kind in WindowType if kind is not WindowType.CUSTOM]

ODD_ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/Santiago", "America/St_Johns", "Asia/Beirut",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]  # fmt: skip
ZONES = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones()))
CALENDARS = st.builds(
    Calendar,
    zone=ZONES,
    week_start=st.integers(1, 7),
    month_day=st.integers(1, 28),
    fiscal_month=st.integers(1, 12),
)
KINDS = st.sampled_from(RECURRING)
EPOCH, MOST_DAYS = datetime(1970, 1, 1, tzinfo=UTC), 84_000
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=MOST_DAYS)).map(EPOCH.__add__)
APIA_SKIPS = datetime(2011, 12, 30, 10, tzinfo=UTC)
ST_JOHNS_REPEATS = datetime(2005, 10, 30, 2, 45, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=UTC)

thorough = settings(derandomize=True, deadline=None, max_examples=400)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(kind: str, calendar: Calendar, moment: str) -> Window:
    return window_at(kind, calendar, at(moment))
