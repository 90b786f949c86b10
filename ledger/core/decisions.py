"""What the machine answers, and what it is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.events import Event
from ledger.core.refusals import Gate, Refusal
from ledger.money import plain

Accounts = Mapping[UUID, Account]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the machine answers: the events that follow, and the refusal if it was a no.

    A refused transfer has an event too (its document failed, and history says why); a status change that
    changes nothing has neither.
    """

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    gates: tuple[Gate, ...] = ()


def as_text(value: UUID | Decimal | None) -> str | None:
    """A value as an event's data hold it."""
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)
