"""Closes the race that simplejwt loses (ADR 0013): one refresh token, many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from compliance.errors import InvalidToken
from compliance.services.sessions import TokenPair, identify, refresh
from tests.compliance.clients import tokens_of
from tests.compliance.factories import UserFactory

THREADS = 8
ROUNDS = 25


@pytest.mark.usefixtures("committed_db")
def test_of_eight_parallel_refreshes_at_most_one_wins() -> None:
    alice = UserFactory()
    start = Barrier(THREADS)

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
        for _ in range(ROUNDS):
            pair = tokens_of(alice)
            winners = [won for won in pool.map(attempt, [pair.refresh or ""] * THREADS) if won]
            assert len(winners) == 1
            with pytest.raises(InvalidToken):
                identify(access_token=winners[0].access)
        list(pool.map(leave, range(THREADS)))
