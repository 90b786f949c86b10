"""What is told of a budget, and what is kept of its changes. Each event of a budget takes the next number of its row,
so whoever calls here holds the row's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.models import Budget, BudgetPeriod, BudgetRevision
from budgets.models.vocabulary import Effective
from budgets.selectors.figures import allocated_of
from ledger.money import plain
from ledger.services.allowances import Allot, EnvelopeKind, Move, Origin, Subject, allot


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who changes a budget, and why.

    Attributes:
        by: a user; None = the service itself.
        reason: kept for ever in the history of the budget.
    """

    origin: Origin
    by: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """A field before and after."""

    before: object
    after: object


@dataclass(slots=True)
class AmountChange:
    """What becomes of amounts.

    Attributes:
        old_amount, new_amount: the budget's; with THIS_PERIOD_ONLY the current period's, without what was carried in.
        period_key: the first period whose allowance it changes; "" = none that there is yet.
        steps: the fields that it changes, by name.
        periods: those that allow something else by it.
        must_be_left: what it takes away has to be left.
    """

    old_amount: Decimal
    new_amount: Decimal
    effective: Effective = Effective.NOW
    period_key: str = ""
    steps: dict[str, Step] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    periods: list[BudgetPeriod] = field(default_factory=list)
    must_be_left: bool = False


def announce(
    budget: Budget,
    message: str,
    data: Mapping[str, Any],
    *,
    origin: Origin,
    moves: Sequence[Move] = (),
    must_be_left: bool = False,
) -> Allot:
    """The next event of a locked budget, with its message; counts `version` up, which the caller saves.

    Args:
        data: the message's own fields; whose budget it is goes before them. Kept for ever: no personal data.
        moves: what becomes of the allowance with it.
        must_be_left: what is taken away has to be left; without it, an allowance may be lowered below its use.
    """
    budget.version += 1
    return allot(
        subject_of(budget),
        seq=budget.version,
        message=message,
        data={**whose(budget), **data},
        moves=moves,
        must_be_left=must_be_left,
        origin=origin,
    )


def subject_of(budget: Budget) -> Subject:
    """A budget as the ledger calls it."""
    return Subject(EnvelopeKind.BUDGET, budget.id, budget.name)


def whose(budget: Budget) -> dict[str, Any]:
    """The fields that every message of a budget has."""
    return {
        "company_id": str(budget.company_id),
        "scope": budget.scope,
        "team_id": told(budget.team_id),
        "wallet_id": told(budget.wallet_id),
        "user_id": told(budget.user_id),
        "currency": budget.currency,
        "revision": budget.revision,
    }


def period_fields(period: BudgetPeriod) -> dict[str, Any]:
    """What messages say of a period."""
    return {
        "period_key": period.key,
        "starts_at": told(period.starts_at),
        "ends_at": told(period.ends_at),
        "total_amount": plain(allocated_of(period)),
    }


def announce_change(
    budget: Budget, steps: Mapping[str, Step], amounts: AmountChange, occasion: Occasion, *, at: datetime
) -> tuple[Allot, BudgetRevision]:
    """`BudgetChanged`, and its history row. The message leaves the name out, which may be a person's."""
    shown = {name: step for name, step in steps.items() if name != "name"}
    data = {
        "effective": str(amounts.effective),
        "period_key": amounts.period_key,
        "total_amount": plain(budget.amount),
        "before": {name: told(step.before) for name, step in shown.items()},
        "after": {name: told(step.after) for name, step in shown.items()},
    }
    command = announce(
        budget,
        "BudgetChanged",
        data,
        origin=occasion.origin,
        moves=amounts.moves,
        must_be_left=amounts.must_be_left,
    )
    revision = revise(
        budget,
        occasion,
        old_amount=amounts.old_amount,
        new_amount=amounts.new_amount,
        at=at,
        effective=amounts.effective,
        period_key=amounts.period_key,
        changes={
            name: {"before": told(step.before), "after": told(step.after)}
            for name, step in steps.items()
            if name != "amount"
        },
    )
    return command, revision


def revise(
    budget: Budget,
    occasion: Occasion,
    *,
    old_amount: Decimal | None,
    new_amount: Decimal,
    at: datetime,
    effective: Effective = Effective.NOW,
    period_key: str = "",
    changes: Mapping[str, Any] | None = None,
) -> BudgetRevision:
    """The history row of the event that was announced last (R62); the caller saves it."""
    return BudgetRevision(
        budget=budget,
        version=budget.version,
        old_amount=old_amount,
        new_amount=new_amount,
        effective=effective,
        period_key=period_key,
        changes=dict(changes or {}),
        change_reason=occasion.reason,
        changed_by=occasion.by,
        created_at=at,
    )


def told(value: Any) -> Any:
    """A field's value as messages and history write it."""
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case UUID():
            return str(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return [told(item) for item in value]
        case _:
            return value
