"""One record, one line, no secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from ledger.api.cards import HIDDEN
from walletsite.logs import (
    REDACTED,
    escape_control_characters,
    logging_settings,
    redact_card_numbers,
    redact_secrets,
)


def _formatted(*, is_json: bool, message: str, **record: Any) -> str:
    form = dict(logging_settings(is_json=is_json, level="INFO")["formatters"]["one_line"])
    formatter: logging.Formatter = form.pop("()")(**form)
    return formatter.format(logging.makeLogRecord({"name": "test", "msg": message, "levelno": logging.INFO, **record}))


@pytest.mark.parametrize("is_json", [True, False])
def test_strangers_cannot_write_lines_of_their_own(is_json: bool) -> None:
    line = _formatted(is_json=is_json, message="name=%s", args=("x\r\n2026-01-01 [info] forged \x1b[2J",))
    assert not {"\r", "\n", "\x1b"} & set(line)


def test_a_machine_reads_json() -> None:
    line = json.loads(_formatted(is_json=True, message="paid"))
    assert (line["event"], line["logger"], "timestamp" in line) == ("paid", "test", True)


def test_a_traceback_shows_no_local_variables() -> None:
    password = "correct horse battery staple"
    try:
        raise ValueError("wrong")
    except ValueError as error:
        information = (type(error), error, error.__traceback__)
    for is_json in (True, False):
        text = _formatted(is_json=is_json, message="failed", exc_info=information)
        assert "ValueError" in text
        assert password not in text


@pytest.mark.parametrize("name", ["password", "refresh_token", "Authorization", "client_secret", "DATABASE_URL"])
def test_a_secret_is_hidden_by_its_name(name: str) -> None:
    event = redact_secrets(None, "info", {name: "s3cret", "body": {name: "s3cret", "amount": "5.00"}})
    assert event == {name: REDACTED, "body": {name: REDACTED, "amount": "5.00"}}


@pytest.mark.parametrize("is_json", [True, False])
def test_a_card_number_in_a_path_is_not_written_down(is_json: bool) -> None:
    line = _formatted(is_json=is_json, message="GET /v1/wallets/%s", args=("4111 1111 1111 1111",))
    assert "1111" not in line
    assert HIDDEN in line
    event = redact_card_numbers(None, "info", {"path": "/v1/wallets/378282246310005", "status": 404, "id": "1" * 16})
    assert event == {"path": f"/v1/wallets/{HIDDEN}", "status": 404, "id": "1" * 16}


def test_tabs_and_letters_stay() -> None:
    assert escape_control_characters(None, "info", {"text": "a\tß\x00"}) == {"text": "a\tß\\x00"}
