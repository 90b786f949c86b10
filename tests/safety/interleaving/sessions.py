"""Sessions that take a step when they are told to: one statement, or the COMMIT, and what leads to the next one.

A session that waits for another one's lock is found by `pg_blocking_pids`; it goes on by itself when it gets the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from queue import SimpleQueue
from typing import Any

from django.db import OperationalError, connection, connections

from tests.ledger.sessions import PATIENCE_SECONDS
from tests.safety.crash.boundaries import Moment, watching
from tests.safety.crash.state import another_session

LOOK_SECONDS = 0.002
NAME = "wallet-stepped"
"""What these sessions are called at the server."""


class Stand(StrEnum):
    """Where a session stands."""

    READY = "at its next statement"
    RUNNING = "under way"
    BLOCKED = "waiting for another one's lock"
    DONE = "done"


Action = Callable[[], Any]


class SteppedSession:
    """A thread with a connection, which is used for one action after the other.

    Attributes:
        result: what the last action returned or raised.
        deadlocks: how often a statement was told 40P01 during the last action.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self.stand = Stand.DONE
        self.result: Any = None
        self.deadlocks = 0
        self.steps: list[str] = []
        self.pid = 0
        self._changed = changed
        self._may_step = threading.Semaphore(0)
        self._actions: SimpleQueue[Action | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def begin(self, action: Action) -> None:
        """Bring an action to its first statement."""
        self.stand, self.result, self.deadlocks, self.steps = Stand.RUNNING, None, 0, []
        self._actions.put(action)

    def step(self) -> None:
        self.stand = Stand.RUNNING
        self._may_step.release()

    def end(self) -> None:
        self._actions.put(None)
        self._thread.join(PATIENCE_SECONDS)

    def _live(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '20s'; SET statement_timeout = '20s'")
                cursor.execute(f"SET application_name = '{NAME}'")
                cursor.execute("SELECT pg_backend_pid()")
                (self.pid,) = cursor.fetchone()
            with watching(self._reached), connection.execute_wrapper(self._note_deadlocks):
                while (action := self._actions.get()) is not None:
                    self._do(action)
        finally:
            connections.close_all()

    def _do(self, action: Action) -> None:
        try:
            self.result = action()
        except Exception as error:  # noqa: BLE001 (the schedule looks at it)
            self.result = error
        self._stands(Stand.DONE)

    def _reached(self, moment: Moment, sql: str) -> None:
        if moment is Moment.BEFORE:
            self.steps.append(sql)
            self._stands(Stand.READY)
            self._may_step.acquire()

    def _stands(self, stand: Stand) -> None:
        with self._changed:
            self.stand = stand
            self._changed.notify_all()

    def _note_deadlocks(self, run: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return run(*arguments)
        except OperationalError as error:
            self.deadlocks += getattr(error.__cause__, "sqlstate", None) == "40P01"
            raise


class Sessions:
    """Some sessions, of which at most one is told to step at a time."""

    def __init__(self, count: int) -> None:
        self.changed = threading.Condition()
        self.all = [SteppedSession(self.changed) for _ in range(count)]
        self._observer = another_session()

    def begin(self, actions: list[Action]) -> None:
        for session, action in zip(self.all, actions, strict=True):
            session.begin(action)
            self.settle()

    def settle(self) -> None:
        """Wait until every session stands: at a statement, behind a lock, or at its end."""
        waited = 0.0
        while running := [session for session in self.all if session.stand in (Stand.RUNNING, Stand.BLOCKED)]:
            if self._is_still(running):
                return
            waited += LOOK_SECONDS
            if waited > PATIENCE_SECONDS:
                raise AssertionError(f"a session neither stands nor waits: {[s.steps[-1:] for s in running]}")

    def _is_still(self, running: list[SteppedSession]) -> bool:
        """Whether all that have not come to a statement are behind locks."""
        with self.changed:
            self.changed.wait_for(lambda: not self._under_way(), LOOK_SECONDS)
        waiting = self._waiting()
        with self.changed:
            for session in running:
                if session.stand in (Stand.RUNNING, Stand.BLOCKED):
                    session.stand = Stand.BLOCKED if session.pid in waiting else Stand.RUNNING
            return not self._under_way()

    def _under_way(self) -> bool:
        return any(session.stand is Stand.RUNNING for session in self.all)

    def _waiting(self) -> set[int]:
        """Whoever waits for a lock of one of us."""
        pids = [session.pid for session in self.all]
        found = self._observer.execute(
            "SELECT pid FROM unnest(%s::int[]) AS pid WHERE pg_blocking_pids(pid) && %s::int[]", [pids, pids]
        )
        return {pid for (pid,) in found}

    def end(self) -> None:
        for session in self.all:
            session.end()
        self._observer.close()
