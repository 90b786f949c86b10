"""Rows 42 and 44 of the fault matrix: whatever is sent, the answer is a 4xx or the value itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.api.parsing import MAX_BODY_BYTES, MAX_DEPTH, JSONNumber, RequestMalformed, parse_object

MALFORMED = {
    "empty": b"",
    "not JSON": b"{",
    "trailing comma": b'{"a": 1,}',
    "two documents": b"{} {}",
    "comment": b"{} // no",
    "single quotes": b"{'a': 1}",
    "array": b"[]",
    "string": b'"a"',
    "number": b"1",
    "null": b"null",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "-Infinity": b'{"a": [-Infinity]}',
    "not UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "UTF-8 surrogate": b'{"a": "\xed\xa0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw control character": b'{"a": "\x01"}',
    "NUL in a value": b'{"a": "x\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "NUL deep down": b'{"a": [{"b": ["\\u0000"]}]}',
    "lone surrogate in a value": b'{"a": "\\ud800"}',
    "lone surrogate in a key": b'{"\\udfff": 1}',
    "surrogates in the wrong order": b'{"a": ["\\udc00\\ud800"]}',
    "duplicate key": b'{"a": 1, "a": 1}',
    "duplicate key by escape": b'{"a": 1, "\\u0061": 2}',
    "duplicate key deep down": b'{"a": [{"b": 1, "b": 2}]}',
    "9,000 deep": b'{"a":' + b"[" * 9000 + b"]" * 9000 + b"}",
    "100,000 open": b'{"a":' * 100_000,
    "one too deep": b'{"a":' * MAX_DEPTH + b"[]" + b"}" * MAX_DEPTH,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_it_refuses(body: bytes) -> None:
    with pytest.raises(RequestMalformed) as refusal:
        parse_object(body)
    assert refusal.value.code == "request.malformed"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [1, -1, True, None, {"b": ""}]},
        {"RTL": "\u202eabc", "zero width": "a\u200bb", "4 bytes": "💶", "accent": "e\u0301"},
    ],
)
def test_it_reads_what_was_written(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


def test_the_deepest_that_is_allowed_is_read() -> None:
    assert parse_object(b'{"a":' * (MAX_DEPTH - 1) + b"[]" + b"}" * (MAX_DEPTH - 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-5", -5),
        ("999999999999999999", 10**18 - 1),
        ("1.10", JSONNumber("1.10")),
        ("1e2", JSONNumber("1e2")),
        ("1E400", JSONNumber("1E400")),
        ("9" * 4301, JSONNumber("9" * 4301)),
    ],
)
def test_numbers_stay_exact(text: str, value: object) -> None:
    assert parse_object(f'{{"a": {text}}}'.encode())["a"] == value


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "application/json"}, 201),
        ({"content_type": "application/json; charset=UTF-8"}, 201),
        ({"content_type": "application/json; charset=latin-1"}, 415),
        ({"content_type": "application/json", "HTTP_CONTENT_ENCODING": "gzip"}, 415),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_type": "multipart/form-data; boundary=x"}, 415),
        ({"content_type": "application/xml"}, 415),
        ({"content_type": ""}, 415),
        ({"content_type": "nonsense"}, 415),
        ({"HTTP_ACCEPT": "application/json"}, 201),
        ({"HTTP_ACCEPT": "text/csv"}, 406),
    ],
)
def test_only_json_in_and_out(ask: Any, headers: dict[str, str], status: int) -> None:
    assert ask("POST", body=b'{"amount": "1"}', **headers).status_code == status


def test_the_largest_body_is_read_and_one_byte_more_is_not(ask: Any) -> None:
    body = b'{"amount": "1"}'
    assert ask("POST", body=body + b" " * (MAX_BODY_BYTES - len(body))).status_code == 201
    refused = ask("POST", body=body + b" " * (MAX_BODY_BYTES - len(body) + 1))
    assert (refused.status_code, refused.data["code"]) == (413, "request.too_large")
