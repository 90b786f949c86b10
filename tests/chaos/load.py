"""Clients that move and hold money over HTTP, and know what every wallet must have in the end.

Each wish is repeated under its key until the answer is final, so in the end nothing is unknown.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any

from tests.api.server import HOST

ANSWER_SECONDS = 15
PATIENCE_SECONDS = 180
REST_SECONDS, PAUSE_SECONDS = 0.2, 0.03
LOCK_CODES = frozenset({"lock.timeout", "idempotency.in_progress"})
CENT = Decimal("0.01")


@dataclass
class Wish:
    """Something that a client wants, once.

    Attributes:
        flows: what becomes of each wallet's available money if it is granted.
        seconds: how long the final answer took, without the tries before it.
    """

    key: str
    path: str
    body: dict[str, Any]
    flows: dict[str, Decimal]
    status: int = 0
    answer: bytes = b""
    tries: int = 0
    seconds: float = 0
    answered_at: float = 0


@dataclass
class Load:
    """Clients that act until they are stopped.

    Args:
        token: gives one that is valid now.
        wallets: between which money moves; each has enough, so nothing is refused.
    """

    port: int
    token: Callable[[], str]
    wallets: Sequence[str]
    seed: int
    clients: int = 4
    wishes: list[Wish] = field(default_factory=list)
    surprises: Counter[str] = field(default_factory=Counter)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _running: list[Future[None]] = field(default_factory=list)

    def begin(self) -> None:
        pool = ThreadPoolExecutor(self.clients)
        self._running = [pool.submit(self._work, number) for number in range(self.clients)]
        pool.shutdown(wait=False)

    def end(self) -> None:
        """Begin nothing more."""
        self._stopped.set()

    def stop(self) -> None:
        """Returns when every wish has its final answer."""
        self.end()
        for client in self._running:
            client.result()

    def repeat(self, every: int) -> int:
        """Ask for some once more, under their old keys. Returns how many got another answer than the first time."""
        line = _Line(self.port)
        again = [(wish, self._ask(replace(wish), line)) for wish in list(self.wishes)[::every]]
        line.close()
        return sum((first.status, first.answer) != (second.status, second.answer) for first, second in again)

    def flows(self) -> Counter[str]:
        """What all that was granted did to each wallet, in cents."""
        cents: Counter[str] = Counter()
        for wish in self.wishes:
            if wish.status < 300:
                cents.update({wallet: int(amount / CENT) for wallet, amount in wish.flows.items()})
        return cents

    def _work(self, number: int) -> None:
        random, line = Random(f"{self.seed}-client-{number}"), _Line(self.port)
        while not self._stopped.is_set():
            if random.random() < 0.6:
                self._transfer(random, line)
            else:
                self._hold(random, line)
            self._stopped.wait(PAUSE_SECONDS)
        line.close()

    def _transfer(self, random: Random, line: _Line) -> None:
        source, destination = random.sample(self.wallets, 2)
        amount = CENT * random.randint(1, 500)
        body = {"from_wallet_id": source, "to_wallet_id": destination, "amount": str(amount), "currency": "EUR"}
        self._settle(Wish(_key(), "/v1/transfers", body, {source: -amount, destination: amount}), line)

    def _hold(self, random: Random, line: _Line) -> None:
        wallet, amount = random.choice(self.wallets), CENT * random.randint(100, 500)
        body = {"wallet_id": wallet, "amount": str(amount), "currency": "EUR", "expires_in": 86_400}
        hold = self._settle(Wish(_key(), "/v1/reservations", body, {wallet: -amount}), line)
        if hold.status != 201:
            return
        path = f"/v1/reservations/{json.loads(hold.answer)['reservation_id']}"
        if random.random() < 0.5:
            self._settle(Wish(_key(), f"{path}/release", {}, {wallet: amount}), line)
        else:
            part = CENT * random.randint(1, 100)
            self._settle(Wish(_key(), f"{path}/capture", {"amount": str(part)}, {wallet: amount - part}), line)

    def _settle(self, wish: Wish, line: _Line) -> Wish:
        self.wishes.append(wish)
        self._ask(wish, line)
        if wish.status >= 300:
            self.surprises[f"{wish.status} {_code(wish.answer)} {wish.path.rsplit('/', 1)[-1]}"] += 1
        return wish

    def _ask(self, wish: Wish, line: _Line) -> Wish:
        """Ask until there is a final answer, as every client has to."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            began = time.monotonic()
            wish.tries += 1
            wish.status, wish.answer = line.post(wish, self.token())
            wish.answered_at = time.monotonic()
            if not _may_try_again(wish):
                wish.seconds = wish.answered_at - began
                break
            assert wish.answered_at < deadline, f"no final answer: {wish}"
            time.sleep(REST_SECONDS)
        return wish


def _may_try_again(wish: Wish) -> bool:
    return wish.status in (0, 401, 503) or (wish.status == 409 and _code(wish.answer) in LOCK_CODES)


def _code(answer: bytes) -> str:
    try:
        return str(json.loads(answer).get("code"))
    except ValueError:
        return "(no JSON)"


def _key() -> str:
    return secrets.token_hex(16)


class _Line:
    """A keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: HTTPConnection | None = None

    def post(self, wish: Wish, token: str) -> tuple[int, bytes]:
        """Status and body; status 0 when nothing came back."""
        if self._connection is None:
            self._connection = HTTPConnection(HOST, self._port, timeout=ANSWER_SECONDS)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": wish.key,
        }
        try:
            self._connection.request("POST", wish.path, json.dumps(wish.body), headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException):
            self.close()
            return 0, b""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
