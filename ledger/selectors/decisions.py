"""Why a document was decided as it was: every gate with its figures of that moment, as its events keep them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.events import EventType
from ledger.core.refusals import Gate, GateKind, RefusalCode
from ledger.models import Event, Transaction

__all__ = ["DecisionRecord", "Gate", "GateKind", "decisions_about"]

_OF_A_WALLET = frozenset({GateKind.WALLET, GateKind.CURRENCY, GateKind.FUNDS})
"""The gates whose id is that of the wallet whose figures they show. All others are about the payer."""
_WANTED = {
    EventType.RESERVATION_CAPTURED: "CAPTURE",
    EventType.RESERVATION_RELEASED: "RELEASE",
    EventType.RESERVATION_EXPIRED: "EXPIRE",
    EventType.RESERVATION_EXTENDED: "EXTEND",
    EventType.RESERVATION_ADVANCED: "ADVANCE",
}


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """What was decided at one instant.

    Attributes:
        wanted: what somebody wanted of a hold that was there already: CAPTURE, RELEASE, EXPIRE, EXTEND, ADVANCE; ""
            for the
            document itself.
        code: the refusal's, None for a yes.
        gates: every gate, passed ones too.
    """

    event_id: UUID
    wanted: str
    code: RefusalCode | None
    decided_at: datetime
    gates: tuple[Gate, ...]

    def shown_to(self, visible: Iterable[UUID], payer_id: UUID | None) -> DecisionRecord:
        """The same without the figures of wallets that are not among the visible ones, and without the budgets and
        limits that a payer is under whose wallet is not.

        Args:
            payer_id: the wallet that conditions and limits are about.
        """
        seen = set(visible)
        told = (gate for gate in self.gates if not gate.name or payer_id in seen)
        gates = (gate if _owner(gate, payer_id) in seen else _without_figures(gate) for gate in told)
        return replace(self, gates=tuple(gates))


def decisions_about(document: Transaction, events: Iterable[Event], *, visible: Iterable[UUID]) -> list[DecisionRecord]:
    """The decisions in the history of a document, as some eyes may see them: the one that made it, then those about
    its hold. What was refused to the payer later is left out for who does not see his wallet.

    Args:
        events: all of its events, in order.
        visible: which of the document's wallets may be seen.
    """
    told = [(event, event.facts) for event in events]
    seen, payer = set(visible), document.source_wallet_id or document.destination_wallet_id
    records = [_record(event, facts) for event, facts in told if "gates" in facts]
    shown = [*records[:1], *(record for record in records[1:] if record.code is None or payer in seen)]
    return [record.shown_to(seen, payer) for record in shown]


def _record(event: Event, facts: dict[str, Any]) -> DecisionRecord:
    code = facts.get("code")
    return DecisionRecord(
        event_id=event.id,
        wanted=facts.get("wanted") or _WANTED.get(EventType(event.type), ""),
        code=RefusalCode(code) if code else None,
        decided_at=event.recorded_at,
        gates=tuple(_gate(data) for data in facts["gates"]),
    )


def _gate(data: dict[str, Any]) -> Gate:
    return Gate(
        kind=GateKind(data["gate"]),
        id=data["id"],
        code=RefusalCode(data["code"]) if data["code"] else None,
        required=_figure(data["required"]),
        available=_figure(data["available"]),
        name=data.get("name", ""),
        unit=data.get("unit", ""),
        resets_at=datetime.fromisoformat(data["resets_at"]) if "resets_at" in data else None,
        zone=data.get("zone", ""),
        is_late=data.get("is_late", False),
    )


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _owner(gate: Gate, payer_id: UUID | None) -> UUID | None:
    return UUID(str(gate.id)) if gate.kind in _OF_A_WALLET else payer_id


def _without_figures(gate: Gate) -> Gate:
    return replace(gate, required=None, available=None)
