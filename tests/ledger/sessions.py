"""Other sessions of the service: threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from django.db import connection, connections
from django.db.transaction import atomic

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 20


def in_own_session(action: Callable[[], Answer]) -> Answer:
    """Run an action as a thread's whole work. It waits for locks longer than the service does, so that a slow
    machine does not decide what a test sees."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'; SET statement_timeout = '20s'")
        return action()
    finally:
        connections.close_all()


def together(actions: list[Callable[[], Answer]]) -> list[Answer | Exception]:
    """Let every action start at the same moment, each in a session of its own.

    Returns:
        What each returned or raised, in order.
    """
    start = threading.Barrier(len(actions))

    def begin(action: Callable[[], Answer]) -> Answer:
        start.wait(PATIENCE_SECONDS)
        return action()

    def run(action: Callable[[], Answer]) -> Answer | Exception:
        try:
            return in_own_session(partial(begin, action))
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            return error

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


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 100):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen in time")
