"""Budgets and limits around the journal: who comes too late, rehearses, asks twice, looks from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.core.accounts import Bucket
from ledger.errors import Busy
from ledger.ids import new_id
from ledger.models import OutboxMessage, Posting, Transaction
from ledger.selectors.decisions import decisions_about
from ledger.selectors.transactions import events_of
from ledger.services import journal
from ledger.services.journal import Outcome
from tests.ledger.books import Books, account, assert_sound, code_of, post, row_counts
from tests.ledger.envelopes import (
    BUDGET,
    FAR_AHEAD,
    LONG_AGO,
    WINDOWS,
    Rule,
    budget,
    ceiling,
    count,
    limit,
    unevaluable,
)

SPENT = Bucket.SPENT


def test_whoever_looked_before_a_period_ended_is_asked_to_come_again(books: Books) -> None:
    alice, travel, daily = books.wallet("100"), budget(books.company_id, "50"), limit(books.company_id, "50")
    before = row_counts()
    over, ahead = datetime(2021, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    for rule in (travel, daily):
        for window in ((LONG_AGO, over), (ahead, FAR_AHEAD)):
            for spend in (books.payment, books.reserve):
                with pytest.raises(Busy):
                    post(spend(alice, "1", allowances=(rule.allowance(*window),)))
    assert row_counts() == before
    assert daily.account().window_starts_at is None
    # A late event names the period that it belongs to, whatever the clock says.
    late = travel.allowance(LONG_AGO, over, is_current=False, is_late=True)
    assert code_of(post(books.payment(alice, "1", allowances=(late,)))[0]) is None
    assert travel.figures == [49, 0, 1]


def test_one_who_came_too_late_takes_the_whole_batch_along(committed_books: Books) -> None:
    books = committed_books
    alice, travel = books.wallet("100"), budget(books.company_id, "50")
    before = row_counts()
    with pytest.raises(Busy):
        post(
            books.payment(alice, "1", allowances=(travel.allowance(),), key="lunch"),
            books.payment(alice, "1", allowances=(travel.allowance(LONG_AGO, LONG_AGO + timedelta(days=1)),)),
        )
    assert row_counts() == before
    assert code_of(post(books.payment(alice, "1", allowances=(travel.allowance(),), key="lunch"))[0]) is None


def test_a_rehearsal_turns_and_spends_nothing(committed_books: Books) -> None:
    books = committed_books
    alice, travel, daily = books.wallet("100"), budget(books.company_id, "50"), limit(books.company_id, "50")
    rules = travel.allowance(), daily.allowance(WINDOWS[1])
    before = row_counts(), travel.account(), daily.account()
    first, second = journal.rehearse(
        [books.payment(alice, "40", allowances=rules), books.payment(alice, "11", allowances=rules)]
    )
    assert first.after[daily.account_id(SPENT)].balance == 40
    assert [(g.name, g.available) for g in second.decision.gates if not g.ok] == [("The budget", 10), ("The limit", 10)]
    assert (row_counts(), travel.account(), daily.account()) == before


def test_a_refusal_in_a_unit_leaves_no_turn_of_its_neighbours_behind(committed_books: Books) -> None:
    books = committed_books
    alice, daily = books.wallet("100"), limit(books.company_id, "50")
    rules = (daily.allowance(WINDOWS[1]),)
    outcomes = post(
        books.payment(alice, "40", allowances=rules), books.payment(alice, "11", allowances=rules), all_or_none=True
    )
    assert (outcomes[0].blocked_by, code_of(outcomes[1])) == (1, "limit.exceeded")
    assert (daily.figures, daily.account().window_starts_at, daily.account().life_seq) == ([50, 0, 0], None, 1)
    assert_sound()


def test_twins_of_one_key_spend_once(books: Books) -> None:
    alice, daily = books.wallet("100"), limit(books.company_id, "50")
    one, other = (books.payment(alice, "30", "lunch", allowances=(daily.allowance(w),)) for w in WINDOWS[:2])
    first, twin = post(one, other)
    assert (code_of(first), twin) == (None, Outcome(first.reply, replayed=True))
    assert post(other) == [Outcome(first.reply, replayed=True)]
    assert (daily.figures, daily.account().window_starts_at) == ([20, 0, 30], WINDOWS[0])


def test_a_wallet_does_not_notice_the_rules_that_it_is_under(books: Books) -> None:
    """Allowances have books of their own: neither the version nor the messages of a wallet tell of them."""
    alice, bare = books.wallet("100"), books.wallet("100")
    rules = budget(books.company_id, "100").allowance(), limit(books.company_id, "100").allowance()
    post(books.payment(alice, "10", allowances=rules), books.payment(bare, "10"))
    post(books.reserve(alice, "10", allowances=rules), books.reserve(bare, "10"))
    one, other = account(alice), account(bare)
    assert (one.version, one.seq, one.balance) == (other.version, other.seq, other.balance)
    kinds = [
        list(
            OutboxMessage.objects.filter(aggregate_id=side.wallet_id)
            .order_by("sequence")
            .values_list("type", flat=True)
        )
        for side in (alice, bare)
    ]
    assert kinds[0] == kinds[1]
    lines = Posting.objects.filter(account_id__in=[alice.account_id]).count()
    assert lines == Posting.objects.filter(account_id__in=[bare.account_id]).count() == 3


def test_a_decision_is_told_later_as_it_was_to_who_sees_the_payer(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    travel, payments = budget(books.company_id, "50"), count(books.company_id, "2")
    rules = travel.allowance(zone="Europe/Berlin", is_late=True), payments.allowance(), ceiling("60"), unevaluable()
    for command in (
        books.transfer(alice, bob, "40", allowances=rules[:3]),
        books.transfer(alice, bob, "70", allowances=rules),
    ):
        (outcome,) = post(command)
        assert outcome.result is not None
        document, events = Transaction.objects.get(id=command.document.id), events_of(command.document.id)
        (told,) = decisions_about(document, events, visible=[alice.wallet_id, bob.wallet_id])
        assert told.gates == tuple(replace(gate, id=str(gate.id)) for gate in outcome.result.decision.gates)
        (told,) = decisions_about(document, events, visible=[bob.wallet_id])
        assert not [gate for gate in told.gates if gate.name]
        assert len(told.gates) == len(outcome.result.decision.gates) - len(command.allowances)


def test_an_envelope_of_another_owner_is_not_touched(books: Books) -> None:
    alice, travel = books.wallet("100"), budget(books.company_id, "50")
    other = Rule(BUDGET, new_id()).open("50")
    post(books.payment(alice, "10", allowances=(travel.allowance(),)))
    assert (travel.figures, other.figures) == ([40, 0, 10], [50, 0, 0])
