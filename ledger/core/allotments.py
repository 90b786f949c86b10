"""The commands by which budgets and limits change what they allow."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.command import Command
from ledger.core.events import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccountFloor(Command):
    """Change how far an envelope may be overspent: the floor of its AVAILABLE account."""

    account_id: UUID
    min_balance: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceMove:
    """A change of what one envelope allows.

    Attributes:
        account_id: its AVAILABLE account. source_id: the system account on the other side.
        amount: signed, not zero.
        rule_id, name: the budget or limit that it belongs to.
    """

    account_id: UUID
    source_id: UUID
    asset: str
    amount: Decimal
    rule_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allot(Command):
    """Something happens to a budget or limit: it is made or changed, given more or less, a period opens or closes, a
    threshold is reached. It is told to the outside as `message` with `data`.

    Attributes:
        stream: BUDGET or LIMIT; `subject_id` is its id.
        seq: the number of this in its life, given under the lock of its row.
        must_be_left: refuse to take away what is not left.
    """

    stream: Stream
    subject_id: UUID
    seq: int
    message: str
    data: dict[str, Any]
    moves: tuple[AllowanceMove, ...] = ()
    must_be_left: bool = False
