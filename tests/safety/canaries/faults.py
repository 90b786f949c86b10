"""Wrong versions of functions of the service: each as somebody in a hurry might have written it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from django.db.transaction import set_rollback

from ledger.core.accounts import AccountStatus
from ledger.core.commands import Expire, SetAccountStatus, Transfer
from ledger.core.refusals import Gate, GateKind, Refusal
from ledger.core.state import State
from ledger.locks import lock_accounts
from ledger.models import Reservation
from ledger.selectors.accounts import read_accounts
from ledger.selectors.holds import hold_of

Right = Callable[..., Any]
CENT = Decimal("0.01")


def always_pass(right: Right, *arguments: Any, **named: Any) -> Any:
    """A gate that is asked and never minds."""
    return replace(right(*arguments, **named), code=None)


def strictly_more(right: Right, account: Any, leg: Any, floor: Decimal) -> Any:
    """`>` where `>=` is meant: nobody can spend his last cent."""
    return right(account, replace(leg, amount=leg.amount - CENT), floor)


def a_cent_more(right: Right, account: Any, leg: Any, floor: Decimal) -> Any:
    """A cent of credit for everybody."""
    return right(account, leg, floor - CENT)


def with_floats(right: Right, account: Any, leg: Any, id: UUID) -> Any:
    """What is left is reckoned in binary."""
    line = right(account, leg, id)
    if line.balance_after is None:
        return line
    tenth = float(account.balance) * 0.1
    return replace(line, balance_after=Decimal(repr(float(account.balance) + tenth + float(leg.amount) - tenth)))


def no_deadline(right: Right, hold: Any, now: datetime) -> Any:
    """A hold is good until somebody notices that it is not."""
    return right(hold, min(now, hold.expires_at - timedelta(microseconds=1)))


def half_the_time(right: Right, state: State, command: Any, now: datetime) -> Any:
    return right(state, replace(command, expires_in=command.expires_in / 2), now)


def everything_is_due(limit: int) -> list[Any]:
    rows = Reservation.objects.filter(status="ACTIVE").select_related("transaction")
    return [hold_of(row) for row in rows.order_by("expires_at")[:limit]]


def expire_anyway(right: Right, state: State, command: Expire, now: datetime) -> Any:
    hold = state.holds[command.hold_id]
    early = replace(hold, expires_at=min(hold.expires_at, now))
    return right(State(state.accounts, {**state.holds, hold.id: early}, state.originals), command, now)


def not_empty_is_empty(right: Right, accounts: Any, command: SetAccountStatus, now: datetime) -> Any:
    """Closed with money in it."""
    emptied = {id: replace(account, balance=Decimal(0)) for id, account in accounts.items()}
    return right(emptied, command, now)


def thaws(right: Right, account: Any, leg: Any, rules: Any) -> Any:
    """Nobody asks what the status is."""
    return right(replace(account, status=AccountStatus.ACTIVE), leg, rules)


def any_currency(right: Right, account: Any, leg: Any) -> Gate:
    return Gate(GateKind.CURRENCY, account.owner_id, None)


def one_line_short(right: Right, accounts: Any, event_id: UUID, legs: Any) -> Any:
    return right(accounts, event_id, legs)[:-1]


def twice_as_much(right: Right, source: UUID, destination: UUID, details: Any) -> Any:
    return tuple(replace(leg, amount=2 * leg.amount) for leg in right(source, destination, details))


def backwards(right: Right, *arguments: Any) -> Any:
    command = right(*arguments)
    return replace(command, legs=tuple(replace(leg, amount=-leg.amount) for leg in command.legs))


def without_version(right: Right, accounts: Any, postings: Any) -> Any:
    """A payment that only the payer counts."""
    changed = right(accounts, postings)
    paid = {line.account_id for line in postings if line.amount > 0}
    return {id: replace(one, version=accounts[id].version) if id in paid else one for id, one in changed.items()}


def never_told_of_refund(right: Right, command: Any, original: Any, undoing: Any) -> Any:
    event = right(command, original, undoing)
    return replace(event, data={**event.data, "refunded_amount": str(original.refunded)})


def nobody(*_: Any, **__: Any) -> None:
    """Does nothing."""


def nothing(*_: Any, **__: Any) -> tuple[Any, ...]:
    """Finds nothing."""
    return ()


def yes(*_: Any, **__: Any) -> bool:
    return True


def read_before_lock(ids: Iterable[UUID]) -> Any:
    """What is decided on is older than the lock."""
    wanted = list(ids)
    found = read_accounts(wanted)
    lock_accounts(wanted)
    return found


def an_hour_ago(right: Right, ids: Iterable[UUID]) -> Any:
    """The clock of another machine."""
    accounts, now = right(ids)
    return accounts, now - timedelta(hours=1)


def remembers_no_refusal(right: Right, batch: Any, result: Any, reply: Any) -> None:
    refusal = result.refusal
    decision = replace(result.decision, refusal=None) if isinstance(refusal, Refusal) else result.decision
    right(batch, replace(result, decision=decision), reply)


def another_answer(right: Right, batch: Any, result: Any, reply: Any) -> None:
    right(batch, result, replace(reply, body=reply.body + " " if reply.body else ""))


def told_twice(right: Right, result: Any, event: Any) -> list[Any]:
    return [message for message in right(result, event) for _ in range(2)]


def skips_a_number(right: Right, result: Any, event: Any) -> list[Any]:
    return [replace(message, sequence=message.sequence + 1) for message in right(result, event)]


def told_to_payer_only(right: Right, result: Any, event: Any) -> list[Any]:
    return list(right(result, event))[:1]


def commits_nothing() -> Callable[..., Any]:
    """Every fifth transfer is answered and rolled back."""
    calls = count(1)

    def change(right: Right, commands: Sequence[Any], **named: Any) -> Any:
        outcomes = right(commands, **named)
        is_transfer = isinstance(commands[0], Transfer) and commands[0].document.type == "TRANSFER"
        if is_transfer and next(calls) % 5 == 0:
            set_rollback(True)
        return outcomes

    return change


def whole_euros(right: Right, wanted: dict[str, Any], claim: Any) -> Any:
    """Cents are lost on the way in."""
    return right({**wanted, "amount": max(wanted["amount"].quantize(Decimal(1)), Decimal(1))}, claim)


def as_it_was(right: Right, result: Any, wallet_id: UUID) -> Any:
    """What was there before is said to be left."""
    return right(replace(result, after=result.before), wallet_id)


def marks_once_less() -> Callable[..., Any]:
    """What was handed over first is not noted, and so handed over again."""
    calls = count()

    def change(right: Right, deliveries: Sequence[Any]) -> None:
        if next(calls):
            right(deliveries)

    return change


def marks_unsent(right: Right, broker: Any, messages: Sequence[Any], settle: Any) -> None:
    """Every third message is marked and never sent."""
    right(broker, [message for message in messages if message.sequence % 3], settle)
    for message in messages:
        if message.sequence % 3 == 0:
            right(type(broker)(), [message], settle)


def last_first(right: Right, messages: Sequence[Any], deliveries: Sequence[Any]) -> Any:
    return right(list(reversed(messages)), deliveries)


def cached_for_ever() -> Callable[..., Any]:
    """Whoever read a balance once is shown it again."""
    kept: dict[UUID, Any] = {}

    def change(right: Right, caller: Any, wallet_id: UUID) -> Any:
        return kept.setdefault(wallet_id, right(caller, wallet_id))

    return change


def torn(right: Right, caller: Any, wallet_id: UUID) -> Any:
    """The figures of one moment with the version of another."""
    wallet, figures = right(caller, wallet_id)
    return wallet, replace(figures, version=max(figures.version - 1, 1))
