"""What budgets and limits say to a spend: every kind of gate with its figures, and the turn of limits."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import NamedTuple
from uuid import UUID

import pytest

from ledger.core.accounts import Account, Book, Bucket, account_id
from ledger.core.allotments import SetAccountFloor
from ledger.core.allowances import COUNT, Allowance, Ceiling, Envelope, EnvelopeKind, Unevaluable
from ledger.core.commands import Transfer
from ledger.core.events import Event, EventType, Posting, Stream, event_after
from ledger.core.machine import Decision, decide, evolve, evolve_accounts
from ledger.core.refusals import Gate, GateKind, RefusalCode
from ledger.core.state import State
from ledger.money import LOWEST
from tests.ledger.core.cast import ALICE, CLAIM, COMMAND, EARLIER, EVENT, NOW, ORIGIN, leg, transfer, wallet
from tests.ledger.core.hold_cast import (
    ALLOWANCES,
    BERLIN,
    ID,
    LATER,
    accounts,
    reserve,
    world,
)

WEEKLY, DAILY = ALLOWANCES
COUNTED, SINGLE, TEAM = UUID(int=0xC0), UUID(int=0x516), UUID(int=0x7EA)
Code = RefusalCode
PAYEES = accounts()["payees"]


def counting(bucket: Bucket, balance: str) -> Account:
    """One account of a limit of so many payments a day."""
    return Account(
        id=account_id("LIMIT", COUNTED, COUNT, bucket, Book.ALLOWANCE),
        owner_type="LIMIT",
        owner_id=COUNTED,
        book=Book.ALLOWANCE,
        asset=COUNT,
        bucket=bucket,
        balance=Decimal(balance),
        seq=4,
        life_seq=1,
        version=5,
        window_starts_at=EARLIER if bucket is Bucket.AVAILABLE else None,
    )


PAYMENTS_A_DAY = replace(DAILY, rule_id=COUNTED, owner_id=COUNTED, asset=COUNT, name="Payments a day")
NEVER_OPENED = replace(WEEKLY, owner_id=UUID(int=0xDEAD))
IN_DOLLARS = replace(WEEKLY, asset="USD")
AT_MOST_40 = Ceiling(rule_id=SINGLE, name="Single payment", asset="EUR", maximum=Decimal(40))
NO_RATE = Unevaluable(kind=EnvelopeKind.BUDGET, rule_id=TEAM, name="Team budget")
NO_CALENDAR = Unevaluable(kind=EnvelopeKind.LIMIT, rule_id=TEAM, name="Team limit")


def place(
    *,
    alice: str = "100",
    budget: str = "50",
    budget_floor: str | Decimal = "0",
    limit: str = "50",
    limit_floor: str = "0",
    payments: str = "2",
) -> State:
    state = world(alice=alice, budget=budget, limit=limit)
    for name, floor in (("budget", budget_floor), ("limit", limit_floor)):
        state.accounts[ID[name]] = replace(state.accounts[ID[name]], min_balance=Decimal(floor))
    for bucket, balance in ((Bucket.AVAILABLE, payments), (Bucket.RESERVED, "1"), (Bucket.SPENT, "3")):
        account = counting(bucket, balance)
        state.accounts[account.id] = account
    dollars = replace(counting(Bucket.AVAILABLE, "9999"), asset="USD", id=IN_DOLLARS.account(Bucket.AVAILABLE))
    state.accounts[dollars.id] = dollars
    return state


def pay(amount: str, *allowances: Allowance, fee: str = "0") -> Transfer:
    """Alice pays somebody outside, who also gets the fee."""
    total = Decimal(amount) + Decimal(fee)
    legs = leg(wallet(ALICE), str(-total)), leg(PAYEES, str(total))
    return replace(transfer(*legs, amount=amount, fee=fee, destination=None), allowances=allowances)


def posted(event: Event) -> dict[UUID, Decimal]:
    return {posting.account_id: posting.amount for posting in event.postings}


def rule_gates(decision: Decision) -> list[Gate]:
    """The gates of budgets and limits, without what the ledger itself asks of accounts."""
    return [gate for gate in decision.gates if gate.name]


def gate(
    allowance: Envelope, code: Code | None, required: str, available: str, unit: str = "", is_late: bool = False
) -> Gate:
    kind = GateKind.BUDGET if allowance.kind is EnvelopeKind.BUDGET else GateKind.LIMIT
    figures = Decimal(required), Decimal(available)
    return Gate(kind, allowance.rule_id, code, *figures, allowance.name, unit, LATER, BERLIN, is_late)


def silent(kind: GateKind, allowance: Allowance) -> Gate:
    """The gate of a rule that cannot be asked: it has no figures."""
    return Gate(kind, allowance.rule_id, Code.BUDGET_NOT_EVALUABLE, name=allowance.name)


class Row(NamedTuple):
    """A place, a payment and the gates of its rules that must come of it; the code of the answer follows."""

    name: str
    place: State
    command: Transfer
    gates: list[Gate]
    code: RefusalCode | None


TABLE = [
    Row("within a budget", place(), pay("50", WEEKLY), [gate(WEEKLY, None, "50", "50")], None),
    Row("a cent above a budget", place(), pay("50.01", WEEKLY),
        [gate(WEEKLY, Code.BUDGET_EXCEEDED, "50.01", "50")], Code.BUDGET_EXCEEDED),
    Row("within a budget and its buffer", place(budget_floor="-5"), pay("55", WEEKLY),
        [gate(WEEKLY, None, "55", "55")], None),
    Row("a cent above the buffer", place(budget_floor="-5"), pay("55.01", WEEKLY),
        [gate(WEEKLY, Code.BUDGET_EXCEEDED, "55.01", "55")], Code.BUDGET_EXCEEDED),
    Row("a buffer that is partly used", place(budget="-3", budget_floor="-5"), pay("2", WEEKLY),
        [gate(WEEKLY, None, "2", "2")], None),
    Row("lowered below use", place(budget="-12"), pay("0.01", WEEKLY),
        [gate(WEEKLY, Code.BUDGET_EXCEEDED, "0.01", "-12")], Code.BUDGET_EXCEEDED),
    Row("above a budget that only warns", place(budget_floor=LOWEST), pay("90", WEEKLY),
        [gate(WEEKLY, None, "90", "50")], None),
    Row("above a budget that only warns, again", place(budget="-70", budget_floor=LOWEST), pay("90", WEEKLY),
        [gate(WEEKLY, None, "90", "-70")], None),
    Row("the fee counts", place(), pay("49.5", WEEKLY, fee="0.5"), [gate(WEEKLY, None, "50", "50")], None),
    Row("the fee is too much", place(), pay("49.5", WEEKLY, fee="0.51"),
        [gate(WEEKLY, Code.BUDGET_EXCEEDED, "50.01", "50")], Code.BUDGET_EXCEEDED),
    Row("late, in this period", place(), pay("50", replace(WEEKLY, is_late=True)),
        [gate(WEEKLY, None, "50", "50", is_late=True)], None),
    Row("above a limit", place(limit="1.5"), pay("2", DAILY),
        [gate(DAILY, Code.LIMIT_EXCEEDED, "2", "1.5")], Code.LIMIT_EXCEEDED),
    Row("one payment left", place(payments="1"), pay("99", PAYMENTS_A_DAY),
        [gate(PAYMENTS_A_DAY, None, "1", "1", COUNT)], None),
    Row("no payment left", place(payments="0"), pay("0.01", PAYMENTS_A_DAY),
        [gate(PAYMENTS_A_DAY, Code.LIMIT_EXCEEDED, "1", "0", COUNT)], Code.LIMIT_EXCEEDED),
    Row("as much as may be paid at once", place(), pay("40", AT_MOST_40),
        [Gate(GateKind.LIMIT, SINGLE, None, Decimal(40), Decimal(40), "Single payment")], None),
    Row("more than may be paid at once", place(), pay("40", AT_MOST_40, fee="0.01"),
        [Gate(GateKind.LIMIT, SINGLE, Code.LIMIT_EXCEEDED, Decimal("40.01"), Decimal(40), "Single payment")],
        Code.LIMIT_EXCEEDED),
    Row("a budget without a rate", place(), pay("1", NO_RATE), [silent(GateKind.BUDGET, NO_RATE)],
        Code.BUDGET_NOT_EVALUABLE),
    Row("a limit without a calendar", place(), pay("1", NO_CALENDAR), [silent(GateKind.LIMIT, NO_CALENDAR)],
        Code.BUDGET_NOT_EVALUABLE),
    Row("an envelope that was never opened", place(), pay("1", NEVER_OPENED), [silent(GateKind.BUDGET, NEVER_OPENED)],
        Code.BUDGET_NOT_EVALUABLE),
    Row("an envelope in another currency", place(), pay("1", IN_DOLLARS), [silent(GateKind.BUDGET, IN_DOLLARS)],
        Code.BUDGET_NOT_EVALUABLE),
    Row("a ceiling in another currency", place(), pay("1", replace(AT_MOST_40, asset="USD")),
        [silent(GateKind.LIMIT, AT_MOST_40)], Code.BUDGET_NOT_EVALUABLE),
    Row("all at once", place(budget="60", limit="70", payments="0"),
        pay("90", WEEKLY, DAILY, PAYMENTS_A_DAY, AT_MOST_40),
        [gate(WEEKLY, Code.BUDGET_EXCEEDED, "90", "60"), gate(DAILY, Code.LIMIT_EXCEEDED, "90", "70"),
         gate(PAYMENTS_A_DAY, Code.LIMIT_EXCEEDED, "1", "0", COUNT),
         Gate(GateKind.LIMIT, SINGLE, Code.LIMIT_EXCEEDED, Decimal(90), Decimal(40), "Single payment")],
        Code.BUDGET_EXCEEDED),
    Row("what cannot be asked comes before what is exceeded", place(), pay("60", WEEKLY, DAILY, NO_RATE),
        [gate(WEEKLY, Code.BUDGET_EXCEEDED, "60", "50"), gate(DAILY, Code.LIMIT_EXCEEDED, "60", "50"),
         silent(GateKind.BUDGET, NO_RATE)], Code.BUDGET_NOT_EVALUABLE),
    Row("the money comes before all of them", place(alice="59"), pay("60", NO_RATE, WEEKLY),
        [silent(GateKind.BUDGET, NO_RATE), gate(WEEKLY, Code.BUDGET_EXCEEDED, "60", "50")], Code.FUNDS_INSUFFICIENT),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_rule_says_what_is_left_of_it(row: Row) -> None:
    decision = decide(row.place, row.command, NOW)
    assert rule_gates(decision) == row.gates
    assert (decision.refusal and decision.refusal.code) == row.code


@pytest.mark.parametrize("row", [row for row in TABLE if "dollar" not in row.name], ids=lambda row: row.name)
def test_a_hold_meets_the_same_gates(row: Row) -> None:
    document = row.command.document
    decision = decide(row.place, reserve(str(document.total_amount), allowances=row.command.allowances), NOW)
    assert rule_gates(decision) == row.gates
    assert (decision.refusal and decision.refusal.code) == row.code


@pytest.mark.parametrize("row", [row for row in TABLE if row.code], ids=lambda row: row.name)
def test_a_refused_spend_moves_nothing(row: Row) -> None:
    before = deepcopy(row.place)
    (event,) = decide(row.place, row.command, NOW).events
    assert (event.type, event.postings, event.data["code"]) == (EventType.TRANSACTION_FAILED, (), row.code)
    assert evolve(row.place, event) == State()
    assert row.place == before


def test_a_spend_moves_the_money_and_every_envelope_by_one_event() -> None:
    (event,) = decide(place(), pay("20", WEEKLY, AT_MOST_40, DAILY, PAYMENTS_A_DAY, fee="1"), NOW).events
    assert [(posting.account_id, posting.amount) for posting in event.postings] == [
        (ID["alice"], Decimal(-21)), (ID["payees"], Decimal(21)),
        (ID["budget"], Decimal(-21)), (ID["budget spent"], Decimal(21)),
        (ID["limit"], Decimal(-21)), (ID["limit spent"], Decimal(21)),
        (PAYMENTS_A_DAY.account(Bucket.AVAILABLE), Decimal(-1)), (PAYMENTS_A_DAY.account(Bucket.SPENT), Decimal(1)),
    ]  # fmt: skip
    assert [posting.balance_after for posting in event.postings[2:]] == [29, 51, 29, 51, 1, 4]


def test_an_envelope_is_asked_once() -> None:
    with pytest.raises(AssertionError, match="out of an envelope once"):
        decide(place(), pay("30", WEEKLY, replace(WEEKLY, rule_id=TEAM)), NOW)


# The turn of a limit. Its present figures: 50 allowed, 30 reserved, 30 spent since EARLIER.

TODAY = replace(DAILY, starts_at=datetime(2026, 3, 1, tzinfo=UTC))


def test_the_first_spend_of_a_window_turns_the_limit() -> None:
    turned, paid = decide(place(), pay("80", TODAY), NOW).events
    assert (turned.id, turned.type, turned.stream, turned.stream_id, turned.seq) == (
        event_after(EVENT), EventType.ALLOWANCE_TURNED, Stream.ACCOUNTS, ID["limit"], 2,
    )  # fmt: skip
    assert turned.data == {
        "account_ids": [str(ID["limit"]), str(ID["limit spent"])],
        "window_starts_at": "2026-03-01T00:00:00+00:00",
    }
    assert turned.postings == (
        Posting(UUID(int=turned.id.int + 1), ID["limit spent"], Decimal(-30), 5, Decimal(0)),
        Posting(UUID(int=turned.id.int + 2), ID["limit"], Decimal(30), 5, Decimal(80)),
    )
    assert [(p.account_id, p.amount, p.account_seq, p.balance_after) for p in paid.postings[2:]] == [
        (ID["limit"], Decimal(-80), 6, Decimal(0)), (ID["limit spent"], Decimal(80), 6, Decimal(80)),
    ]  # fmt: skip


def test_what_is_reserved_stays_reserved_over_the_turn() -> None:
    before = place()
    decision = decide(before, pay("80", TODAY), NOW)
    for event in decision.events:
        before.absorb(evolve(before, event))
    figures = [before.accounts[ID[name]].balance for name in ("limit", "limit held", "limit spent")]
    assert figures == [0, 30, 80]
    assert before.accounts[ID["limit"]].window_starts_at == TODAY.starts_at
    assert before.accounts[ID["limit spent"]].window_starts_at == NOW
    assert before.accounts[ID["limit held"]].window_starts_at is None


def test_a_refused_spend_is_judged_by_the_new_window_and_turns_nothing() -> None:
    decision = decide(place(), pay("80.01", TODAY), NOW)
    assert rule_gates(decision) == [gate(TODAY, Code.LIMIT_EXCEEDED, "80.01", "80")]
    (failed,) = decision.events
    assert failed.type is EventType.TRANSACTION_FAILED


@pytest.mark.parametrize(
    "turned_until", [TODAY.starts_at, NOW - timedelta(minutes=1), LATER], ids=["just so far", "further", "far ahead"]
)
def test_a_limit_that_was_turned_already_stays_as_it_is(turned_until: datetime) -> None:
    state = place()
    state.accounts[ID["limit"]] = replace(state.accounts[ID["limit"]], window_starts_at=turned_until)
    decision = decide(state, pay("50.01", TODAY), NOW)
    assert rule_gates(decision) == [gate(TODAY, Code.LIMIT_EXCEEDED, "50.01", "50")]
    (paid,) = decide(state, pay("50", TODAY), NOW).events
    assert paid.type is EventType.TRANSACTION_COMPLETED


def test_a_limit_that_was_never_used_is_turned_without_a_posting() -> None:
    state = place()
    for name in ("limit", "limit spent"):
        state.accounts[ID[name]] = replace(state.accounts[ID[name]], window_starts_at=None)
    state.accounts[ID["limit spent"]] = replace(state.accounts[ID["limit spent"]], balance=Decimal(0))
    turned, _ = decide(state, pay("50", TODAY), NOW).events
    assert turned.postings == ()
    after = evolve(state, turned).accounts
    assert (after[ID["limit"]].window_starts_at, after[ID["limit"]].balance) == (TODAY.starts_at, 50)
    assert (after[ID["limit"]].life_seq, after[ID["limit"]].version, after[ID["limit"]].seq) == (2, 6, 4)


def test_a_budget_is_never_turned() -> None:
    (paid,) = decide(place(), pay("50", replace(WEEKLY, starts_at=NOW)), NOW).events
    assert posted(paid)[ID["budget"]] == -50


def test_amount_and_count_are_turned_by_events_of_their_own() -> None:
    counted = replace(PAYMENTS_A_DAY, starts_at=TODAY.starts_at)
    first, second, paid = decide(place(payments="0"), pay("80", TODAY, counted), NOW).events
    assert (first.id, second.id, paid.id) == (event_after(EVENT), event_after(event_after(EVENT)), EVENT)
    assert posted(second) == {counted.account(Bucket.SPENT): -3, counted.account(Bucket.AVAILABLE): 3}
    assert posted(paid)[counted.account(Bucket.SPENT)] == 1


def test_a_hold_turns_the_limit_too() -> None:
    turned, held = decide(place(), reserve("70", allowances=(TODAY,)), NOW).events
    assert turned.type is EventType.ALLOWANCE_TURNED
    assert [(p.amount, p.balance_after) for p in held.postings if p.account_id in (ID["limit"], ID["limit held"])] == [
        (Decimal(-70), Decimal(10)), (Decimal(70), Decimal(100)),
    ]  # fmt: skip


def test_what_an_account_went_through_adds_up_in_any_order() -> None:
    """A replay reads the lives of accounts first, turns with the movements, in the order of their ids."""
    before = place()
    first, _ = decide(before, pay("1", TODAY), NOW).events
    floor = SetAccountFloor(
        id=COMMAND, event_id=EVENT, claim=CLAIM, origin=ORIGIN, account_id=ID["limit"], min_balance=Decimal(-7),
        reason="a buffer",
    )  # fmt: skip
    (floored,) = decide(before, floor, NOW).events
    middle = deepcopy(before)
    for event in (first, floored):
        middle.absorb(evolve(middle, event))
    second, paid = decide(middle, pay("2", replace(DAILY, starts_at=NOW)), NOW).events
    ends = []
    for order in permutations((first, floored, second, paid)):
        folded = dict(before.accounts)
        for event in order:
            folded.update(evolve_accounts(folded, event))
        ends.append(folded)
    assert all(end == ends[0] for end in ends)
    limit = ends[0][ID["limit"]]
    assert (limit.min_balance, limit.window_starts_at, limit.balance, limit.life_seq) == (-7, NOW, 78, 4)
