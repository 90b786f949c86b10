"""Limits: what they are called, their present window, and what is left in it (R133, R247)."""

from __future__ import annotations

from datetime import datetime

from budgets.core.periods import Calendar, Window, window_at
from budgets.core.zones import is_known_zone
from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitWindow

_WINDOWS = {
    LimitWindow.PER_TRANSACTION: "Single",
    LimitWindow.DAILY: "Daily",
    LimitWindow.WEEKLY: "Weekly",
    LimitWindow.MONTHLY: "Monthly",
    LimitWindow.YEARLY: "Yearly",
}
_TYPES = {
    LimitedType.ANY: "",
    LimitedType.PAYMENT: " payment",
    LimitedType.TRANSFER: " transfer",
    LimitedType.WITHDRAWAL: " withdrawal",
}


def limit_name(limit: Limit) -> str:
    """What people call it: "Daily limit", "Monthly withdrawal limit", "Single payment limit"."""
    return f"{_WINDOWS[LimitWindow(limit.window)]}{_TYPES[LimitedType(limit.limited_type)]} limit"


def present_window(limit: Limit, now: datetime) -> Window | None:
    """The window that a limit counts over now. None: it looks at each spend alone, or its zone is unknown."""
    if limit.window == LimitWindow.PER_TRANSACTION or not is_known_zone(limit.zone):
        return None
    calendar = Calendar(limit.zone, limit.week_start, limit.month_day, limit.fiscal_month)
    return window_at(limit.window, calendar, now)
