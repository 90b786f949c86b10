"""The same random script through arithmetic, the pure core and Postgres, compared after every step.

A short, repeatable run by default; `HYPOTHESIS_PROFILE=thorough` makes it long and different every time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ledger.core.commands import AnyCommand, Capture, HoldCommand, OpenAccounts, Reserve, Undo
from ledger.core.events import EventType
from ledger.core.refusals import RefusalCode
from ledger.core.stages import REPORTED
from ledger.ids import new_event_id, new_id
from ledger.services import journal
from ledger.services.accounts import missing_openings
from ledger.services.allowances import COUNT, allowance_openings
from ledger.services.folding import fold_system_accounts
from ledger.services.holds import expire
from ledger.services.journal import Result
from ledger.services.movements import AccountStatus, Side, Transfer, Wish
from tests.ledger.books import Books, assert_sound, row_counts, status_change, stored_hold
from tests.ledger.envelopes import unevaluable
from tests.ledger.services.model import Model
from tests.ledger.services.rulebook import Rulebook
from tests.ledger.services.three_ledgers import Answer, Core, Postgres

IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
PROFILE = settings(
    max_examples=500 if IS_THOROUGH else 30,
    stateful_step_count=60 if IS_THOROUGH else 20,
    derandomize=not IS_THOROUGH,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)

KINDS = (
    *("deposit", "payment", "transfer", "transfer", "fee", "wish", "status", "status", "again", "new", "open"),
    *("reserve", "reserve", "reserve", "capture", "capture", "capture", "release", "extend", "expire", "advance"),
    *("refund", "refund", "reverse", "floor"),
)
HOLD_KINDS = ("capture", "release", "extend", "expire", "advance")
VERY_MUCH = "60000000000000000000"
"""Two of it are more than an account may hold. The system's own accounts cannot fold more either."""
SOON = timedelta(milliseconds=1)
AMOUNTS = ("0.0001", "1", "2.5", "10", "99.99", "100", VERY_MUCH)


class Step(NamedTuple):
    """One command to be made; numbers choose among what there is when it is made."""

    kind: str
    one: int
    other: int
    amount: str
    key: str | None
    status: AccountStatus


NUMBERS = st.integers(0, 30)
STEPS = st.builds(
    Step,
    kind=st.sampled_from(KINDS),
    one=NUMBERS,
    other=NUMBERS,
    amount=st.sampled_from(AMOUNTS),
    key=st.sampled_from([None, None, None, None, "k1", "k2"]),
    status=st.sampled_from([*AccountStatus, AccountStatus.CLOSED]),
)


class ThreeLedgers(RuleBasedStateMachine):
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.dollars = Books(self.books.company_id, "USD")
        self.model, self.core, self.postgres = Model(), Core(), Postgres()
        self.sent: list[AnyCommand] = []
        self.wallets: list[Side] = []
        self.rulebook = Rulebook(self.books.company_id)
        other_source = Books(self.books.company_id, purpose="OTHER_FUNDING")
        systems = (*self.books.system_accounts, self.dollars.funding, other_source.funding)
        ensure = allowance_openings(self.books.company_id, ["EUR", COUNT])
        wallets = [Side(new_id(), currency) for currency in ("EUR", "EUR", "EUR", "USD")]
        self.send([*missing_openings(systems), *ensure, *map(self.books.opening, wallets)])
        self.send([self.books.deposit(wallets[0], "100")])
        self.send([self.books.deposit(wallets[1], VERY_MUCH), other_source.deposit(wallets[2], VERY_MUCH)])
        self.send(self.rulebook.openings())
        one, other, third, _ = wallets
        both = self.rulebook.budgets[0].allowance(), self.rulebook.limit.allowance()
        paid = self.books.transfer_with_fee(one, other, "9", "1")
        self.send([self.books.reserve(one, "10", expires_in=SOON), self.books.reserve(one, "20", destination=third)])
        self.send([self.books.reserve(third, "30", allowances=both), paid])
        # Rare in a short run: more than the budget allows, more than the limit, a rule that is silent, more than paid.
        self.send([self.books.reserve(other, "130", allowances=both), self.books.reserve(other, "70", allowances=both)])
        self.send([self.books.payment(other, "1", allowances=(unevaluable(),))])
        self.spend_over_two_windows(other)
        dead = Side(new_id(), "EUR")
        self.send([self.books.opening(dead), *(status_change(dead, AccountStatus[s]) for s in ("CLOSED", "ACTIVE"))])
        self.send([self.books.refund(paid.document.id, "9.01")])

    def spend_over_two_windows(self, wallet: Side) -> None:
        """Given back in the window of the limit, after it, and through another period of the budget."""
        here, there, _ = (period.id for period in self.rulebook.budgets)
        paid = [self.books.payment(wallet, "12", allowances=self.rulebook.over(9)) for _ in range(2)]
        self.send([*paid])
        self.send([self.books.reverse(paid[0].document.id)])
        self.rulebook.go_on()
        self.send([self.books.payment(wallet, "3", allowances=self.rulebook.over(9))])
        self.send([self.books.refund(paid[1].document.id, "5", redirected={here: there})])

    @rule(
        steps=st.lists(STEPS, min_size=1, max_size=8),
        all_or_none=st.sampled_from([False, False, True]),
        meanwhile=st.sampled_from(["nothing", "nothing", "fold", "rehearse", "allot", "allot", "next window"]),
        allotment=st.tuples(NUMBERS, NUMBERS, st.sampled_from(["-60", "-0.5", "1", "40"]), st.booleans()),
    )
    def post(self, steps: list[Step], all_or_none: bool, meanwhile: str, allotment: tuple[int, int, str, bool]) -> None:
        if meanwhile == "allot":
            self.allot(*allotment)
        if meanwhile == "next window":
            self.rulebook.go_on()
        commands = self.without_both([self.command(step) for step in steps])
        if meanwhile == "rehearse":
            before = row_counts()
            journal.rehearse(commands)
            assert row_counts() == before
        if meanwhile == "fold":
            fold_system_accounts()
        self.send(commands, all_or_none=all_or_none)

    def allot(self, one: int, other: int, amount: str, must_be_left: bool) -> None:
        """A use case of its own, as it is: whoever is refused has not used the number."""
        command = self.rulebook.allotment(one, other, amount, must_be_left)
        self.send([command])
        if self.core.decisions[command.id].refusal is not None:
            self.rulebook.take_back(command)

    def without_both(self, commands: list[AnyCommand]) -> list[AnyCommand]:
        """A batch settles a hold or undoes its document, not both."""
        held = self.core.machine.holds
        settled = {held[command.hold_id].transaction_id for command in commands if isinstance(command, HoldCommand)}
        return [c for c in commands if not (isinstance(c, Undo) and c.original_id in settled)]

    def command(self, step: Step) -> AnyCommand:
        one, other = (self.wallets[number % len(self.wallets)] for number in (step.one, step.other))
        match step.kind:
            case "again":
                return self.again(step)
            case "reserve":
                return self.reserve(step, one, other)
            case "refund":
                redirected = self.rulebook.redirected(step.other)
                return self.books.refund(self.document(step), step.amount, step.key, redirected=redirected)
            case "reverse":
                redirected = self.rulebook.redirected(step.other)
                return self.books.reverse(self.document(step), step.key, redirected=redirected)
            case "floor":
                return self.rulebook.floor(step.one, step.other)
            case kind if kind in HOLD_KINDS and self.core.machine.holds:
                return self.step(step, other)
            case "status" | "new" | "open":
                return self.life(step, one)
            case _:
                return self.movement(step, one, other)

    def movement(self, step: Step, one: Side, other: Side) -> AnyCommand:
        match step.kind:
            case "deposit":
                return self.books.deposit(one, "5" if step.amount == VERY_MUCH else step.amount, step.key)
            case "payment":
                return self.books.payment(one, step.amount, step.key, allowances=self.rulebook.over(step.other))
            case "fee" if one != other:
                rules = self.rulebook.over(step.one + step.other)
                return self.books.transfer_with_fee(one, other, step.amount, "0.5", step.key, allowances=rules)
            case "wish":
                return self.books.transfer(one, other, step.amount, step.key, Wish(version=step.other % 5))
            case _:
                return self.books.transfer(one, other, step.amount, step.key)

    def life(self, step: Step, one: Side) -> AnyCommand:
        match step.kind:
            case "status":
                return status_change(one, step.status)
            case "new":
                return self.books.opening(Side(new_id(), ("EUR", "USD")[step.other % 2]))
            case _:
                return with_new_key(self.books.opening(one))

    def again(self, step: Step) -> AnyCommand:
        """What was sent before. A step or an undoing that left no answer would be made anew by whoever sends it."""
        command = self.sent[step.one % len(self.sent)]
        known = (command.claim.scope, command.claim.key) in self.core.kept
        if isinstance(command, HoldCommand | Undo) and not known:
            return self.books.deposit(self.wallets[0], "1")
        return sent_again(command)

    def reserve(self, step: Step, one: Side, other: Side) -> AnyCommand:
        return self.books.reserve(
            one,
            step.amount,
            step.key,
            destination=other if step.other % 3 else None,
            expires_in=SOON if step.one % 3 == 2 else timedelta(hours=1),
            allowances=self.rulebook.over(step.one + 3 * step.other),
        )

    def step(self, step: Step, other: Side) -> AnyCommand:
        holds = list(self.core.machine.holds)
        hold = stored_hold(holds[-1 - step.one % min(len(holds), 6)])
        match step.kind:
            case "capture":
                amount = None if step.amount == "1" else step.amount
                destination = other if step.other % 2 else None
                return self.books.capture(hold, amount, step.key, final=step.other % 3 == 0, destination=destination)
            case "release":
                return self.books.release(hold, step.key)
            case "extend":
                return self.books.extend(hold, timedelta(milliseconds=step.other * 1000 + 1), step.key)
            case "advance":
                return self.books.advance(hold, REPORTED[step.other % len(REPORTED)], step.key)
            case _:
                return expire(hold)

    def document(self, step: Step) -> UUID:
        """One of the latest documents."""
        documents = list(self.core.histories)
        return documents[-1 - step.one % min(len(documents), 12)]

    def send(self, commands: list[AnyCommand], *, all_or_none: bool = False) -> None:
        self.sent += commands
        real = self.postgres.post(commands, all_or_none=all_or_none)
        now = next((result.recorded_at for result in self.postgres.results), self.core.now)
        self.core.now = self.model.now = now
        assert real == self.core.post(commands, all_or_none=all_or_none)
        assert real == self.model.post(commands, all_or_none=all_or_none)
        for result in self.postgres.results:
            assert result.decision == self.core.decisions[result.command.id]
        self.wallets += opened(commands, real)
        self.seen.update(answer.what for answer in real)
        self.seen.update(answer.reply.split()[0] for answer in real if answer.what == "refused")
        self.seen.update(happening for result in self.postgres.results for happening in happenings(result))

    @invariant()
    def figures_agree(self) -> None:
        figures = self.core.figures()
        assert self.model.figures() == figures
        assert self.postgres.figures(figures) == figures


def happenings(result: Result) -> Iterator[str]:
    """What a short run has to have come by: every type of event, and what only some of them do."""
    for event in result.decision.events:
        yield event.type
        spent = [(result.after[p.account_id], p.amount) for p in event.postings]
        limits = [amount for account, amount in spent if (account.owner_type, account.bucket) == ("LIMIT", "SPENT")]
        if event.type is EventType.ALLOWANCE_TURNED and event.postings:
            yield "a limit that was used was turned"
        if isinstance(result.command, Undo) and limits:
            yield "a limit got something back"
        if isinstance(result.command, Undo) and {a.id for a, _ in spent} & set(result.command.redirected.values()):
            yield "another period got something back"
        if isinstance(result.command, Capture) and limits:
            yield "a limit was captured from"


HAPPENINGS = {
    "a limit that was used was turned",
    "a limit got something back",
    "another period got something back",
    "a limit was captured from",
}


def opened(commands: list[AnyCommand], answers: list[Answer]) -> list[Side]:
    """The wallets that now exist."""
    accepted = [command for command, answer in zip(commands, answers, strict=True) if answer.what == "accepted"]
    headlines = [command.accounts[0] for command in accepted if isinstance(command, OpenAccounts)]
    return [Side(account.owner_id, account.asset) for account in headlines if account.is_headline]


def with_new_key(command: AnyCommand) -> AnyCommand:
    return replace(command, claim=replace(command.claim, key=str(new_id())))


def sent_again(command: AnyCommand) -> AnyCommand:
    """The same request, as a client sends it again: the key is the same, the ids that we choose are others."""
    again = replace(command, id=new_id(), event_id=new_event_id())
    if isinstance(again, Transfer | Reserve | Undo):
        again = replace(again, document=replace(again.document, id=new_id()))
    return replace(again, hold_id=new_id()) if isinstance(again, Reserve) else again


@pytest.mark.timeout(3600 if IS_THOROUGH else 300)
@pytest.mark.usefixtures("committed_db")
def test_arithmetic_core_and_postgres_agree() -> None:
    ThreeLedgers.seen.clear()
    run_state_machine_as_test(ThreeLedgers, settings=PROFILE)
    assert_sound()
    answers = {"accepted", "refused", "replayed", "reused", "blocked"}
    assert ThreeLedgers.seen.keys() >= answers | set(RefusalCode) | set(EventType) | HAPPENINGS
