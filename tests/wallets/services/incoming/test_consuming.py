"""Events through a real broker: at least once on the wire, once in effect (R39, R40, R103)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from ledger.models import InboxEvent, Transaction
from ledger.services.consuming import consume
from ledger.services.inbox.receiving import UNREADABLE
from tests.ledger.books import assert_sound
from tests.ledger.sessions import wait_until
from tests.rabbit import Node
from tests.wallets.incoming import booked, cancelled, event, joined, row_of, sent
from tests.wallets.scene import Scene, available, make_scene
from tests.wallets.services.incoming.consumers import DIES_BEFORE_ACK, Post, consuming, is_empty, wait_until_empty
from wallets.services.incoming import MOST_BYTES
from wallets.services.incoming.taking import take_message


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


@pytest.fixture
def post(rabbitmq: Node) -> Post:
    post = Post(rabbitmq.url)
    post.declare()
    return post


def ref(scene: Scene, number: int = 1) -> str:
    """A booking id that no other company of the test's database has."""
    return f"{scene.alices.id}-{number}"


def known(*envelopes: dict[str, Any]) -> bool:
    return InboxEvent.objects.filter(event_id__in=[e["event_id"] for e in envelopes]).count() == len(envelopes)


def test_a_trip_through_rabbitmq(scene: Scene, post: Post) -> None:
    envelopes = [
        joined(scene.cast.company.id),
        booked(scene.cast.alice, booking=ref(scene)),
        cancelled(ref(scene), "10.00"),
        event("HotelOpened", {}),
    ]
    with consuming(post) as consumer:
        post.publish(*envelopes, *envelopes)
        wait_until_empty(post)
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(20) == 0, "it ends by itself when told to"
    assert [row_of(e).status for e in envelopes] == ["PROCESSED", "PROCESSED", "PROCESSED", "IGNORED"]
    assert available(scene.alices) == 80
    assert_sound()


def test_killed_between_effect_and_acknowledgement_it_has_no_second_effect(scene: Scene, post: Post) -> None:
    envelopes = [booked(scene.cast.alice, "10.00", booking=ref(scene, n)) for n in range(3)]
    post.publish(*envelopes)
    for killed, envelope in enumerate(envelopes[:1], start=1):
        with consuming(post, DIES_BEFORE_ACK) as consumer:
            assert consumer.wait(30) == -signal.SIGKILL
        assert row_of(envelope).status == "PROCESSED"
        assert available(scene.alices) == 100 - 10 * killed
    with consuming(post):
        wait_until(lambda: known(*envelopes))
        wait_until_empty(post)
    assert Transaction.objects.filter(source_wallet_id=scene.alices.id).count() == 3
    assert available(scene.alices) == 70
    assert_sound()


def test_two_consumers_share_the_work_and_duplicates_do_no_harm(scene: Scene, post: Post) -> None:
    envelopes = [booked(scene.cast.alice, "1.00", booking=ref(scene, n)) for n in range(20)]
    post.publish(*(envelopes * 3))
    with consuming(post), consuming(post):
        wait_until(lambda: known(*envelopes))
        wait_until_empty(post)
    assert available(scene.alices) == 80
    assert_sound()


POISON: dict[str, Callable[[Scene], bytes]] = {
    "no JSON": lambda scene: b"{",
    "no UTF-8": lambda scene: b"\xff\xfe",
    "nothing": lambda scene: b"",
    "a list": lambda scene: b"[]",
    "a key twice": lambda scene: b'{"event_id": "1", "event_id": "2"}',
    "NUL": lambda scene: sent(event("BookingCreated", {"booking_id": "\x00"})),
    "no envelope": lambda scene: b'{"to": "alice@nordwind.example"}',
    "no data": lambda scene: sent(event("BookingCreated", {})),
    "no money": lambda scene: sent(booked(scene.cast.alice, "NaN", booking=ref(scene))),
    "too deep": lambda scene: b'{"data":' + b"[" * 1000 + b"]" * 1000 + b"}",
}


def test_poison_is_set_aside_and_blocks_nobody(scene: Scene, post: Post) -> None:
    """Each kind becomes a dead letter in the broker and a failed event in the inbox; what comes behind is worked on."""
    behind = booked(scene.cast.alice, booking=ref(scene, 2))
    poison = [make(scene) + b" " * n for n, make in enumerate(POISON.values())]
    with consuming(post):
        post.publish(*poison, behind)
        wait_until_empty(post, dead=len(poison))
    assert row_of(behind).status == "PROCESSED"
    assert available(scene.alices) == 70
    unreadable = InboxEvent.objects.filter(source=UNREADABLE, event_id__in=[sha256(b).hexdigest() for b in poison])
    assert set(unreadable.values_list("status", "payload")) == {("FAILED", None)}
    assert unreadable.count() == len(poison) - 2, "these two could be read, and failed under their own ids"


@pytest.mark.parametrize("kind", POISON)
def test_what_is_kept_of_poison_repeats_nothing_of_it(db: None, kind: str) -> None:
    scene = make_scene()
    assert take_message(POISON[kind](scene)) is False
    row = InboxEvent.objects.latest("id")
    assert row.status == "FAILED"
    assert "alice" not in row.error_detail


def test_a_message_of_five_megabytes_is_set_aside(db: None) -> None:
    body = sent(event("BookingCreated", {"description": "x" * 5 * MOST_BYTES}))
    assert take_message(body) is False
    row = InboxEvent.objects.get(event_id=sha256(body).hexdigest())
    assert (row.status, row.error_code, row.payload) == ("FAILED", "request.too_large", None)


def test_with_the_broker_gone_it_waits_and_goes_on(scene: Scene, post: Post, rabbitmq: Node) -> None:
    before, after = (booked(scene.cast.alice, "10.00", booking=ref(scene, n)) for n in range(2))
    with consuming(post) as consumer:
        post.publish(before)
        wait_until(lambda: known(before))
        rabbitmq.kill()
        rabbitmq.start()
        post.publish(after)
        wait_until(lambda: known(after))
        assert consumer.poll() is None
    assert available(scene.alices) == 80


def test_the_same_on_the_embedded_valkey(scene: Scene) -> None:
    post = Post(str(settings.BROKER_URL))
    post.declare()
    envelopes = [booked(scene.cast.alice, booking=ref(scene)), cancelled(ref(scene), "10.00")]
    with consuming(post):
        post.publish(*envelopes, b"{", *envelopes)
        wait_until(lambda: known(*envelopes) and available(scene.alices) == 80)
    assert_sound()


def test_with_the_database_gone_messages_go_back_to_their_queue(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost or dead-lettered: it listens again when the database answers, and gets them again."""
    monkeypatch.setattr("ledger.services.consuming._database_answers", lambda: True)
    taken: list[bytes] = []
    stopping = threading.Event()

    def take(body: bytes) -> bool:
        taken.append(body)
        if len(taken) == 2:
            raise OperationalError("the database is away")
        if len(taken) == 4:
            stopping.set()
        return True

    post.publish(b"1", b"2", b"3")
    consume(post.intake, take, stopping)
    assert sorted(taken) == [b"1", b"2", b"2", b"3"]
    assert is_empty(post)


@pytest.mark.parametrize("nobody", ["amqp://guest:guest@127.0.0.1:1//", "redis://127.0.0.1:1"])
def test_without_any_broker_it_waits_and_can_be_stopped(
    committed_db: None, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping, pauses = threading.Event(), []

    def count(pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 3:
            stopping.set()

    monkeypatch.setattr(stopping, "wait", count)
    consume(Post(nobody).intake, lambda body: True, stopping)
    assert pauses == [2, 4, 8]
