"""How an event looks to the outside: CloudEvents 1.0 whose data carries the seeds' fields (docs/interface.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

EXCHANGE = "wallet.events"
CONTENT_TYPE = "application/cloudevents+json"
SOURCE = "/wallet-service"


def routing_key(aggregate_type: str, type: str) -> str:
    """`<aggregate>.<event_type>`: bind `wallet.#` for all of wallets, `*.TransactionCompleted` for one type."""
    return f"{aggregate_type}.{type}"


def data_schema(type: str, version: int) -> str:
    """The name of what `data` look like: the `$id` of a file in docs/events, the same in every installation."""
    return f"urn:wallet-service:events:{type}:v{version}"


def envelope(
    *, id: UUID, type: str, version: int, aggregate_id: UUID, sequence: int, recorded_at: datetime, data: dict[str, Any]
) -> bytes:
    """The JSON of one event.

    Args:
        version: of the form that the type's data have; consumers see it in `dataschema` (ADR 0029).
        aggregate_id: becomes `subject`; `sequence` counts without a gap in it.
        data: the event's own fields; `event_type` and `timestamp` are added as the seeds have them (R73).
    """
    fields = {"event_type": type, "timestamp": recorded_at.isoformat().replace("+00:00", "Z"), **data}
    attributes = {
        "id": str(id),
        "source": SOURCE,
        "type": type,
        "subject": str(aggregate_id),
        "time": recorded_at,
        "sequence": str(sequence),
        "datacontenttype": "application/json",
        "dataschema": data_schema(type, version),
    }
    return JSONFormat().write(CloudEvent(attributes, fields))
