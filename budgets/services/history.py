"""What is told of a budget, and what is kept of its changes. Each event of a budget takes the next number of its row,
so whoever calls here holds the row's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.models import Budget, BudgetPeriod, BudgetRevision
from budgets.models.vocabulary import Effective
from budgets.selectors.figures import allocated_of
from ledger.money import plain
from ledger.services.accounts import digest
from ledger.services.allowances import Allot, Move, Subject, allot
from ledger.services.movements import Claim, Origin

SUBJECT = "budget"


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


def announce(
    budget: Budget, type: str, data: Mapping[str, Any], *, origin: Origin, moves: Sequence[Move] = ()
) -> Allot:
    """The next event of a locked budget, with its message; counts `version` up, which the caller saves.

    Args:
        data: the message's own fields; whose budget it is goes before them.
        moves: what becomes of the allowance with it. Floors do not bind: an allowance may be lowered below its use.
    """
    budget.version += 1
    claim = Claim(
        scope="budget", key=f"{budget.id}:{budget.version}", request_hash=digest(type, str(sorted(data.items())))
    )
    return allot(
        subject=Subject(SUBJECT, budget.id),
        seq=budget.version,
        type=type,
        data={**whose(budget), **data},
        moves=tuple(moves),
        claim=claim,
        origin=origin,
    )


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
