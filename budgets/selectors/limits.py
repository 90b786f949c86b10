"""Limits: what they are called, their present window, and what is left in it (R133, R247)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.core.periods import Calendar, Window, window_at
from budgets.core.zones import is_known_zone
from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitStatus, LimitWindow
from ledger.money import EXACT, ZERO
from ledger.selectors.clock import database_now
from ledger.selectors.envelopes import EnvelopeFigures, envelope_figures
from ledger.services.allowances import COUNT, EnvelopeKind

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


@dataclass(frozen=True, slots=True)
class Usage:
    """One figure of a limit in its present window: an amount in its currency, or a number of spends.

    Attributes:
        remaining: maximum − used − reserved; negative when less is allowed now than was spent.
    """

    maximum: Decimal
    used: Decimal
    reserved: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class LimitFigures:
    """A limit as it stands now.

    Attributes:
        amount, count: None where the limit says none.
        resets_at: when the present window ends.

    A limit that looks at each spend alone has none of them, nor has one whose zone is unknown.
    """

    amount: Usage | None = None
    count: Usage | None = None
    resets_at: datetime | None = None


def limit_figures(limits: Iterable[Limit], now: datetime | None = None) -> dict[UUID, LimitFigures]:
    """What is used, reserved and left of limits in their present windows, by id. One query, and one for the clock
    unless `now` was read before.

    Their envelopes are turned by the first spend of a window, so until then what they show was spent before it.
    """
    limits, now = list(limits), now or database_now()
    sought = [(limit.id, asset) for limit in limits for asset in (limit.currency, COUNT)]
    found = envelope_figures(EnvelopeKind.LIMIT, sought)
    return {limit.id: _figures(limit, found, now) for limit in limits}


def _figures(limit: Limit, found: dict[tuple[UUID, str], EnvelopeFigures], now: datetime) -> LimitFigures:
    window = present_window(limit, now)
    if window is None:
        return LimitFigures()
    return LimitFigures(
        amount=_usage(limit.max_amount, found.get((limit.id, limit.currency)), window),
        count=_usage(limit.max_count, found.get((limit.id, COUNT)), window),
        resets_at=window.ends_at,
    )


def _usage(maximum: Decimal | int | None, envelope: EnvelopeFigures | None, window: Window) -> Usage | None:
    if maximum is None or envelope is None:
        return None
    is_turned = envelope.window_starts_at is not None and envelope.window_starts_at >= window.starts_at
    used = envelope.spent if is_turned else ZERO
    remaining = EXACT.subtract(EXACT.subtract(envelope.total, used), envelope.reserved)
    return Usage(envelope.total, used, envelope.reserved, remaining)


def active_limit(
    *, user_id: UUID, wallet_id: UUID | None, limited_type: str, window: str, currency: str
) -> Limit | None:
    """The limit of this kind that binds; there is one at most."""
    kind = {"user_id": user_id, "limited_type": limited_type, "window": window, "currency": currency}
    of_wallet = {"wallet_id__isnull": True} if wallet_id is None else {"wallet_id": wallet_id}
    return Limit.objects.filter(**kind, **of_wallet, status=LimitStatus.ACTIVE).first()
