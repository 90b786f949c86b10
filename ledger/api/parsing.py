"""JSON in, strictly: what two readers could understand differently is refused before anybody reads it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from ledger.errors import InvalidInput, ServiceError

MAX_BODY_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 18
"""Longer integers stay text: no field accepts them, and reading them takes quadratic time."""


class RequestTooLarge(ServiceError):
    code = "request.too_large"


class RequestMalformed(InvalidInput):
    code = "request.malformed"


@dataclass(frozen=True, slots=True)
class JSONNumber:
    """A JSON number as it was written: one with a point or an exponent, or with very many digits.

    It is neither a float, which would already have lost digits, nor a string, which money fields accept.
    """

    text: str


class StrictJSONParser(BaseParser):
    """UTF-8 JSON objects of at most 1 MiB, without duplicate keys, NaN, NUL or lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        context = parser_context or {}
        headers: Mapping[str, str] = context["request"].headers if "request" in context else {}
        _require_plain_utf8(media_type or self.media_type, headers)
        if int(headers.get("Content-Length") or 0) > MAX_BODY_BYTES:
            raise RequestTooLarge(_TOO_LARGE)  # before waiting for it
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise RequestTooLarge(_TOO_LARGE)
        return parse_object(body)


class CloudEventParser(StrictJSONParser):
    """The same for a CloudEvent in structured mode."""

    media_type = "application/cloudevents+json"


def parse_object(body: bytes) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        RequestMalformed: not UTF-8, not JSON, not an object, or one of the ambiguities above.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=JSONNumber,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise RequestMalformed("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise RequestMalformed(
            f"The body is not JSON: {error.msg} at line {error.lineno} column {error.colno}."
        ) from None
    except RecursionError:
        raise RequestMalformed(_TOO_DEEP) from None
    if not isinstance(value, dict):
        raise RequestMalformed("The body must be a JSON object.")
    _require_clean(value)
    return value


_TOO_LARGE = "The body is larger than 1 MiB."
_TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."


def _require_plain_utf8(media_type: str, headers: Mapping[str, str]) -> None:
    charset = parse_header_parameters(media_type)[1].get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(media_type, "JSON is sent as UTF-8.")
    encoding = headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(media_type, "Compressed bodies are not accepted.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise RequestMalformed(f"The key {twice[:80]!r} appears twice.")
    return value


def _integer(text: str) -> int | JSONNumber:
    return int(text) if len(text.lstrip("-")) <= MAX_INTEGER_DIGITS else JSONNumber(text)


def _refuse_constant(name: str) -> NoReturn:
    raise RequestMalformed(f"{name} is not JSON.")


def _require_clean(value: dict[str, Any]) -> None:
    """Walk without recursion: texts that Postgres cannot store, and nesting that others choke on, are refused."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        for text in _texts(level):
            require_storable(text)
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise RequestMalformed(_TOO_DEEP)


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _texts(level: list[Any]) -> Iterator[str]:
    for node in level:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from node


def require_storable(text: str) -> None:
    """Refuse NUL and lone surrogates, which neither UTF-8 nor Postgres can hold.

    Raises:
        RequestMalformed
    """
    if "\x00" in text:
        raise RequestMalformed("NUL characters are not accepted.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise RequestMalformed("Lone surrogates are not accepted.") from None
