"""Group posting: commands that arrive at the same time in one process are posted as one batch (ADR 0039).

Whoever comes while nobody is posting posts at once and waits for nobody. Whoever comes meanwhile waits; when that
batch is done, the first of those who wait posts for all of them. So batches are as large as the load makes them, one
hot wallet costs no more than many, and nobody ever waits for company.

A batch that fails has written nothing, and nobody in it is harmed: each then posts for itself, in its own thread, and
gets its own answer or its own error. Keys make that safe, whatever became of the batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from ledger.core.commands import Advance, Capture, Expire, Extend, Release, Reserve, Transfer
from ledger.errors import OutcomeUnknown, Unavailable
from ledger.services import journal
from ledger.services.journal import Outcome, Renderer, Result, no_reply

__all__ = ["Movement", "post_soon"]

GROUP_LOCK_MILLISECONDS = 300
"""How long a batch of strangers waits for a row or a key. One that somebody holds for longer may not hold up all."""

Movement = Transfer | Reserve | Capture | Release | Extend | Advance | Expire
"""What requests bring one by one. What undoes a document is looked up together with it, and never with strangers."""

logger = structlog.get_logger(__name__)


def post_soon(command: Movement, *, render: Renderer = no_reply) -> Outcome:
    """Post one command, together with those that other threads of this process post just now.

    To its caller it is `journal.post` of this command alone. Inside an open transaction it is that indeed.

    Args:
        render: makes the reply that is kept; may run in another request's thread.

    Raises:
        Unavailable: too many wait here already; nothing happened.
        Busy, OutcomeUnknown, OperationalError: as `journal.post`.
    """
    if connection.in_atomic_block:
        return _post_alone(command, render)
    return _group.post(_Entry(command, render))


class _Entry:
    """A command on its way through the group, and the thread that waits for it.

    Attributes:
        woken: held until the command is answered, or its thread is to lead.
        leads: whether its thread posts the next batch, which it is the first of.
        outcome: what became of it; None when its batch fell apart.
        is_unknown: whether the connection broke around the COMMIT of its batch.
    """

    __slots__ = ("command", "is_unknown", "leads", "outcome", "render", "woken")

    def __init__(self, command: Movement, render: Renderer) -> None:
        self.command = command
        self.render = render
        self.woken = Lock()
        self.woken.acquire()
        self.leads = False
        self.outcome: Outcome | None = None
        self.is_unknown = False

    def answer(self) -> Outcome:
        if self.is_unknown:
            raise OutcomeUnknown("The answer to COMMIT was lost. Ask again with the same key.")
        if self.outcome is None:
            close_old_connections()  # what broke the batch may have broken the connection too
            return _post_alone(self.command, self.render)
        return self.outcome


class _Group:
    """The commands of a process that wait to be posted. One thread at a time leads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[_Entry] = deque()
        self._is_led = False

    def post(self, entry: _Entry) -> Outcome:
        self._join(entry)
        if not entry.leads:
            close_old_connections()  # a pooled one goes back: who waits needs none
            entry.woken.acquire()
        if entry.leads:
            self._lead()
        return entry.answer()

    def _join(self, entry: _Entry) -> None:
        with self._lock:
            if len(self._waiting) >= settings.POSTING_QUEUE:
                raise Unavailable("Too many requests are waiting. Nothing was changed.")
            self._waiting.append(entry)
            entry.leads = not self._is_led
            self._is_led = True

    def _lead(self) -> None:
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), settings.POSTING_BATCH))]
        try:
            _post_together(batch)
        finally:
            self._hand_over()
            for entry in batch[1:]:
                entry.woken.release()

    def _hand_over(self) -> None:
        """The next batch begins before this one's answers are on their way."""
        with self._lock:
            self._is_led = bool(self._waiting)
            if self._is_led:
                self._waiting[0].leads = True
                self._waiting[0].woken.release()


_group = _Group()


def _post_together(batch: Sequence[_Entry]) -> None:
    if len(batch) == 1:
        batch[0].outcome = _post_alone(batch[0].command, batch[0].render)
        return
    renderers = {entry.command.id: entry.render for entry in batch}

    def render(result: Result) -> journal.Reply:
        return renderers[result.command.id](result)

    try:
        outcomes = journal.post(
            [entry.command for entry in batch], render=render, lock_milliseconds=GROUP_LOCK_MILLISECONDS
        )
    except OutcomeUnknown:
        for entry in batch:
            entry.is_unknown = True
    except Exception as error:  # noqa: BLE001 - whoever is to blame hears of it when each posts for itself
        logger.warning("group_fell_apart", size=len(batch), error=type(error).__name__)
    else:
        for entry, outcome in zip(batch, outcomes, strict=True):
            entry.outcome = outcome


def _post_alone(command: Movement, render: Renderer) -> Outcome:
    (outcome,) = journal.post([command], render=render)
    return outcome
