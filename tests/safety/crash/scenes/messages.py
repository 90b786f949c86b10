"""What comes from other services and what is told to them."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.db.models import F
from kombu import Connection

from compliance.models import User
from ledger.ids import new_id
from ledger.models import InboxEvent, OutboxMessage
from ledger.services.consuming import consume
from ledger.services.relay import Broker, Relay
from ledger.services.relay.numbering import number_messages
from tests.chaos.listener import lengths
from tests.safety.crash.lives import Act, Tell
from tests.safety.crash.scenes.scene import Scene
from tests.safety.crash.scenes.stage import stage
from tests.wallets.incoming import booked, cancelled, joined, sent, take
from tests.wallets.scene import give_wallet
from tests.wallets.services.incoming.consumers import Post
from wallets.services.incoming import retry_due_events
from wallets.services.incoming.taking import take_message


def _taking(envelope: dict[str, Any]) -> Act:
    """What the consumer does with a message; one that it has not acknowledged comes again."""

    def act(tell: Tell) -> None:
        assert take_message(sent(envelope))

    return act


def _traveller() -> User:
    person = stage().person()
    give_wallet(person, "100")
    return person


def booking() -> Act:
    return _taking(booked(_traveller(), booking=new_id().hex))


def held_booking() -> Act:
    envelope = booked(_traveller(), booking=new_id().hex)
    envelope["data"]["hold"] = True
    return _taking(envelope)


def cancellation() -> Act:
    number = new_id().hex
    assert take(booked(_traveller(), booking=number)).status == "PROCESSED"
    return _taking(cancelled(number))


def cancellation_of_some() -> Act:
    number = new_id().hex
    assert take(booked(_traveller(), booking=number)).status == "PROCESSED"
    return _taking(cancelled(number, "10.00"))


def joining() -> Act:
    return _taking(joined(stage().cast.company.id))


def joining_after_a_booking() -> Act:
    """The booking came first and waits; whoever takes the person in books it too."""
    person = User(id=new_id())
    assert take(booked(person, booking=new_id().hex)).status == "PENDING"
    return _taking(joined(stage().cast.company.id, user_id=person.id))


def let_waiting_be_tried() -> None:
    """What waits for something that has come is tried by the job: what waiting for it does, without the wait."""
    InboxEvent.objects.filter(status="PENDING").update(next_attempt_at=F("received_at"))
    retry_due_events()


def silent_broker() -> str:
    """The embedded Valkey. Nobody is bound there."""
    return str(settings.BROKER_URL)


def publishing() -> Act:
    """One message that waits, of one wallet."""
    while number_messages():
        pass
    OutboxMessage.objects.filter(status="PENDING").update(status="SKIPPED")
    stage().wallet()

    def act(tell: Tell) -> None:
        broker = Broker(silent_broker())
        Relay(broker).empty()
        broker.close()

    return act


def consuming() -> Act:
    """A booking that lies in a queue, taken from it by a consumer that stops when nothing is left."""
    post, stopping = Post(silent_broker()), threading.Event()
    post.declare()
    post.publish(booked(_traveller(), booking=new_id().hex))

    def act(tell: Tell) -> None:
        _bring_back(post)
        stopping.clear()

        def take_one(body: bytes) -> bool:
            stopping.set()
            return take_message(body)

        if lengths(post.intake)[0]:
            consume(post.intake, take_one, stopping)

    return act


def _bring_back(post: Post) -> None:
    """What a dead consumer had taken comes back after a minute: what waiting does, without the wait."""
    with Connection(post.broker_url, transport_options={"visibility_timeout": 0}) as broker:
        channel: Any = broker.default_channel
        for queue in post.intake.queues():  # as a consumer that starts does: kombu has to know where it came from
            queue(channel).declare()
        channel.qos.restore_visible(num=100)


MESSAGES = (
    Scene("BookingCreated", booking),
    Scene("BookingCreated, held", held_booking),
    Scene("BookingCancelled", cancellation),
    Scene("BookingCancelled, a part", cancellation_of_some),
    Scene("UserCreated", joining),
    Scene("UserCreated, waited for", joining_after_a_booking, commits=2, resume=let_waiting_be_tried),
    Scene("publishing one message", publishing),
    Scene("consuming one message", consuming),
)
