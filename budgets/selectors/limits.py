"""Limits: what is left of them, and how to call them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.models import Limit


@dataclass(frozen=True, slots=True)
class Usage:
    """One figure of a limit in its present window: amounts in its currency, or a number of spends."""

    maximum: Decimal
    used: Decimal
    reserved: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class LimitFigures:
    """A limit as it stands now.

    Attributes:
        amount, count: None where the limit does not set one, and for PER_TRANSACTION, which counts nothing up.
        resets_at: when the present window ends; None for PER_TRANSACTION, and when the zone is unknown.
    """

    amount: Usage | None
    count: Usage | None
    resets_at: datetime | None


def limit_figures(limits: Iterable[Limit]) -> dict[UUID, LimitFigures]:
    """What is used, reserved and left of limits, by id."""
    raise NotImplementedError
