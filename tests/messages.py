"""Messages against their schemas in docs/events: whatever a test makes the service say has to fit (ADR 0029)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from ledger.models import OutboxMessage
from ledger.selectors.stream import cloud_event

FOLDER = Path(__file__).parents[1] / "docs" / "events"
ENVELOPE = "envelope.json"
MOST_PER_TEST = 2_000
"""Storms say tens of thousands of times the same; the newest of them are looked at."""

_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@cache
def validator(file: str) -> Validator | None:
    """Of one file in docs/events; None without it."""
    path = FOLDER / file
    if not path.exists():
        return None
    schema = json.loads(path.read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def file_of(dataschema: str) -> str:
    """`urn:wallet-service:events:WalletCreated:v1` is `WalletCreated.v1.json`."""
    *_, type, version = dataschema.split(":")
    return f"{type}.{version}.json"


def faults_of(message: dict[str, Any]) -> list[str]:
    """Where a message, as a consumer gets it, does not fit its schemas."""
    envelope = validator(ENVELOPE)
    assert envelope is not None
    faults = _faults(envelope, message, ENVELOPE)
    if faults:
        return faults
    if message["type"] != message["data"]["event_type"]:
        return [f"type is {message['type']}, event_type is {message['data']['event_type']}"]
    file = file_of(message["dataschema"])
    data = validator(file)
    if data is None:
        return [
            f"docs/events/{file} is missing. A message that is sent needs its schema there, an example of it in "
            f"docs/events/examples/{file}, a line in docs/events/README.md and in the table of docs/events.md, and a "
            "place in the story of tests/docs/test_message_schemas.py."
        ]
    return _faults(data, message["data"], file)


def _faults(validator: Validator, value: Any, file: str) -> list[str]:
    return [f"docs/events/{file}: {error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def horizon() -> int:
    """Every database transaction that begins from now on has an id that is not below it."""
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        return int(cursor.fetchone()[0])


def written_since(horizon: int) -> Iterable[OutboxMessage]:
    """The messages of events that were written since, the newest of them if there are very many."""
    return OutboxMessage.objects.filter(event__xid__gte=horizon).order_by("-id")[:MOST_PER_TEST]


def faults_since(horizon: int) -> list[str]:
    """What is wrong with messages that were written since, as all consumers would get them."""
    return [
        f"{message}: {fault}"
        for message in written_since(horizon)
        for fault in faults_of(json.loads(cloud_event(message)))
    ]
