"""Many clients at once, each noting what it asked for and what it was told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any

from tests.api.server import HOST

ANSWER_SECONDS = 20
LOAD_SECONDS = 30
REPEATED = 5
"""Every fifth acknowledged transfer is asked for again."""


@dataclass
class Attempt:
    """A transfer that a client wanted. `answer`: the body of the 201, once there was one."""

    key: str
    body: dict[str, Any]
    answer: bytes | None = None


@dataclass
class Client:
    """Somebody with a token and a keep-alive connection."""

    port: int
    token: str
    connection: HTTPConnection | None = None

    def post(self, attempt: Attempt) -> bool:
        """Send it once, and note the answer. Whether it is known to have happened."""
        if self.connection is None:
            self.connection = HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": attempt.key,
        }
        try:
            self.connection.request("POST", "/v1/transfers", json.dumps(attempt.body), headers)
            response = self.connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException):
            self.close()
            return False
        if response.status == 201:
            assert attempt.answer in (None, answer), "a replay is the first answer"
            attempt.answer = answer
        else:
            assert response.status in {409, 503}, (response.status, answer)  # what may be tried again
        return response.status == 201

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@dataclass
class Load:
    """Clients that move money until they are stopped or nobody answers.

    Args:
        make: the attempt for a client's number and its count.
    """

    port: int
    token: str
    make: Callable[[int, int], Attempt]
    attempts: list[Attempt] = field(default_factory=list)
    _stopped: Event = field(default_factory=Event)

    def run_until(self, acknowledged: int, then: Callable[[], None], *, clients: int = 6) -> None:
        """Run until so many more transfers were acknowledged, do something in the middle of it all, and stop."""
        self._stopped.clear()
        wanted = len(self.acknowledged()) + acknowledged
        threads = [Thread(target=self._work, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + LOAD_SECONDS
        while len(self.acknowledged()) < wanted:
            assert time.monotonic() < deadline, "the service is too slow"
            time.sleep(0.01)
        then()
        self._stopped.set()
        for thread in threads:
            thread.join()

    def acknowledged(self) -> list[Attempt]:
        return [attempt for attempt in list(self.attempts) if attempt.answer is not None]

    def settle(self) -> None:
        """Repeat under its old key what got no answer, and a part of what did, until all is known to have happened."""
        client, deadline = Client(self.port, self.token), time.monotonic() + LOAD_SECONDS
        unknown = [attempt for attempt in self.attempts if attempt.answer is None]
        for attempt in (*unknown, *self.attempts[::REPEATED]):
            while not client.post(attempt):
                assert time.monotonic() < deadline, "the service does not recover"
                time.sleep(0.05)
        client.close()

    def _work(self, number: int) -> None:
        client, count = Client(self.port, self.token), len(self.attempts)
        while not self._stopped.is_set():
            count += 1
            attempt = self.make(number, count)
            self.attempts.append(attempt)
            if not client.post(attempt):
                break
        client.close()
