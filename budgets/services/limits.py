"""Setting and ending limits (R133, R247)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from budgets.core.periods import Calendar
from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitWindow
from ledger.services.movements import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """What a limit shall be. Who, what, how long and the currency find it; the two figures are what changes.

    Attributes:
        wallet_id: one wallet of the user; None = all of them together.
        max_amount: in `currency`; None = any amount.
        max_count: how many spends; None = any number. Never with PER_TRANSACTION.
        calendar: the company's, copied on the row.
    """

    company_id: UUID
    user_id: UUID
    wallet_id: UUID | None = None
    limited_type: LimitedType = LimitedType.ANY
    window: LimitWindow
    currency: str
    max_amount: Decimal | None = None
    max_count: int | None = None
    calendar: Calendar


def set_limit(spec: LimitSpec, *, origin: Origin, created_by: UUID | None, reason: str) -> Limit:
    """Create a limit, or change the figures of the active one of the same kind. Below what is used is allowed."""
    raise NotImplementedError


def end_limit(limit_id: UUID, *, origin: Origin, ended_by: UUID | None, reason: str) -> Limit:
    """End a limit: nothing asks it any more. Its figures stay readable."""
    raise NotImplementedError
