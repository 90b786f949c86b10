"""Events of other services, as they come in, and what became of them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from compliance.models import User
from ledger.ids import new_id
from ledger.models import InboxEvent, OutboxMessage
from ledger.services.inbox import Delivery, Receipt, receive
from ledger.services.invariants import check_invariants
from wallets.models import Wallet
from wallets.services.incoming import HANDLERS, read_event
from wallets.services.incoming.taking import BROKER

TIMESTAMP = "2026-03-14T16:05:11Z"


def event(type: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An envelope with an id of its own, unless it is given one."""
    envelope = {"event_id": new_id().hex, "event_type": type, "source": "booking-service", "timestamp": TIMESTAMP}
    return {**envelope, "data": data, **more}


def as_cloud_event(envelope: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The same event in its other form."""
    names = {"event_id": "id", "event_type": "type", "timestamp": "time"}
    told = {names.get(name, name): value for name, value in envelope.items()}
    return {"specversion": "1.0", **told, **more}


def booked(user: User, amount: str = "30.00", *, booking: str, **more: Any) -> dict[str, Any]:
    data = {"booking_id": booking, "user_id": str(user.id), "amount": amount, "currency": "EUR"}
    return event("BookingCreated", {**data, "description": "Train to Hamburg"}, **more)


def cancelled(booking: str, amount: str | None = None, **more: Any) -> dict[str, Any]:
    data = {"booking_id": booking} if amount is None else {"booking_id": booking, "amount": amount}
    return event("BookingCancelled", data, **more)


def joined(company_id: UUID, *, user_id: UUID | None = None, **more: Any) -> dict[str, Any]:
    id = user_id or new_id()
    person = {"user_id": str(id), "email": f"{id.hex}@nordwind.example", "company_id": str(company_id)}
    return event("UserCreated", {**person, "role": "EMPLOYEE", "first_name": "Dora", "last_name": "Sommer"}, **more)


def take(envelope: dict[str, Any], delivery: Delivery = BROKER) -> Receipt:
    """What the service makes of an envelope."""
    return receive(read_event(envelope), delivery, HANDLERS)


def sent(envelope: dict[str, Any]) -> bytes:
    """The envelope as a message."""
    return json.dumps(envelope).encode()


def row_of(envelope: dict[str, Any]) -> InboxEvent:
    return InboxEvent.objects.get(source=envelope["source"], event_id=envelope["event_id"])


def outcome_of(receipt: Receipt) -> tuple[str, str]:
    return receipt.status, receipt.error_code


def make_due(row: InboxEvent) -> None:
    """Its next try is due: what waiting does, without the wait."""
    assert InboxEvent.objects.filter(id=row.id, status="PENDING").update(next_attempt_at=row.received_at) == 1


def answers_about(wallet: Wallet) -> list[OutboxMessage]:
    """The BookingRejected messages of a wallet, in the order in which they were told."""
    rejected = OutboxMessage.objects.filter(type="BookingRejected", data__wallet_id=str(wallet.id))
    return list(rejected.order_by("created_at"))


def broken() -> list[str]:
    """The invariants that do not hold, as far as they can hold in a transaction that is open (I3c needs commits)."""
    return [finding.invariant.id for finding in check_invariants() if finding.broken and finding.invariant.id != "I3c"]
