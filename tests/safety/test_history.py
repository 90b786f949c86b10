"""What clients know of their wishes after an answer, and which of several wishes under one key was decided."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.safety.history import Exchange, History, Kind, Known, Wish, decided_wish

WISH = Wish(Kind.TRANSFER, "key", Decimal(1))


def _answered(status: int | None, code: str = "", *, wish: Wish = WISH, sent: int = 1) -> Exchange:
    return Exchange("api", wish, sent, sent + 1, status, f'{{"code": "{code}"}}'.encode() if code else b"{}")


@pytest.mark.parametrize(
    ("status", "code", "known"),
    [
        (201, "", Known.DONE),
        (422, "funds.insufficient", Known.REFUSED),
        (409, "reservation.expired", Known.REFUSED),
        (409, "lock.timeout", Known.NOTHING),
        (422, "idempotency.key_reused", Known.NOTHING),
        (400, "money.invalid", Known.NOTHING),
        (503, "service.unavailable", Known.NOTHING),
        (503, "outcome.unknown", Known.UNKNOWN),
        (500, "", Known.UNKNOWN),
        (None, "", Known.UNKNOWN),
    ],
)
def test_what_a_client_knows(status: int | None, code: str, known: Known) -> None:
    assert _answered(status, code).known is known


def test_an_answer_that_is_no_json_says_nothing() -> None:
    exchange = Exchange("api", WISH, 1, 2, 502, b"<html>")
    assert (exchange.content, exchange.code, exchange.known) == ({}, "", Known.UNKNOWN)


def test_of_two_wishes_under_a_key_the_one_that_got_an_answer_was_decided() -> None:
    other = Wish(Kind.TRANSFER, "key", Decimal(2))
    busy, done = _answered(409, "lock.timeout"), _answered(201, wish=other, sent=5)
    reused = _answered(422, "idempotency.key_reused", sent=9)
    assert decided_wish([busy, done, reused]) == other
    history = History(exchanges=[reused, done, busy])
    assert history.by_key() == {("api", "key"): [busy, done, reused]}
