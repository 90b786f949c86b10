"""Other sessions of the service: threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, connections
from django.db.transaction import atomic

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 20


def together(actions: list[Callable[[], Answer]]) -> list[Answer | Exception]:
    """Let every action start at the same moment, each in a session of its own.

    Returns:
        What each returned or raised, in order.
    """
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], Answer]) -> Answer | Exception:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE_SECONDS)
            return action()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def answers(results: list[Answer | Exception]) -> list[Answer]:
    """The results of actions none of which may have failed."""
    for result in results:
        if isinstance(result, Exception):
            raise result
    return [result for result in results if not isinstance(result, Exception)]


@contextmanager
def open_elsewhere(action: Callable[[], object]) -> Iterator[None]:
    """Run an action in another session's transaction, which stays open for the block and commits after it."""
    done, end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with atomic():
                action()
                done.set()
                end.wait(PATIENCE_SECONDS)
        finally:
            done.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        try:
            assert done.wait(PATIENCE_SECONDS)
            yield
        finally:
            end.set()
            holder.result()
