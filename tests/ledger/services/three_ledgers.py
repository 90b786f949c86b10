"""The same ledger three times: as plain arithmetic, as the pure core, and as it is in Postgres.

All three take the same commands and give the same answers; the first two know keys and units (all or none) from
one plain description of them, and only differ in who decides.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.commands import AnyCommand, HoldCommand, Undo
from ledger.core.events import Event, EventType, Stream
from ledger.core.machine import Decision, decide, evolve
from ledger.core.state import Hold, Original, State
from ledger.models import Transaction
from ledger.selectors.accounts import read_accounts
from ledger.selectors.balances import system_balances
from ledger.selectors.holds import read_holds
from ledger.selectors.originals import Moved
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
    floor: Decimal | None
    window_starts_at: datetime | None


class Paper(NamedTuple):
    """A document, as far as anybody can see."""

    state: str
    amount: Decimal
    refunded: Decimal
    version: int
    destination: UUID | None


class Held(NamedTuple):
    """A hold, as far as anybody can see."""

    status: str
    amount: Decimal
    captured: Decimal
    released: Decimal
    expires_at: datetime
    destination: UUID | None


class Everything(NamedTuple):
    accounts: dict[UUID, Figures]
    papers: dict[UUID, Paper]
    holds: dict[UUID, Held]


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
                    self.keep_refused(command)
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
    def keep_refused(self, command: AnyCommand) -> None:
        """Keep the failed document of a command that undid its unit, if it has one of its own."""

    @abstractmethod
    def figures(self) -> Everything: ...


def _key(command: AnyCommand) -> tuple[str, str]:
    return command.claim.scope, command.claim.key


class Core(InMemory):
    """Decided by the machine, kept in dictionaries; documents are folded from their events."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = State()
        self.histories: dict[UUID, list[Event]] = {}
        self.decisions: dict[UUID, Decision] = {}
        self.now = BEFORE_TIME

    def decide(self, command: AnyCommand) -> str | None:
        if isinstance(command, Undo):
            self.machine.originals[command.original_id] = original_of(self.histories[command.original_id])
        if isinstance(command, HoldCommand):
            hold = self.machine.holds[command.hold_id]
            events = len(self.histories[hold.transaction_id])  # also those of refunds
            self.machine.holds[hold.id] = replace(hold, seq=events)
        decision = self.decisions[command.id] = decide(self.machine, command, self.now)
        self._take_in(decision.events)
        return decision.refusal.code.value if decision.refusal else None

    def _take_in(self, events: Iterable[Event]) -> None:
        for event in events:
            self.machine.absorb(evolve(self.machine, event))
            if event.stream is Stream.TRANSACTION:
                self.histories.setdefault(event.stream_id, []).append(event)

    def state(self) -> Any:
        return self.machine, self.histories

    def restore(self, state: Any) -> None:
        self.machine, self.histories = state

    def keep_refused(self, command: AnyCommand) -> None:
        if not isinstance(command, HoldCommand):
            self._take_in(self.decisions[command.id].events)

    def figures(self) -> Everything:
        return Everything(
            {id: _figures_of(account) for id, account in self.machine.accounts.items()},
            {id: _paper(history) for id, history in self.histories.items()},
            {id: held(hold) for id, hold in self.machine.holds.items()},
        )


def _paper(history: list[Event]) -> Paper:
    original = original_of(history)
    told = [event.data["destination_wallet_id"] for event in history if "destination_wallet_id" in event.data]
    destination = UUID(told[-1]) if told[-1] else None
    return Paper(original.state, original.amount, original.refunded, original.seq, destination)


def original_of(history: list[Event]) -> Original:
    """A document as its events tell it, with all that they moved."""
    state, amount, refunded = "", Decimal(history[0].data["amount"]), Decimal(0)
    net: dict[UUID, Decimal] = {}
    moved: dict[UUID, Moved] = {}
    for event in history:
        data = event.data
        if event.type is not EventType.RESERVATION_REFUSED:
            state = data.get("state", "FAILED" if event.type is EventType.TRANSACTION_FAILED else "COMPLETED")
        refunded = Decimal(data.get("refunded_amount", refunded))
        if data.get("status", "ACTIVE") != "ACTIVE" and Decimal(data["captured_amount"]):
            amount = Decimal(data["captured_amount"])
        for posting in sorted(event.postings, key=lambda posting: posting.account_id):
            net[posting.account_id] = net.get(posting.account_id, Decimal(0)) + posting.amount
            moved[posting.account_id] = (*moved.get(posting.account_id, ()), (event.recorded_at, posting.amount))
    return Original(
        id=history[0].stream_id,
        type=history[0].data["type"],
        state=state,
        amount=amount,
        refunded=refunded,
        seq=len(history),
        net={id: amount for id, amount in net.items() if amount},
        moved=moved,
    )


def held(hold: Hold) -> Held:
    return Held(
        hold.status.value, hold.amount, hold.captured, hold.released, hold.expires_at, hold.destination_wallet_id
    )


def _figures_of(account: Account) -> Figures:
    counted = account.status.value, account.seq, account.version
    return Figures(account.balance, *counted, account.min_balance, account.window_starts_at)


class Postgres:
    """The real one."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def post(self, commands: Sequence[AnyCommand], *, all_or_none: bool) -> list[Answer]:
        outcomes = journal.post(commands, render=_render, all_or_none=all_or_none)
        self.results = [outcome.result for outcome in outcomes if outcome.result]
        return [_answer(outcome) for outcome in outcomes]

    def figures(self, known: Everything) -> Everything:
        """What is stored of those accounts, documents and holds."""
        accounts, _ = read_accounts(known.accounts)
        exact = system_balances([id for id, account in accounts.items() if account.is_system])
        papers = Transaction.objects.filter(id__in=known.papers).values_list(
            "id", "state", "amount", "refunded_amount", "version", "destination_wallet_id"
        )
        return Everything(
            {
                id: _figures_of(replace(account, balance=exact.get(id, account.balance)))
                for id, account in accounts.items()
            },
            {row[0]: Paper(*row[1:]) for row in papers},
            {id: held(hold) for id, hold in read_holds(known.holds).items()},
        )


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
