"""What a budget shall be, and what of it shall change; checked before anything is locked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from budgets.core.periods import Calendar
from budgets.models.vocabulary import (
    BudgetStatus,
    ChildrenMode,
    Effective,
    Enforcement,
    PeriodType,
    RefundsTo,
    Rollover,
    Scope,
)
from ledger.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSpec:
    """What a new budget shall be (R55). Fields and defaults are those of `budgets.models.Budget`.

    Attributes:
        wallet_id, user_id: of scope WALLET, both; team_id: of scope TEAM; none of them for COMPANY.
        amount: in `currency`, positive: what each period starts with.
        end_date: the first day after it; None = open end. CUSTOM needs it.
        calendar: the company's; copied on the row.
        buffer_amount, buffer_percent: one of them at most.
        thresholds: percent, each once, ascending, 1–1000.
    """

    company_id: UUID
    scope: Scope
    team_id: UUID | None = None
    wallet_id: UUID | None = None
    user_id: UUID | None = None
    parent_id: UUID | None = None
    children_mode: ChildrenMode = ChildrenMode.CAP
    name: str
    currency: str
    amount: Decimal
    period_type: PeriodType = PeriodType.MONTHLY
    start_date: date
    end_date: date | None = None
    calendar: Calendar
    categories: tuple[str, ...] = ()
    enforcement: Enforcement = Enforcement.BLOCK
    buffer_amount: Decimal = ZERO
    buffer_percent: int = 0
    thresholds: tuple[int, ...] = ()
    rollover: Rollover = Rollover.NONE
    rollover_cap: Decimal | None = None
    refunds_to: RefundsTo = RefundsTo.ORIGIN
    grace_days: int = 5
    prorate_first: bool = False


class Unchanged:
    """The type of UNCHANGED: None is a value of some fields."""


UNCHANGED = Unchanged()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChange:
    """What of a budget shall be otherwise; UNCHANGED = left as it is.

    Attributes:
        amount: by `effective`. NOW: of the budget and of its open periods, whose base becomes this. NEXT_PERIOD: of
            the budget and of periods that have not begun. THIS_PERIOD_ONLY: of the current period without what was
            carried into it; the next starts with the budget's amount again.
        status: ACTIVE or SUSPENDED.
        end_date: the first day after it, tomorrow or later; None = open end.
    """

    amount: Decimal | Unchanged = UNCHANGED
    effective: Effective = Effective.NOW
    status: BudgetStatus | Unchanged = UNCHANGED
    enforcement: Enforcement | Unchanged = UNCHANGED
    buffer_amount: Decimal | Unchanged = UNCHANGED
    buffer_percent: int | Unchanged = UNCHANGED
    thresholds: tuple[int, ...] | Unchanged = UNCHANGED
    rollover: Rollover | Unchanged = UNCHANGED
    rollover_cap: Decimal | None | Unchanged = UNCHANGED
    refunds_to: RefundsTo | Unchanged = UNCHANGED
    name: str | Unchanged = UNCHANGED
    categories: tuple[str, ...] | Unchanged = UNCHANGED
    end_date: date | None | Unchanged = UNCHANGED
    children_mode: ChildrenMode | Unchanged = UNCHANGED
    grace_days: int | Unchanged = UNCHANGED
