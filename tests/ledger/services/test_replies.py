"""Answers that are kept for requests which are no commands of the machine."""

from __future__ import annotations

import pytest

from ledger.core.command import Claim, Origin
from ledger.models import Command
from ledger.services.claims import Reply
from ledger.services.replies import Wish, answer_once, remember_refusal

pytestmark = pytest.mark.django_db
FIRST, SECOND = Reply(201, '{"n": 1}'), Reply(201, '{"n": 2}')


def wish(key: str = "k", request: bytes = b"one") -> Wish:
    claim = Claim(scope="test", key=key, request_hash=request.ljust(32, b"."))
    return Wish(claim=claim, origin=Origin(actor_type="FINANCE", correlation_id="request-1"), type="CreateBudget")


def test_it_happens_once_and_is_answered_alike() -> None:
    done: list[int] = []

    def work() -> Reply:
        done.append(1)
        return FIRST if len(done) == 1 else SECOND

    first, again = answer_once(wish(), work), answer_once(wish(), work)
    assert (first.reply, first.replayed) == (FIRST, False)
    assert (again.reply, again.replayed) == (FIRST, True)
    assert answer_once(wish(request=b"two"), work).key_reused
    assert len(done) == 1
    row = Command.objects.get(scope="test")
    assert (row.type, row.outcome, row.refusal_code, row.actor_type) == ("CreateBudget", "ACCEPTED", "", "FINANCE")


def test_without_a_key_nothing_is_kept() -> None:
    assert [answer_once(None, lambda: FIRST).replayed for _ in range(2)] == [False, False]
    assert not Command.objects.filter(reply_body=FIRST.body).exists()


def test_what_fails_leaves_its_key_free() -> None:
    def fail() -> Reply:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_once(wish(), fail)
    assert answer_once(wish(), lambda: SECOND).reply == SECOND


def test_a_no_is_kept_unless_somebody_was_faster() -> None:
    no = Reply(409, '{"code": "budget.overlap"}')
    assert remember_refusal(wish(), no, code="budget.overlap").replayed is False
    again = answer_once(wish(), lambda: FIRST)
    assert (again.reply, again.replayed) == (no, True)
    row = Command.objects.get(scope="test")
    assert (row.outcome, row.refusal_code, row.reply_status) == ("REFUSED", "budget.overlap", 409)
    answer_once(wish("other"), lambda: FIRST)
    late = remember_refusal(wish("other"), no, code="budget.overlap")
    assert (late.reply, late.replayed) == (FIRST, True)
