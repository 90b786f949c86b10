"""The one way to write the ledger (docs/architecture.md).

    post(commands)      in a transaction of its own, retried when the database asks for it
    record(commands)    inside the transaction of a use case that writes documents too
    rehearse(commands)  the same code path, then undone: what would happen

Each call claims the commands' keys, locks the accounts, reads them anew, lets the machine decide in order, and
writes everything with one statement, or two. The number of statements does not depend on the number of commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import stamina
from django.db import OperationalError, connection
from django.db.transaction import atomic

from ledger.core.commands import AnyCommand, Claim, HoldCommand, Reserve, Undo
from ledger.core.machine import decide, evolve
from ledger.core.state import Hold, Original, State
from ledger.errors import CONNECTION_LOST, Busy, IdempotencyKeyReused, OutcomeUnknown
from ledger.locks import wait_at_most
from ledger.services import claims
from ledger.services.claims import NO_REPLY, Reply
from ledger.services.closings import require_open
from ledger.services.results import Result
from ledger.services.state import accounts_of, lock_and_read
from ledger.services.writing import Batch

__all__ = ["Outcome", "Renderer", "Reply", "Result", "no_reply", "post", "record", "rehearse", "use_case"]

_TRANSIENT = {"40P01", "40001"}  # deadlock, serialization failure: the whole transaction may run again


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a caller of `post` gets per command.

    Attributes:
        reply: what to answer; the stored one when `replayed`.
        result: the decision; None when an earlier one is replayed or `key_reused`.
        key_reused: the key belongs to another request; nothing happened.
        blocked_by: in an all-or-none unit, the index of the command whose refusal undid this one.
    """

    reply: Reply
    result: Result | None = None
    replayed: bool = False
    key_reused: bool = False
    blocked_by: int | None = None

    def raise_if_reused(self) -> None:
        if self.key_reused:
            raise IdempotencyKeyReused


Renderer = Callable[[Result], Reply]
"""Turns a decision into the reply that is stored with it. Runs under the lock: pure and quick, no queries."""


def no_reply(result: Result) -> Reply:
    """For callers that answer nobody."""
    return NO_REPLY


def post(
    commands: Sequence[AnyCommand],
    *,
    render: Renderer = no_reply,
    all_or_none: bool = False,
    lock_milliseconds: int | None = None,
) -> list[Outcome]:
    """Decide and write commands in one database transaction of their own.

    Args:
        commands: in the order in which they shall be decided.
        render: makes the reply that is kept with each outcome.
        all_or_none: one refusal undoes all; only the refused command is remembered.
        lock_milliseconds: how long to wait for a row or a key; None = `lock_timeout`.

    Returns:
        One outcome per command, in order. Refusals never harm their neighbours unless `all_or_none`.

    Raises:
        Busy: a row or a key is held by somebody else for longer than `lock_timeout`.
        OutcomeUnknown: the connection broke around COMMIT; call again with the same keys.
        OperationalError: other failures of the database; nothing was written.
    """
    for attempt in stamina.retry_context(on=_is_transient, attempts=3, wait_initial=0.01, wait_max=0.1):
        with attempt, use_case(durable=True):
            if lock_milliseconds is not None:
                wait_at_most(lock_milliseconds)
            return record(commands, render=render, all_or_none=all_or_none)
    raise AssertionError("retry_context returns or raises")


def record(commands: Sequence[AnyCommand], *, render: Renderer = no_reply, all_or_none: bool = False) -> list[Outcome]:
    """`post` inside the caller's open transaction. The caller has taken all its other locks before."""
    assert connection.in_atomic_block, "record() is a part of a use case's transaction"
    if not all_or_none:
        return _record(commands, render)
    try:
        with atomic():
            return _record(commands, render, stop_at_refusal=True)
    except _UnitRefused as unit:
        if unit.result is not None:
            _remember_refusal(unit.result, unit.outcome.reply)
        blocked = Outcome(NO_REPLY, blocked_by=unit.index)
        return [unit.outcome if i == unit.index else blocked for i in range(len(commands))]


@contextmanager
def use_case(*, durable: bool = False) -> Iterator[None]:
    """The database transaction of a use case that calls `record`; what goes wrong at its end is told for what it is.

    Args:
        durable: insist on being the outermost transaction.

    Raises:
        OutcomeUnknown: the connection broke around COMMIT, so nobody knows.
        Busy: somebody else held a row for longer than `lock_timeout`.
    """
    committing = False
    try:
        with atomic(durable=durable):
            yield
            committing = True
    except OperationalError as error:
        state = _sqlstate(error)
        if committing and state in CONNECTION_LOST:
            raise OutcomeUnknown("The answer to COMMIT was lost. Ask again with the same key.") from error
        if state == claims.LOCK_NOT_AVAILABLE:
            raise Busy("Somebody else is changing this just now. Try again.") from error
        raise


def rehearse(commands: Sequence[AnyCommand]) -> list[Result]:
    """Run commands through the same path and undo it all (docs/interface.md). Their keys are neither asked nor used."""
    rehearsed = [
        replace(command, claim=Claim(scope="rehearsal", key=str(command.id), request_hash=b"")) for command in commands
    ]
    try:
        with atomic():
            outcomes = _record(rehearsed, no_reply)
            raise _Undo
    except _Undo:
        return [outcome.result for outcome in outcomes if outcome.result is not None]


class _Undo(Exception):
    """Rolls a rehearsal back."""


class _UnitRefused(Exception):
    """Rolls an all-or-none unit back. `result` is None when the refusal is an earlier one."""

    def __init__(self, index: int, outcome: Outcome) -> None:
        super().__init__(index)
        self.index = index
        self.outcome = outcome
        self.result = outcome.result


def _record(commands: Sequence[AnyCommand], render: Renderer, *, stop_at_refusal: bool = False) -> list[Outcome]:
    known = claims.claim(commands)
    if stop_at_refusal:
        _stop_at_earlier_refusal(commands, known)
    fresh = [command for command in commands if command.id not in known]
    outcomes: dict[UUID, Outcome] = {}
    if fresh:
        require_open(fresh)
        state, now = lock_and_read(fresh)
        batch = Batch(now)
        for result in _decide_all(fresh, state, now):
            outcome = Outcome(render(result), result)
            if stop_at_refusal and result.refusal:
                raise _UnitRefused(commands.index(result.command), outcome)
            batch.add(result, outcome.reply)
            outcomes[result.command.id] = outcome
        batch.write()
    for command_id, earlier in known.items():
        outcomes[command_id] = _earlier_outcome(earlier, outcomes)
    return [outcomes[command.id] for command in commands]


def _stop_at_earlier_refusal(commands: Sequence[AnyCommand], known: Mapping[UUID, claims.Earlier]) -> None:
    for index, command in enumerate(commands):
        earlier = known.get(command.id)
        if earlier is not None and (earlier.refused or not earlier.same_request):
            raise _UnitRefused(index, _earlier_outcome(earlier, {}))


def _earlier_outcome(earlier: claims.Earlier, outcomes: Mapping[UUID, Outcome]) -> Outcome:
    if not earlier.same_request:
        return Outcome(NO_REPLY, key_reused=True)
    twin = outcomes.get(earlier.command_id)  # the same key twice in one call
    return Outcome(twin.reply if twin else earlier.reply, replayed=True)


def _remember_refusal(result: Result, reply: Reply) -> None:
    """An all-or-none unit was undone: keep the refusal under the key of the command that caused it."""
    if claims.claim([result.command]):
        return  # somebody else used the key meanwhile; theirs stands
    if isinstance(result.command, HoldCommand):
        # Its event would follow steps of the unit that have been undone, and the hold is no longer locked.
        result = replace(result, decision=replace(result.decision, events=()), hold=None)
    batch = Batch(result.recorded_at)
    batch.add(result, reply)
    batch.write()


def _decide_all(commands: Sequence[AnyCommand], state: State, now: datetime) -> list[Result]:
    results = []
    for command in commands:
        ids = accounts_of(command)
        before = {id: state.accounts[id] for id in ids if id in state.accounts}
        decision = decide(state, command, now)
        for event in decision.events:
            state.absorb(evolve(state, event))
        after = {id: state.accounts[id] for id in ids if id in state.accounts}
        results.append(Result(command, decision, before, after, now, *_documents_of(command, state)))
    return results


def _documents_of(command: AnyCommand, state: State) -> tuple[Hold | None, Original | None]:
    match command:
        case Reserve() | HoldCommand():
            return state.holds.get(command.hold_id), None
        case Undo():
            return None, state.originals[command.original_id]
        case _:
            return None, None


def _is_transient(error: Exception) -> bool:
    return isinstance(error, OperationalError) and _sqlstate(error) in _TRANSIENT


def _sqlstate(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
