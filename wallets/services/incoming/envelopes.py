"""How an event of another service is written, and reading it as strictly as a request."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from ledger.api.fields import StrictField, TextField, WholeNumberField, WordField
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


class IncomingCloudEvent(StrictSerializer):
    """The same as a CloudEvent 1.0 in structured mode. Extensions are ignored, and so are a subject and a schema."""

    ignored = "[a-z0-9]{1,20}"

    specversion = WordField(("1.0",))
    id = NameField(help_text="Unique in its source, for ever.")
    type = TextField(max_length=64)
    source = NameField(help_text="Who sends it.")  # type: ignore[assignment]  # a field: the metaclass takes it
    time = InstantField()
    data = ObjectField()  # type: ignore[assignment]  # a field: the metaclass takes it off the class


def read_event(values: Any) -> Envelope:
    """An event in either of its forms.

    Raises:
        InvalidInput: it is none.
    """
    if not (isinstance(values, dict) and "specversion" in values):
        return Envelope(**IncomingEvent.read(values))
    told = IncomingCloudEvent.read(values)
    return Envelope(
        event_id=told["id"],
        event_type=told["type"],
        source=told["source"],
        timestamp=told["time"],
        data=told["data"],
    )


def read_message(body: bytes) -> Envelope:
    """An event that came through the broker.

    Raises:
        ServiceError: it is none; the detail repeats nothing of what was sent.
    """
    if len(body) > MOST_BYTES:
        raise RequestTooLarge("The message is larger than 1 MiB.")
    try:
        return read_event(parse_object(body))
    except ServiceError as error:
        _tell(error)


def _tell(error: ServiceError) -> NoReturn:
    """Names of fields may be anything that somebody sent; only those of the envelope are repeated."""
    names = {*IncomingEvent().fields, *IncomingCloudEvent().fields}
    known = [entry for entry in error.data.get("errors", ()) if entry["pointer"].removeprefix("/") in names]
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
