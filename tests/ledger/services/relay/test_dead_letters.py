"""Messages that RabbitMQ will not take: tried again, given up, and what people do then."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.ids import new_id
from ledger.models import DeliveryNote, OutboxMessage
from ledger.models import Relay as Report
from ledger.selectors.clock import database_now
from ledger.services.dead_letters import resend_messages, skip_message
from ledger.services.movements import AccountStatus, Side
from ledger.services.relay import Broker, Relay, deliveries
from tests.ledger.books import Books, post, status_change
from tests.ledger.brokers import listening, of, statuses

FULL = {"x-max-length": 0, "x-overflow": "reject-publish"}
"""A queue that refuses every message."""


def let_time_pass() -> None:
    OutboxMessage.objects.filter(status="PENDING").update(next_attempt_at=database_now())


def notes(id: UUID) -> list[tuple[str, str]]:
    return list(DeliveryNote.objects.filter(message_id=id).order_by("noted_at").values_list("kind", "text"))


def message(wallet: Side, sequence: int) -> OutboxMessage:
    return OutboxMessage.objects.get(of(wallet), sequence=sequence)


def give_up(relay: Relay) -> None:
    for _ in range(3):
        relay.round()
        let_time_pass()


def test_a_refused_message_rests_and_is_given_up_after_three_tries(
    quiet_books: Books, rabbit: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries._chance, "random", lambda: 0.5)
    wallet, relay = quiet_books.wallet(), Relay(rabbit)
    refused = Report.objects.get().refused
    with listening(rabbit.url, arguments=FULL):
        for attempts, pause in ((1, timedelta(seconds=10)), (2, timedelta(minutes=2))):
            before = database_now()
            relay.round()
            row = message(wallet, 1)
            assert (row.status, row.attempts) == ("PENDING", attempts)
            assert "nack" in row.error
            assert before + pause <= row.next_attempt_at <= database_now() + pause
            assert relay.round() == 0  # not before its time
            let_time_pass()
        relay.round()
    row = message(wallet, 1)
    assert (row.status, row.attempts, row.published_at) == ("FAILED", 3, None)
    assert [kind for kind, _ in notes(row.id)] == ["REFUSED"] * 3
    assert Report.objects.get().refused == refused + 3


def test_it_keeps_back_its_own_wallets_messages_and_no_others(quiet_books: Books, rabbit: Broker) -> None:
    alice, bob, relay = quiet_books.wallet("10"), quiet_books.wallet("10"), Relay(rabbit)
    with listening(rabbit.url) as everything:
        relay.empty()
        with listening(rabbit.url, "wallet.WalletStatusChanged", FULL):
            post(status_change(alice, AccountStatus.SUSPENDED), quiet_books.deposit(alice, "1"))
            post(quiet_books.deposit(bob, "1"))
            give_up(relay)
        assert statuses(alice) == ["PUBLISHED", "PUBLISHED", "FAILED", "PENDING"]
        assert statuses(bob) == ["PUBLISHED"] * 3
        relay.empty()
        assert statuses(alice)[2:] == ["FAILED", "PENDING"]
        arrived = everything.of(alice)
        assert 4 not in arrived


def test_sent_again_it_arrives_and_the_others_follow(quiet_books: Books, rabbit: Broker) -> None:
    alice, relay = quiet_books.wallet(), Relay(rabbit)
    with listening(rabbit.url, arguments=FULL):
        give_up(relay)
    post(quiet_books.deposit(alice, "1"))
    letter, actor = message(alice, 1), new_id()
    with listening(rabbit.url) as consumer:
        assert resend_messages([letter.id], reason="The queue has room again.", actor_id=actor) == [letter.id]
        relay.empty()
        assert consumer.of(alice) == [1, 2]
    assert statuses(alice) == ["PUBLISHED", "PUBLISHED"]
    assert notes(letter.id)[-1] == ("RESENT", "The queue has room again.")
    assert DeliveryNote.objects.get(message_id=letter.id, kind="RESENT").actor_id == actor


def test_skipped_it_never_arrives_and_the_others_follow(quiet_books: Books, rabbit: Broker) -> None:
    alice, relay = quiet_books.wallet(), Relay(rabbit)
    with listening(rabbit.url, arguments=FULL):
        give_up(relay)
    post(quiet_books.deposit(alice, "1"))
    letter = message(alice, 1)
    with listening(rabbit.url) as consumer:
        assert skip_message(letter.id, reason="Nobody needs it.")
        relay.empty()
        assert consumer.of(alice) == [2]
    assert statuses(alice) == ["SKIPPED", "PUBLISHED"]
    assert notes(letter.id)[-1] == ("SKIPPED", "Nobody needs it.")


def test_what_is_well_is_left_alone(quiet_books: Books, rabbit: Broker) -> None:
    alice = quiet_books.wallet("1")
    with listening(rabbit.url, "wallet.WalletCreated"):
        Relay(rabbit).empty()
    post(quiet_books.deposit(alice, "1"))
    published, unrouted, waiting = (message(alice, number).id for number in (1, 2, 3))
    for id in (published, unrouted, waiting, new_id()):
        assert not skip_message(id, reason="No.")
    assert resend_messages([published, waiting, new_id()], reason="No.") == []
    assert statuses(alice) == ["PUBLISHED", "UNROUTED", "PENDING"]
    assert notes(published) == notes(unrouted) == notes(waiting) == []


def test_what_nobody_took_can_be_sent_again(quiet_books: Books, rabbit: Broker) -> None:
    alice = quiet_books.wallet()
    Relay(rabbit).empty()
    assert statuses(alice) == ["UNROUTED"]
    with listening(rabbit.url) as consumer:
        resend_messages([message(alice, 1).id], reason="Somebody listens now.")
        Relay(rabbit).empty()
        assert consumer.of(alice) == [1]


@pytest.mark.usefixtures("odd_messages")
def test_a_message_that_breaks_the_channel_is_found_among_others(quiet_books: Books, rabbit: Broker) -> None:
    """RabbitMQ closes the channel over a message that is too large, and does not say which one that was."""
    alice = quiet_books.wallet()
    large = _too_large_for_rabbitmq(message(alice, 1))
    bob = quiet_books.wallet()
    with listening(rabbit.url) as consumer:
        give_up(Relay(rabbit))
        assert set(consumer.of(alice, bob)) == {1}
    large.refresh_from_db()
    assert (statuses(alice), statuses(bob), large.status) == (["PUBLISHED"], ["PUBLISHED"], "FAILED")
    assert "PreconditionFailed" in large.error


def _too_large_for_rabbitmq(like: OutboxMessage) -> OutboxMessage:
    """As no message of ours is."""
    large = OutboxMessage.objects.get(id=like.id)
    large.id, large.aggregate_id, large.data = new_id(), new_id(), {"text": "x" * 300_000}
    large.save(force_insert=True)
    return large
