"""A change of a budget as JSON, to be kept with the request for it, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from budgets.models.vocabulary import BudgetStatus, ChildrenMode, Effective, Enforcement, RefundsTo, Rollover
from budgets.services.specs import BudgetChange, Unchanged
from ledger.errors import InvalidInput
from ledger.money import parse_amount, plain


def change_data(change: BudgetChange) -> dict[str, Any]:
    """Only what it names."""
    named = {field.name: getattr(change, field.name) for field in fields(BudgetChange)}
    return {name: _as_json(value) for name, value in named.items() if not isinstance(value, Unchanged)}


def _as_json(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
        case _:
            return value if value is None or isinstance(value, int) else str(value)


def _amount(value: Any) -> Decimal:
    return parse_amount(value, zero_allowed=True)


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "amount": _amount,
    "effective": Effective,
    "status": BudgetStatus,
    "enforcement": Enforcement,
    "buffer_amount": _amount,
    "buffer_percent": int,
    "thresholds": tuple,
    "rollover": Rollover,
    "rollover_cap": _or_none(_amount),
    "refunds_to": RefundsTo,
    "name": str,
    "categories": tuple,
    "end_date": _or_none(date.fromisoformat),
    "children_mode": ChildrenMode,
    "grace_days": int,
}


def change_from_data(data: Any) -> BudgetChange:
    """What `change_data` has written.

    Raises:
        InvalidInput: it is nothing of the kind.
    """
    try:
        return BudgetChange(**{name: _READERS[name](value) for name, value in data.items()})
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidInput("This is no change of a budget.", pointer="/change") from None
