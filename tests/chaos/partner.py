"""The other service: tells of bookings and people through the broker, and knows what has to become of each event."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from kombu import Connection, Exchange, Producer
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from ledger.services.consuming import Intake
from tests.wallets.incoming import cancelled, event, joined

PAUSE_SECONDS, REST_SECONDS, PATIENCE_SECONDS = 0.12, 0.3, 120
"""Between two events: a consumer that is killed every twenty seconds has to be able to catch up."""
DONE = ("PROCESSED", "")


@dataclass
class Told:
    """An event, or something that is none.

    Attributes:
        kind: for the report.
        expected: status and code that the inbox has to show in the end; None = it is listed as unreadable.
        flow: which wallet it changes, and by how many cents.
        copies: how often the broker has confirmed it.
    """

    kind: str
    body: bytes
    event_id: str = ""
    expected: tuple[str, str] | None = DONE
    flow: tuple[str, int] | None = None
    booking: str = ""
    copies: int = 0


@dataclass
class Partner:
    """Publishes until stopped, each message until the broker has confirmed it; every tenth once more.

    Args:
        people: who books, each with the PRIMARY wallet that pays.
    """

    intake: Intake
    people: Sequence[tuple[UUID, str]]
    company_id: UUID
    seed: int
    told: list[Told] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _running: Future[None] | None = None

    def begin(self) -> None:
        pool = ThreadPoolExecutor(1)
        self._running = pool.submit(self._work)
        pool.shutdown(wait=False)

    def end(self) -> None:
        """Begin nothing more."""
        self._stopped.set()

    def stop(self) -> None:
        """Returns when everything has been confirmed."""
        self.end()
        assert self._running is not None
        self._running.result()

    def _work(self) -> None:
        random, line = Random(f"{self.seed}-partner"), Line(self.intake)
        open_bookings: list[Told] = []
        while not self._stopped.is_set():
            for told in self._next(random, open_bookings):
                self.told.append(told)
                line.send(told)
            if random.random() < 0.1:
                line.send(random.choice(self.told))
            self._stopped.wait(PAUSE_SECONDS)
        line.close()

    def _next(self, random: Random, open_bookings: list[Told]) -> list[Told]:
        """One event mostly; a cancellation that is faster than its booking comes with it."""
        number, dice = len(self.told), random.random()
        if dice < 0.04:
            return [_poison(random, number)]
        if dice < 0.08:
            return [_plain("user", joined(self.company_id))]
        if dice < 0.10:
            return [_plain("unknown type", event("HotelOpened", {}), ("IGNORED", ""))]
        if dice < 0.30 and open_bookings:
            return [_cancellation(open_bookings.pop(random.randrange(len(open_bookings))))]
        booking = self._booking(random, f"B-{self.seed}-{number}")
        if dice > 0.95:
            return [_cancellation(booking), booking]
        open_bookings.append(booking)
        return [booking]

    def _booking(self, random: Random, booking: str) -> Told:
        user_id, wallet = random.choice(self.people)
        cents, is_held = random.randint(1, 500), random.random() < 0.3
        data = {"booking_id": booking, "user_id": str(user_id), "amount": f"{cents / 100:.2f}", "currency": "EUR"}
        envelope = event("BookingCreated", {**data, **({"hold": True} if is_held else {})})
        told = _plain("booking, held" if is_held else "booking", envelope)
        told.flow, told.booking = (wallet, -cents), booking
        return told


def _plain(kind: str, envelope: dict[str, Any], expected: tuple[str, str] = DONE) -> Told:
    return Told(kind, json.dumps(envelope).encode(), envelope["event_id"], expected)


def _cancellation(booking: Told) -> Told:
    told = _plain("cancellation", cancelled(booking.booking))
    assert booking.flow is not None
    told.flow = (booking.flow[0], -booking.flow[1])
    return told


def _poison(random: Random, number: int) -> Told:
    match random.randrange(3):
        case 0:
            return Told("poison", b"\xff no JSON %d" % number, expected=None)
        case 1:
            return Told("poison", json.dumps({"number": number}).encode(), expected=None)
        case _:
            return _plain("poison", event("BookingCreated", {"booking_id": ""}), ("FAILED", "request.validation"))


class Line:
    """A connection that publishes with the broker's word for it, and is opened again when it breaks."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        known = Connection(intake.broker_url)
        self._faults: tuple[type[BaseException], ...] = (
            *known.connection_errors,
            *known.channel_errors,
            *(KombuError, RedisError, OSError),
        )

    def send(self, told: Told) -> None:
        """Returns when the broker has confirmed it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._opened().publish(
                    told.body, routing_key=told.kind, content_type="application/json", delivery_mode=2, timeout=5
                )
            except self._faults:
                self.close()
                assert time.monotonic() < deadline, "the broker does not come back"
                time.sleep(REST_SECONDS)
            else:
                told.copies += 1
                return

    def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.collect()
        self._connection = self._producer = None

    def _opened(self) -> Producer:
        if self._producer is None:
            self._connection = connect(self._intake.broker_url)
            exchange = Exchange(self._intake.exchange, type=self._intake.exchange_type, durable=True)
            self._producer = self._connection.Producer(exchange=exchange)
        return self._producer


def connect(url: str) -> Connection:
    options: dict[str, Any] = {"confirm_publish": True} if url.startswith("amqp") else {"socket_timeout": 5}
    connection = Connection(url, connect_timeout=5, transport_options=options)
    connection.connect()
    return connection
