"""Several senders at once, and one that is killed: each delivery is under way once, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from tests.compliance.factories import Cast, make_cast
from tests.ledger.sessions import answers, together, wait_until
from tests.wallets import receiver as faults
from tests.wallets.receiver import receiver
from tests.wallets.scene import give_wallet
from tests.wallets.webhooks import deliveries_of, ids_of, listening, make_due, note_all, ping, send_all, verified
from wallets.models import WebhookAttempt, WebhookDelivery

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cast(committed_db: None, settings: Settings) -> Cast:
    settings.WEBHOOK_ALLOW_PRIVATE_TARGETS = True
    return make_cast()


def test_two_senders_send_once(cast: Cast) -> None:
    with receiver() as there, listening(cast.frida, there.url) as own:
        for _ in range(40):
            ping(cast.frida, own.endpoint)
        answers(together([send_all] * 3))
        counts = Counter(ids_of(there.received))
        assert (len(counts), set(counts.values())) == (40, {1})
        assert deliveries_of(own.endpoint) == [("WebhookTest", "DELIVERED")] * 40


def test_a_slow_endpoint_does_not_hold_up_others(cast: Cast) -> None:
    with receiver() as slow, receiver() as quick:
        slow.behaviour = faults.hang
        with listening(cast.frida, slow.url) as one, listening(cast.frida, quick.url) as other:
            for _ in range(20):
                ping(cast.frida, one.endpoint)
            for _ in range(20):
                ping(cast.frida, other.endpoint)
            with sender_process() as process:
                wait_until(lambda: len(quick.received) == 20)
                assert not WebhookAttempt.objects.filter(delivery__endpoint=one.endpoint).exists()
                slow.gave_up.set()
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 0


def test_a_killed_sender_is_made_up_for(cast: Cast) -> None:
    with receiver() as there, listening(cast.frida, there.url) as own:
        held, hold = threading.Event(), threading.Event()

        def accept_and_hold(handler: faults._Handler) -> None:
            held.set()
            hold.wait(20)
            handler.close_connection = True

        there.behaviour = accept_and_hold
        delivery = ping(cast.frida, own.endpoint)
        with sender_process() as process:
            assert held.wait(20)
            process.kill()
            process.wait(20)
        hold.set()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("PENDING", 1)
        there.behaviour = faults.status(200)
        send_all()
        assert len(there.received) == 1, "its claim has not run out"
        make_due(delivery)
        send_all()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("DELIVERED", 2)
        assert ids_of(there.received) == [delivery.message_id] * 2
        for request in there.received:
            verified(own.secret, request)
        assert [attempt.number for attempt in WebhookAttempt.objects.filter(delivery=delivery)] == [2]


def test_the_process_notes_and_sends_and_stops_when_asked(cast: Cast) -> None:
    with receiver() as there, listening(cast.frida, there.url) as own:
        with sender_process() as process:
            give_wallet(cast.alice, "10")
            wait_until(lambda: len(there.received) == 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        events = sorted((verified(own.secret, request) for request in there.received), key=lambda e: e["sequence"])
        assert [event["type"] for event in events] == ["WalletCreated", "TransactionCompleted"]
        rows = WebhookDelivery.objects.filter(endpoint=own.endpoint)
        assert {row.status for row in rows} == {"DELIVERED"}
        note_all()
        assert rows.count() == 2


@contextmanager
def sender_process() -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py send_webhooks`, on the database of this test."""
    environment = {
        **os.environ,
        "WEBHOOK_ALLOW_PRIVATE_TARGETS": "true",
        "WEBHOOK_ENCRYPTION_KEYS": ",".join(django_settings.WEBHOOK_ENCRYPTION_KEYS),
        "DJANGO_SETTINGS_MODULE": "walletsite.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "send_webhooks"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
