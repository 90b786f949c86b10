"""The people and wallets of a run, and everything around the service that is never killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from django.conf import settings
from django.db import Error, connection

from compliance.models import ServiceAccount
from ledger.services.consuming import Intake
from tests.api.server import WebServer
from tests.chaos.listener import declare
from tests.chaos.load import Load
from tests.chaos.partner import Partner
from tests.chaos.servers import Installation
from tests.compliance.clients import tokens_of
from tests.compliance.factories import Cast, UserFactory, make_cast
from tests.wallets.receiver import Receiver, receiver
from tests.wallets.scene import give_wallet
from tests.wallets.webhooks import make_endpoint

WALLETS, FUNDS = 24, "1000000"
WEBHOOK_TYPES = ("WalletCreated", "ReservationReleased")
TOKEN_SECONDS = 600
"""A token is good for fifteen minutes; a new one is asked for long before, should the database be away just then."""


@dataclass
class Tokens:
    """Access tokens of one program, renewed in time."""

    account: ServiceAccount
    _value: str = ""
    _made_at: float = -inf
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> str:
        with self._lock:
            if time.monotonic() - self._made_at > TOKEN_SECONDS:
                self._renew()
            return self._value

    def _renew(self) -> None:
        try:
            self._value, self._made_at = tokens_of(self.account).access, time.monotonic()
        except Error:
            if not self._value:
                raise
        finally:
            connection.close()


@dataclass(frozen=True)
class Stage:
    """A company whose service runs.

    Attributes:
        wallets: by id, each holding FUNDS in the beginning.
        hooks: gets the webhooks of WEBHOOK_TYPES.
    """

    installed: Installation
    cast: Cast
    people: tuple[tuple[UUID, str], ...]
    intake: Intake
    hooks: Receiver
    load: Load
    partner: Partner

    @property
    def wallets(self) -> list[str]:
        return [wallet for _, wallet in self.people]


@contextmanager
def stage(installed: Installation, *, seed: int) -> Iterator[Stage]:
    """Everything runs and listens; nothing happens yet."""
    intake = _intake(installed.broker_url)
    declare(installed.broker_url, intake)
    with ExitStack() as stack:
        hooks = stack.enter_context(receiver())
        cast = make_cast()
        make_endpoint(cast.frida, hooks.url, *WEBHOOK_TYPES)
        users = [UserFactory(company=cast.company) for _ in range(WALLETS)]
        people = tuple((user.id, str(give_wallet(user, FUNDS).id)) for user in users)
        connection.close()
        server = WebServer(installed.folder / "web.log", installed.environment)
        stack.callback(server.stop)
        server.start()
        installed.start_background()
        load = Load(server.port, Tokens(cast.bookings), [wallet for _, wallet in people], seed)
        partner = Partner(intake, people, cast.company.id, seed)
        stack.callback(load.end)
        stack.callback(partner.end)
        yield Stage(installed, cast, people, intake, hooks, load, partner)


def _intake(broker_url: str) -> Intake:
    return Intake(
        broker_url=broker_url,
        exchange=settings.INBOX_EXCHANGE,
        exchange_type=settings.INBOX_EXCHANGE_TYPE,
        routing_keys=tuple(settings.INBOX_ROUTING_KEYS),
        queue=settings.INBOX_QUEUE,
    )
