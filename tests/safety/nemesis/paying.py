"""Clients that move money through the whole service while its connection breaks, and look whether each answer is true.

What an answer may say: 201 and it is stored; `service.unavailable` and it is not; `outcome.unknown` and nobody knows.
The same key then always leads to a 201, and to one effect.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import psycopg
from django.conf import settings
from django.db import close_old_connections
from django.test import override_settings
from rest_framework.test import APIClient

from ledger.services.invariants import check_invariants
from tests.chaos.stage import Tokens
from tests.compliance.factories import UserFactory, make_cast
from tests.safety.nemesis.proxy import Fault, Proxy, Switch
from tests.wallets.scene import available, give_wallet
from wallets.models import Wallet

CENT, FUNDS = Decimal("0.01"), "1000000"
TRIES, CHUNKS, UNLIMITED = 30, 14, 10**8
Effects = tuple[int, int]
NOTHING: Effects = (0, 0)
UNKNOWN, UNAVAILABLE = (503, "outcome.unknown"), (503, "service.unavailable")
DECLARED = {(201, ""), UNKNOWN, UNAVAILABLE, (409, "lock.timeout"), (409, "idempotency.in_progress")}
EXPECTED = {Fault.BEFORE: (UNKNOWN, False), Fault.AFTER: (UNKNOWN, True)}
"""What a cut is answered with, and whether it is stored then."""


@dataclass(frozen=True)
class Answer:
    status: int
    code: str
    body: bytes
    is_replayed: bool
    headers: dict[str, str]

    @property
    def told(self) -> tuple[int, str]:
        return self.status, self.code


@dataclass
class Truth:
    """What the database says to somebody whose connection nobody breaks."""

    scope: str
    connection: psycopg.Connection = field(
        default_factory=lambda: psycopg.connect(settings.DATABASE_URL, autocommit=True)
    )

    def effects(self, key: str) -> Effects:
        """How many commands and documents bear a key."""
        found = self.connection.execute(
            "SELECT count(*), count(DISTINCT transaction_id) FROM ledger_command WHERE scope = %s AND key = %s",
            [self.scope, key],
        ).fetchone()
        assert found is not None
        return found[0], found[1]


@dataclass
class Payers:
    """A company with two wallets between which clients move cents, and hold some.

    Attributes:
        flows: what all that was granted has taken out of the first wallet, and brought into the second, in cents.
        found: what was not as it has to be.
    """

    token: Callable[[], str]
    truth: Truth
    wallets: tuple[Wallet, Wallet]
    flows: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)

    def try_once(self, fault: Fault, switch: Switch, proxy: Proxy, random: Random) -> None:
        """Let one request meet a fault, look what became of it, and ask again under its key."""
        path, body, flows = self._wish(random)
        token, key, before = self.token(), secrets.token_hex(12), proxy.fired[fault]
        switch.chunks, switch.fault = random.randint(1, CHUNKS), fault
        first = self.post(token, key, path, body)
        has_fired, switch.fault = proxy.fired[fault] > before, Fault.NONE
        stored = self.truth.effects(key)
        if has_fired and fault in EXPECTED and (first.told, stored == (1, 1)) != EXPECTED[fault]:
            self.found.append(f"{fault}: answered {first.told}, stored {stored}")
        self._judge(first, stored, str(fault))
        self.settle(token, key, path, body, first)
        self.flows.update(flows)

    def ask(self, random: Random) -> Counter[int]:
        """One request among those of others, until it is granted. Returns what it moved."""
        path, body, flows = self._wish(random)
        token, key = self.token(), secrets.token_hex(12)
        first = self.post(token, key, path, body)
        self._judge(first, self.truth.effects(key), "in a crowd")
        self.settle(token, key, path, body, first)
        return flows

    def settle(self, token: str, key: str, path: str, body: dict[str, Any], first: Answer) -> None:
        """Ask again until it is granted, and look that this was one effect."""
        answer, was_stored = first, self.truth.effects(key) == (1, 1)
        for _ in range(TRIES):
            before, answer = self.truth.effects(key), self.post(token, key, path, body)
            if answer.status == 201:
                break
            self._judge(answer, self.truth.effects(key), "asked again", before)
        if answer.status != 201:
            self.found.append(f"never granted: {answer.told}")
        elif first.status == 201 and (answer.body != first.body or not answer.is_replayed):
            self.found.append("asked again after a 201: another answer")
        elif was_stored and not answer.is_replayed:
            self.found.append("it was stored, and was not replayed")
        if self.truth.effects(key) != (1, 1):
            self.found.append(f"in the end stored {self.truth.effects(key)}")

    def post(self, token: str, key: str, path: str, body: dict[str, Any]) -> Answer:
        """One request, on a connection as a web process would have it."""
        close_old_connections()
        client = APIClient(SERVER_NAME="localhost")
        response: Any = client.post(
            path, body, format="json", headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        )
        code = "" if response.status_code < 300 else response.json().get("code", "")
        self.answers[f"{response.status_code} {code}".strip()] += 1
        headers = {name.lower(): value for name, value in response.items()}
        return Answer(response.status_code, code, response.content, "idempotent-replayed" in headers, headers)

    def _judge(self, answer: Answer, stored: Effects, what: str, before: Effects = NOTHING) -> None:
        """Whether an answer is one that is declared, and true of this very try: `before` is from earlier ones."""
        if answer.told not in {
            (201, ""),
            UNKNOWN,
            UNAVAILABLE,
            (409, "lock.timeout"),
            (409, "idempotency.in_progress"),
        }:
            self.found.append(f"{what}: undeclared {answer.told}")
        if answer.status != 201 and "retry-after" not in answer.headers:
            self.found.append(f"{what}: {answer.told} without Retry-After")
        if answer.status == 201 and stored != (1, 1):
            self.found.append(f"{what}: acknowledged, and stored {stored}")
        if answer.told == UNAVAILABLE and stored != before:
            self.found.append(f"{what}: said that nothing happened, and stored {stored}")

    def _wish(self, random: Random) -> tuple[str, dict[str, Any], Counter[int]]:
        source, destination = self.wallets
        amount = random.randint(1, 500)
        body = {"amount": str(CENT * amount), "currency": "EUR"}
        if random.random() < 0.3:
            return "/v1/reservations", {**body, "wallet_id": str(source.id)}, Counter({0: -amount})
        parties = {"from_wallet_id": str(source.id), "to_wallet_id": str(destination.id)}
        return "/v1/transfers", {**body, **parties}, Counter({0: -amount, 1: amount})

    def check(self) -> None:
        """All that was granted is there, once; nothing else is; the ledger is sound."""
        for number, wallet in enumerate(self.wallets):
            expected = Decimal(FUNDS) + CENT * self.flows[number]
            if available(wallet) != expected:
                self.found.append(f"wallet {number} has {available(wallet)} and should have {expected}")
        self.found += [f"invariant {finding.invariant.id}" for finding in check_invariants() if finding.broken]


@contextmanager
def payers() -> Iterator[Payers]:
    """Made over the connection as it is now, before anything breaks; who repeats must not run into limits of rates."""
    limits = dict.fromkeys((f"RATE_LIMIT_PER_{who}" for who in ("WALLET", "PERSON", "SERVICE")), UNLIMITED)
    with override_settings(**limits):
        made = make_payers()
        try:
            yield made
        finally:
            made.truth.connection.close()


def make_payers() -> Payers:
    cast = make_cast()
    first, second = (give_wallet(UserFactory(company=cast.company), FUNDS) for _ in range(2))
    token = Tokens(cast.bookings)
    token()
    return Payers(token, Truth(f"api:{cast.bookings.id}"), (first, second))
