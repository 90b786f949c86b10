"""What the machine answers, and how its figures stand in an event."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.events import Event
from ledger.core.refusals import Gate, Refusal
from ledger.money import plain


@dataclass(frozen=True, slots=True)
class Decision:
    """What the machine answers: the events that follow, and the refusal if it was a no.

    A refused movement has an event too (its document failed, and history says why); a status change that
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


def gate_data(gates: tuple[Gate, ...]) -> list[dict[str, Any]]:
    """Every gate with its figures of that moment: what `/decision` tells later."""
    return [
        {
            "gate": gate.kind.value,
            "id": str(gate.id),
            "code": gate.code and gate.code.value,
            "required": as_text(gate.required),
            "available": as_text(gate.available),
            **_rule_data(gate),
        }
        for gate in gates
    ]


def _rule_data(gate: Gate) -> dict[str, Any]:
    """What only the gates of budgets and limits tell."""
    told = {
        "name": gate.name,
        "unit": gate.unit,
        "resets_at": gate.resets_at and gate.resets_at.isoformat(),
        "zone": gate.zone,
        "is_late": gate.is_late,
    }
    return {name: value for name, value in told.items() if value}
