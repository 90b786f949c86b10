"""Every message gets its place in the stream once, after the commit, in order, without a gap."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from ledger.models import OutboxMessage
from ledger.models import Relay as Report
from ledger.services import journal
from ledger.services.movements import Side
from ledger.services.relay import numbering
from ledger.services.relay.numbering import has_news, number_messages
from tests.ledger.books import Books, post
from tests.ledger.brokers import of
from tests.ledger.sessions import answers, open_elsewhere, together


def number_all() -> None:
    while number_messages():
        pass


def positions(*wallets: Side) -> list[int]:
    """Of wallets' messages, by sequence; those that have one."""
    found = OutboxMessage.objects.filter(of(*wallets), position__isnull=False)
    return [message.position for message in found.order_by("sequence") if message.position]


def test_positions_follow_the_wallets_own_order(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "BATCH", 2)
    number_all()
    last = Report.objects.get().last_position
    alice, bob = books.wallet("5"), books.wallet("5")
    post(books.payment(alice, "1"), books.payment(bob, "1"), books.payment(alice, "1"))
    assert has_news()
    number_all()
    assert not has_news()
    assert sorted(positions(alice, bob)) == list(range(last + 1, last + 8))
    for wallet in (alice, bob):
        assert positions(wallet) == sorted(positions(wallet))


def test_a_clock_that_was_set_back_does_not_turn_a_wallets_messages_round(books: Books) -> None:
    number_all()
    wallet = books.wallet("5")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_outboxmessage SET created_at = created_at - interval '1 hour' "
            "WHERE aggregate_id = %s AND sequence = 2",
            [wallet.wallet_id],
        )
    number_all()
    first, second = positions(wallet)
    assert first < second


def test_a_late_commit_comes_later_and_is_not_skipped(committed_books: Books) -> None:
    alice, bob = committed_books.wallet(), committed_books.wallet()
    number_all()
    with open_elsewhere(lambda: journal.record([committed_books.deposit(alice, "1")])):
        post(committed_books.deposit(bob, "2"))
        number_all()
        assert (len(positions(alice)), len(positions(bob))) == (1, 2)
        last = Report.objects.get().last_position
    number_all()
    assert positions(alice)[1] > last


def test_two_who_number_at_once_give_each_message_one_place(committed_books: Books) -> None:
    number_all()
    last = Report.objects.get().last_position
    wallets = [committed_books.wallet("1") for _ in range(10)]
    answers(together([number_all] * 4))
    assert sorted(positions(*wallets)) == list(range(last + 1, last + 21))


def test_a_place_is_kept(books: Books) -> None:
    wallet = books.wallet()
    number_all()
    with pytest.raises(IntegrityError, match="refused"), atomic():
        OutboxMessage.objects.filter(of(wallet)).update(position=-1)
    with pytest.raises(IntegrityError, match="refused"), atomic():
        OutboxMessage.objects.filter(of(wallet)).update(position=None)
