"""One refresh token, many who use it at once: at most one wins, and then the whole family ends (row 49)."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import close_old_connections, connections

from compliance.errors import InvalidToken
from compliance.services.sessions import TokenPair, identify, refresh
from tests.compliance.clients import tokens_of
from tests.compliance.factories import UserFactory
from tests.safety.parts import Outcome

THREADS, ROUNDS = 8, 1000


def race(rounds: int, *, seconds: float = float("inf")) -> Outcome:
    """So many races; each token is one of a fresh log-in."""
    alice, start, found, winners = UserFactory(), Barrier(THREADS), list[str](), Counter[int]()
    deadline, done = time.monotonic() + seconds, 0

    def attempt(token: str) -> TokenPair | None:
        start.wait()
        try:
            return refresh(refresh_token=token)
        except InvalidToken:
            return None

    def leave(_: int) -> None:
        start.wait()  # so that every thread gets one
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        while done < rounds and time.monotonic() < deadline:
            close_old_connections()
            token = tokens_of(alice).refresh or ""
            won = [pair for pair in pool.map(attempt, [token] * THREADS) if pair]
            winners[len(won)] += 1
            done += 1
            if len(won) > 1 or any(_is_live(pair) for pair in won):
                found.append(f"round {done}: {len(won)} winners, and the family lives")
        list(pool.map(leave, range(THREADS)))
    return Outcome({"refresh races": done}, found, [f"winners per race: {dict(winners)}"])


def _is_live(pair: TokenPair) -> bool:
    try:
        identify(access_token=pair.access)
    except InvalidToken:
        return False
    return True
