"""Wallets that only this run's clients know of, clients who use them, and what the service does by itself."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from rest_framework.test import APIClient

from ledger.models import OutboxMessage
from ledger.services import posting
from ledger.services.folding import fold_system_accounts
from ledger.services.holds import expire_holds
from ledger.services.relay.deliveries import Delivery
from ledger.services.relay.publishing import Relay
from tests.compliance.clients import api_with
from tests.compliance.factories import UserFactory
from tests.safety.arena import Arena
from tests.safety.checker.told import Heard
from tests.safety.history import Exchange, History, Kind, Wish
from tests.safety.requests import request_of
from tests.wallets.budgets import set_budget
from tests.wallets.scene import give_wallet

FUNDS, DOLLARS, BUDGET = Decimal(100), Decimal(50), Decimal(30)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who asks the service, in the process of the service, and writes down what he was answered."""

    arena: Arena
    history: History
    scope: str

    def ask(self, wish: Wish) -> Exchange:
        ground = self.arena.ground
        http = api_with(ground.finance if wish.kind is Kind.STATUS else ground.token)
        http.raise_request_exception = False
        sent = time.monotonic_ns()
        answer = _send(http, wish)
        return self.history.add(
            Exchange(
                scope=self.scope,
                wish=wish,
                sent=sent,
                answered=time.monotonic_ns(),
                status=answer.status_code,
                body=answer.content,
                is_replay=answer.headers.get("Idempotent-Replayed") == "true",
            )
        )


def _send(http: APIClient, wish: Wish) -> Any:
    method, path, body = request_of(wish)
    headers = {"Idempotency-Key": wish.key} if wish.key else {}
    if method == "GET":
        return http.get(path)
    return http.post(path, body, headers=headers) if method == "POST" else http.put(path, body, headers=headers)


@dataclass(slots=True)
class Listener:
    """A broker that takes everything, and remembers it in order."""

    heard: list[Heard] = field(default_factory=list)

    def publish(self, messages: Sequence[OutboxMessage], settle: Callable[[Delivery], None]) -> None:
        for message in messages:
            self.heard.append((message.id, message.aggregate_id, message.sequence))
            settle(Delivery(message, OutboxMessage.Status.PUBLISHED))

    def close(self) -> None:
        """There is no line to hang up."""


@dataclass(slots=True)
class Stage:
    """
    Attributes:
        wallets: in euros, FUNDS each. dollars: one that has DOLLARS. thrifty: one under a budget of BUDGET.
        stranger: a colleague whose wallet the clients do not know of; others pay from it.
    """

    arena: Arena
    wallets: list[UUID]
    dollars: UUID
    thrifty: UUID
    stranger: Any
    history: History
    listener: Listener = field(default_factory=Listener)

    @property
    def client(self) -> Client:
        return Client(self.arena, self.history, f"api:{self.arena.ground.cast.bookings.id}")

    def settle(self) -> None:
        """What the jobs do: end what is overdue, move checkpoints, tell everybody."""
        expire_holds()
        fold_system_accounts()
        Relay(self.listener).empty()  # type: ignore[arg-type]  # all that it needs of a broker


def new_stage(arena: Arena, *, wallets: int = 4) -> Stage:
    cast = arena.ground.cast
    people = [UserFactory(company=cast.company, team=cast.alice.team) for _ in range(wallets)]
    euros = [give_wallet(person, str(FUNDS)).id for person in people]
    dollars = give_wallet(UserFactory(company=cast.company), str(DOLLARS), currency="USD").id
    thrifty = give_wallet(UserFactory(company=cast.company), str(FUNDS))
    set_budget(cast.frida, thrifty, str(BUDGET))
    stranger = UserFactory(company=cast.company)
    give_wallet(stranger, str(FUNDS))
    history = History(
        opening={**dict.fromkeys((*euros, thrifty.id), FUNDS), dollars: DOLLARS},
        currencies={dollars: "USD"},
        budgets={thrifty.id: BUDGET},
    )
    return Stage(arena, euros, dollars, thrifty.id, stranger, history)


def new_key() -> str:
    return secrets.token_hex(8)


@contextmanager
def as_processes(number: int) -> Iterator[None]:
    """Let the threads of this process post as if they belonged to several: each process has a group of its own."""
    groups = [posting._Group() for _ in range(number)]
    counter, own = iter(range(10**9)), threading.local()

    class Dealt:
        def post(self, entry: Any) -> Any:
            if not hasattr(own, "group"):
                own.group = groups[next(counter) % number]
            return own.group.post(entry)

    with patch.object(posting, "_group", Dealt()):
        yield
