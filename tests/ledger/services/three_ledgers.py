"""The same ledger three times: as plain arithmetic, as the pure core, and as it is in Postgres.

All three take the same commands and give the same answers; the first two know keys and units (all or none) from
one plain description of them, and only differ in who decides.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.commands import AnyCommand, OpenAccounts, SetAccountStatus, Transfer
from ledger.core.machine import Decision, decide, evolve
from ledger.core.state import State
from ledger.selectors.accounts import read_accounts
from ledger.selectors.balances import system_balances
from ledger.services import journal
from ledger.services.claims import Reply
from ledger.services.journal import Outcome, Result


class Answer(NamedTuple):
    """What a caller learns: `what` is accepted, refused, replayed, reused or blocked; `reply` is what was kept."""

    what: str
    reply: str = ""


class Figures(NamedTuple):
    """An account, as far as anybody can see. System accounts count nothing."""

    balance: Decimal
    status: str
    seq: int
    version: int


BEFORE_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def reply_to(command: AnyCommand, code: str | None) -> str:
    return f"{code or 'done'} {command.id}"


class InMemory(ABC):
    """Keys and units, described."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[bytes, str | None, str]] = {}

    def post(self, commands: Sequence[AnyCommand], *, all_or_none: bool) -> list[Answer]:
        if not all_or_none:
            return [self._post_one(command) for command in commands]
        before = deepcopy(self.state()), dict(self.kept)
        no = self._known_no(commands)
        if no is None:
            answers = []
            for index, command in enumerate(commands):
                answers.append(self._post_one(command))
                if answers[-1].what == "refused":
                    no = index, answers[-1]
                    kept = self.kept[_key(command)]
                    self.restore(before[0])
                    self.kept = {**before[1], _key(command): kept}
                    break
            else:
                return answers
        stopper, answer = no
        return [answer if index == stopper else Answer("blocked", str(stopper)) for index in range(len(commands))]

    def _known_no(self, commands: Sequence[AnyCommand]) -> tuple[int, Answer] | None:
        """The first command whose key already stands for a no."""
        seen = {key: (hash, code) for key, (hash, code, _) in self.kept.items()}
        for index, command in enumerate(commands):
            hash, code = seen.setdefault(_key(command), (command.claim.request_hash, None))
            if hash != command.claim.request_hash or code:
                return index, self._post_one(command) if _key(command) in self.kept else Answer("reused")
        return None

    def _post_one(self, command: AnyCommand) -> Answer:
        if _key(command) in self.kept:
            hash, _, reply = self.kept[_key(command)]
            return Answer("replayed", reply) if hash == command.claim.request_hash else Answer("reused")
        code = self.decide(command)
        reply = reply_to(command, code)
        self.kept[_key(command)] = command.claim.request_hash, code, reply
        return Answer("refused" if code else "accepted", reply)

    @abstractmethod
    def decide(self, command: AnyCommand) -> str | None:
        """Decide, change the state accordingly, and return the code of a refusal."""

    @abstractmethod
    def state(self) -> Any: ...

    @abstractmethod
    def restore(self, state: Any) -> None: ...

    @abstractmethod
    def figures(self) -> dict[UUID, Figures]: ...


def _key(command: AnyCommand) -> tuple[str, str]:
    return command.claim.scope, command.claim.key


class Core(InMemory):
    """Decided by the machine, kept in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = State()
        self.decisions: dict[UUID, Decision] = {}
        self.now = BEFORE_TIME

    def decide(self, command: AnyCommand) -> str | None:
        decision = self.decisions[command.id] = decide(self.machine, command, self.now)
        for event in decision.events:
            self.machine.absorb(evolve(self.machine, event))
        return decision.refusal.code.value if decision.refusal else None

    def state(self) -> State:
        return self.machine

    def restore(self, state: State) -> None:
        self.machine = state

    def figures(self) -> dict[UUID, Figures]:
        return {id: _figures_of(account) for id, account in self.machine.accounts.items()}


def _figures_of(account: Account) -> Figures:
    return Figures(account.balance, account.status.value, account.seq, account.version)


@dataclass(slots=True)
class Purse:
    asset: str
    is_system: bool
    balance: Decimal = Decimal(0)
    status: str = "ACTIVE"
    seq: int = 0
    version: int = 1


class Model(InMemory):
    """Written from the documents (docs/interface.md, C4, design.md §2), without a look at the machine."""

    ORDER = (
        "transfer.same_wallet",
        "wallet.already_exists",
        "wallet.invalid_transition",
        "wallet.not_empty",
        "wallet.closed",
        "wallet.frozen",
        "wallet.suspended",
        "currency.mismatch",
        "funds.insufficient",
        "limit.exceeded",
        "precondition.failed",
    )
    TOO_MUCH = Decimal(10) ** 20

    def __init__(self) -> None:
        super().__init__()
        self.purses: dict[UUID, Purse] = {}

    def decide(self, command: AnyCommand) -> str | None:
        match command:
            case OpenAccounts():
                return self._open(command)
            case SetAccountStatus():
                return self._set_status(command)
            case Transfer():
                return self._move(command)
            case _:
                raise NotImplementedError(command)

    def _open(self, command: OpenAccounts) -> str | None:
        if any(account.id in self.purses for account in command.accounts):
            return "wallet.already_exists"
        self.purses |= {a.id: Purse(a.asset, a.min_balance is None) for a in command.accounts}
        return None

    def _set_status(self, command: SetAccountStatus) -> str | None:
        purses = [self.purses[id] for id in command.account_ids]
        wished, present = command.status.value, purses[0].status
        if wished == present:
            return None
        if present == "CLOSED":
            return "wallet.invalid_transition"
        if wished == "CLOSED" and any(purse.balance for purse in purses):
            return "wallet.not_empty"
        for purse in purses:
            purse.status = wished
            purse.version += 1
        return None

    def _move(self, command: Transfer) -> str | None:
        faults = set(self._faults(command))
        if faults:
            return min(faults, key=self.ORDER.index)
        for leg in command.legs:
            purse = self.purses[leg.account_id]
            purse.balance += leg.amount
            purse.seq += not purse.is_system
            purse.version += not purse.is_system
        return None

    def _faults(self, command: Transfer) -> Iterator[str]:
        if len({leg.account_id for leg in command.legs}) < len(command.legs):
            yield "transfer.same_wallet"
            return
        for leg in command.legs:
            purse, after = self.purses[leg.account_id], self.purses[leg.account_id].balance + leg.amount
            if purse.status in ("FROZEN", "CLOSED") or (purse.status == "SUSPENDED" and leg.amount < 0):
                yield f"wallet.{purse.status.lower()}"
            if purse.asset != leg.asset:
                yield "currency.mismatch"
            elif not purse.is_system and leg.amount < 0 and after < 0:
                yield "funds.insufficient"
            elif not purse.is_system and leg.amount > 0 and after >= self.TOO_MUCH:
                yield "limit.exceeded"
        if command.conditions is not None:
            wished, purse = command.conditions, self.purses[command.conditions.account_id]
            if wished.version not in (None, purse.version) or purse.balance < (wished.available_gte or 0):
                yield "precondition.failed"

    def state(self) -> dict[UUID, Any]:
        return self.purses

    def restore(self, state: dict[UUID, Any]) -> None:
        self.purses = state

    def figures(self) -> dict[UUID, Figures]:
        return {id: Figures(p.balance, p.status, p.seq, p.version) for id, p in self.purses.items()}


class Postgres:
    """The real one."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def post(self, commands: Sequence[AnyCommand], *, all_or_none: bool) -> list[Answer]:
        outcomes = journal.post(commands, render=_render, all_or_none=all_or_none)
        self.results = [outcome.result for outcome in outcomes if outcome.result]
        return [_answer(outcome) for outcome in outcomes]

    def figures(self, ids: Iterable[UUID]) -> dict[UUID, Figures]:
        accounts, _ = read_accounts(ids)
        exact = system_balances([id for id, account in accounts.items() if account.is_system])
        return {
            id: _figures_of(replace(account, balance=exact.get(id, account.balance)))
            for id, account in accounts.items()
        }


def _render(result: Result) -> Reply:
    code = result.refusal.code.value if result.refusal else None
    return Reply(422 if code else 201, reply_to(result.command, code))


def _answer(outcome: Outcome) -> Answer:
    if outcome.blocked_by is not None:
        return Answer("blocked", str(outcome.blocked_by))
    if outcome.key_reused:
        return Answer("reused")
    if outcome.replayed:
        return Answer("replayed", outcome.reply.body)
    assert outcome.result is not None
    return Answer("refused" if outcome.result.refusal else "accepted", outcome.reply.body)
