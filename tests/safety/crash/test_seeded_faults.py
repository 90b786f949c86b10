"""The examination itself can fail: each fault that is made on purpose is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from django.db.transaction import atomic

from ledger.ids import new_id
from ledger.services import journal
from ledger.services.movements import Claim
from tests.ledger.books import Books, render
from tests.safety.crash.boundaries import Moment
from tests.safety.crash.fates import Failpoint
from tests.safety.crash.lives import Act, Answer, Tell
from tests.safety.crash.run import Examination, examination
from tests.safety.crash.scenes import SCENES, Scene
from tests.safety.crash.scenes.stage import stage
from tests.safety.crash.spoiling import copied_database


@pytest.fixture
def examined(committed_db: None, odd_messages: None) -> Iterator[Examination]:
    stage.cache_clear()
    with copied_database(), examination() as examined:
        yield examined
    stage.cache_clear()


def everywhere(examined: Examination, scene: Scene) -> list[str]:
    lesson = examined.lesson(scene)
    assert lesson is not None, examined.found
    examined.kill(lesson, lesson.points)
    return examined.found


def test_an_answer_before_the_commit_is_found(examined: Examination) -> None:
    books = Books().open()

    def prepare() -> Act:
        alice, bob, key = books.wallet("100"), books.wallet(), new_id().hex

        def act(tell: Tell) -> None:
            with atomic():
                (outcome,) = journal.record([books.transfer(alice, bob, "40", key=key)], render=render)
                tell(Answer(outcome.reply.status, outcome.reply.body, key, outcome.replayed))

        return act

    found = everywhere(examined, Scene("a liar", prepare))
    assert [fault for fault in found if "was answered, and then" in fault]


def test_two_transactions_instead_of_one_are_found(examined: Examination, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the transaction around it, a limit is set before it is in the audit trail."""
    monkeypatch.setattr("wallets.services.limits.journal", SimpleNamespace(use_case=nullcontext))
    found = everywhere(examined, SCENES["setting a limit"])
    assert "setting a limit: visible in 2 steps, not 1" in found


def test_a_key_that_is_not_kept_is_found(examined: Examination, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(view: object, key: str) -> Claim:
        return Claim(scope="forgotten", key=new_id().hex, request_hash=b"")

    monkeypatch.setattr("wallets.api.transfers.claim_of", forgetful)
    found = everywhere(examined, SCENES["transfer"])
    assert [fault for fault in found if "it was done again, not repeated" in fault]
    assert [fault for fault in found if "in the end there is" in fault]


def test_a_point_that_nobody_comes_by_is_found(examined: Examination) -> None:
    examined.kill_at(
        Failpoint("where nobody is", "ledger.services.relay.publishing:publish_again", Moment.BEFORE, "transfer")
    )
    assert [fault for fault in examined.found if "it did not die there: it came to its end" in fault]
