"""What budgets and limits are given: events in their own streams, moves between envelopes, floors."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from ledger.core.accounts import Account, Book, Bucket, account_id
from ledger.core.allotments import Allot, AllowanceMove, SetAccountFloor
from ledger.core.events import EventType, Stream
from ledger.core.machine import decide, evolve
from ledger.core.refusals import Gate, GateKind, RefusalCode
from ledger.core.state import State
from ledger.money import LOWEST
from tests.ledger.core.cast import ALICE, CLAIM, COMMAND, COMPANY, EVENT, NOW, ORIGIN, state, wallet
from tests.ledger.core.hold_cast import BUDGET, envelope

OTHER = UUID(int=0x07E4)
SOURCE = account_id("ALLOWANCE", COMPANY, "EUR", Bucket.SYSTEM, Book.ALLOWANCE)
TRAVEL = account_id("BUDGET", BUDGET, "EUR", Bucket.AVAILABLE, Book.ALLOWANCE)
FOOD = account_id("BUDGET", OTHER, "EUR", Bucket.AVAILABLE, Book.ALLOWANCE)
NAMES = {TRAVEL: "Travel", FOOD: "Food", SOURCE: "company"}


def budgets(travel: str = "100", food: str = "10") -> State:
    source = Account(
        id=SOURCE, owner_type="ALLOWANCE", owner_id=COMPANY, book=Book.ALLOWANCE, asset="EUR", bucket=Bucket.SYSTEM,
        min_balance=None,
    )  # fmt: skip
    return state(
        envelope("BUDGET", BUDGET, Bucket.AVAILABLE, travel), envelope("BUDGET", OTHER, Bucket.AVAILABLE, food), source
    )


def move(account: UUID, amount: str) -> AllowanceMove:
    rule = BUDGET if account == TRAVEL else OTHER
    return AllowanceMove(
        account_id=account, source_id=SOURCE, asset="EUR", amount=Decimal(amount), rule_id=rule, name=NAMES[account]
    )


def allot(*moves: AllowanceMove, must_be_left: bool = False) -> Allot:
    return Allot(
        id=COMMAND,
        event_id=EVENT,
        claim=CLAIM,
        origin=ORIGIN,
        stream=Stream.BUDGET,
        subject_id=BUDGET,
        seq=7,
        message="BudgetChanged",
        data={"reason": "A trade fair."},
        moves=moves,
        must_be_left=must_be_left,
    )


@pytest.mark.parametrize(
    ("command", "posted"),
    [
        (allot(), []),
        (allot(move(TRAVEL, "50")), [("Travel", 50), ("company", -50)]),
        (allot(move(TRAVEL, "-100.01")), [("Travel", Decimal("-100.01")), ("company", Decimal("100.01"))]),
        (allot(move(TRAVEL, "-30"), move(FOOD, "30")), [("Travel", -30), ("Food", 30)]),
        (allot(move(TRAVEL, "-30"), move(FOOD, "20")), [("Travel", -30), ("company", 10), ("Food", 20)]),
        (allot(move(TRAVEL, "-30"), move(TRAVEL, "30")), []),
    ],
    ids=["nothing", "more", "less than was spent", "from one to another", "and some back", "out and in"],
)
def test_an_allotment_is_one_event_with_what_it_changes(command: Allot, posted: list[tuple[str, Decimal]]) -> None:
    decision = decide(budgets(), command, NOW)
    (event,) = decision.events
    assert (event.id, event.type, event.stream, event.stream_id, event.seq) == (
        EVENT, EventType.ALLOWANCE_CHANGED, Stream.BUDGET, BUDGET, 7,
    )  # fmt: skip
    assert event.data == {"message": "BudgetChanged", "reason": "A trade fair."}
    assert (event.effective_at, event.recorded_at, decision.gates) == (NOW, NOW, ())
    assert [(NAMES[p.account_id], p.amount) for p in event.postings] == posted
    assert all(account.window_starts_at is None for account in evolve(budgets(), event).accounts.values())


def gate(name: str, code: RefusalCode | None, required: str, available: str) -> Gate:
    rule = BUDGET if name == "Travel" else OTHER
    return Gate(GateKind.BUDGET, rule, code, Decimal(required), Decimal(available), name=name)


EXCEEDED = RefusalCode.BUDGET_EXCEEDED


@pytest.mark.parametrize(
    ("command", "gates"),
    [
        (allot(move(TRAVEL, "-100"), move(FOOD, "100"), must_be_left=True), [gate("Travel", None, "100", "100")]),
        (allot(move(TRAVEL, "-100.01"), must_be_left=True), [gate("Travel", EXCEEDED, "100.01", "100")]),
        (
            allot(move(TRAVEL, "-60"), move(TRAVEL, "-60"), move(FOOD, "120"), must_be_left=True),
            [gate("Travel", EXCEEDED, "120", "100")],
        ),
        (
            allot(move(TRAVEL, "-101"), move(FOOD, "-11"), must_be_left=True),
            [gate("Travel", EXCEEDED, "101", "100"), gate("Food", EXCEEDED, "11", "10")],
        ),
        (allot(move(TRAVEL, "-150"), move(TRAVEL, "60"), must_be_left=True), [gate("Travel", None, "90", "100")]),
        (allot(move(TRAVEL, "1"), must_be_left=True), []),
    ],
    ids=["all that is left", "a cent more", "in two parts", "of both", "less in the end", "more"],
)
def test_what_has_to_be_left_is_asked_for(command: Allot, gates: list[Gate]) -> None:
    decision = decide(budgets(), command, NOW)
    failing = [gate.code for gate in gates if gate.code]
    assert decision.gates == tuple(gates)
    assert (decision.refusal and decision.refusal.code) == (failing[0] if failing else None)
    assert len(decision.events) == (0 if failing else 1)


def test_what_is_left_does_not_include_a_buffer() -> None:
    refusal = decide(budgets(travel="-1"), allot(move(TRAVEL, "-1"), must_be_left=True), NOW).refusal
    assert refusal is not None
    assert refusal.gates == (gate("Travel", EXCEEDED, "1", "-1"),)


def set_floor(floor: str | Decimal, account: UUID = TRAVEL) -> SetAccountFloor:
    return SetAccountFloor(
        id=COMMAND, event_id=EVENT, claim=CLAIM, origin=ORIGIN, account_id=account, min_balance=Decimal(floor),
        reason="Stricter.",
    )  # fmt: skip


def test_a_floor_is_changed_by_an_event_of_the_account() -> None:
    (event,) = decide(budgets(), set_floor(LOWEST), NOW).events
    assert (event.type, event.stream, event.stream_id, event.seq, event.postings) == (
        EventType.ACCOUNT_FLOOR_CHANGED, Stream.ACCOUNTS, TRAVEL, 2, (),
    )  # fmt: skip
    assert event.data == {
        "account_ids": [str(TRAVEL)],
        "old_min_balance": "0",
        "min_balance": "-99999999999999999999",
        "reason": "Stricter.",
    }
    after = evolve(budgets(), event).accounts
    assert after.keys() == {TRAVEL}
    assert (after[TRAVEL].min_balance, after[TRAVEL].life_seq, after[TRAVEL].version) == (LOWEST, 2, 6)


def test_a_floor_may_lie_above_what_is_left() -> None:
    """Less is tolerated than was overspent already: then nothing more is."""
    (event,) = decide(budgets(travel="-8"), set_floor("-5"), NOW).events
    assert evolve(budgets(travel="-8"), event).accounts[TRAVEL].min_balance == -5


def test_the_same_floor_again_is_nothing() -> None:
    decision = decide(budgets(), set_floor("0.00"), NOW)
    assert (decision.events, decision.refusal) == ((), None)


def test_the_floor_of_money_is_not_for_sale() -> None:
    with pytest.raises(AssertionError, match="zero for ever"):
        decide(state(wallet(ALICE, "5")), set_floor("-1", wallet(ALICE).id), NOW)
