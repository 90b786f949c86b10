"""How an event of another service is written, and reading it as strictly as a request."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from ledger.api.fields import StrictField, TextField, WholeNumberField
from ledger.api.parsing import MAX_BODY_BYTES, JSONNumber, RequestTooLarge, parse_object
from ledger.api.serializers import StrictSerializer
from ledger.api.times import InstantField
from ledger.errors import ServiceError
from ledger.services.inbox import Envelope

MOST_BYTES = MAX_BODY_BYTES
_LAST_SEQUENCE = 10**15
_NAME = re.compile("[!-~]{1,100}")


class NameField(StrictField):
    """An id or a name of another service: 1 to 100 visible ASCII characters."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_NAME.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not _NAME.fullmatch(data):
            self.refuse("This has 1 to 100 visible ASCII characters.")
        return data


class ObjectField(StrictField):
    """A JSON object, looked at by whoever knows what has to be in it."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": True}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.refuse("This must be an object.")
        stored: dict[str, Any] = _storable(data)
        return stored


class IncomingEvent(StrictSerializer):
    """The envelope, the same over HTTP and through the broker."""

    event_id = NameField(help_text="Unique in its source, for ever.")
    event_type = TextField(max_length=64)
    source = NameField(help_text="Who sends it.")  # type: ignore[assignment]  # a field: the metaclass takes it
    timestamp = InstantField()
    sequence = WholeNumberField(
        min_value=1,
        max_value=_LAST_SEQUENCE,
        required=False,
        help_text="1, 2, 3, … when the source numbers its events.",
    )
    data = ObjectField()  # type: ignore[assignment]  # a field: the metaclass takes it off the class


def envelope_of(values: dict[str, Any]) -> Envelope:
    """What `IncomingEvent` has read."""
    return Envelope(**values)


def read_message(body: bytes) -> Envelope:
    """An event that came through the broker.

    Raises:
        ServiceError: it is none; the detail repeats nothing of what was sent.
    """
    if len(body) > MOST_BYTES:
        raise RequestTooLarge("The message is larger than 1 MiB.")
    try:
        return envelope_of(IncomingEvent.read(parse_object(body)))
    except ServiceError as error:
        _tell(error)


def _tell(error: ServiceError) -> NoReturn:
    """Names of fields may be anything that somebody sent; only those of the envelope are repeated."""
    known = [e for e in error.data.get("errors", ()) if e["pointer"].removeprefix("/") in IncomingEvent().fields]
    pointers = ", ".join(sorted({entry["pointer"] for entry in known}))
    where = f" ({pointers})" if pointers else ""
    raise ServiceError(f"The message is no event{where}.", code=error.code) from None


def _storable(value: Any) -> Any:
    """JSON that Postgres keeps as it is. A number that is not whole must not lose digits, nor become a text, which
    fields of money would take."""
    match value:
        case dict():
            return {name: _storable(child) for name, child in value.items()}
        case list():
            return [_storable(child) for child in value]
        case JSONNumber():
            return {"$number": value.text}
        case _:
            return value
