"""Refunds and reversals: new documents that give back; fees stay with a refund and return with a reversal."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from ledger.core.commands import Document, TransactionType, Undo
from ledger.core.events import EventType, Posting, Stream, event_after
from ledger.core.machine import decide, evolve
from ledger.core.refusals import RefusalCode
from ledger.core.stages import TransactionState
from ledger.core.state import Original, State
from tests.ledger.core.cast import ALICE, BOB, CLAIM, COMMAND, COMPANY, EARLIER, EVENT, NOW, ORIGIN
from tests.ledger.core.hold_cast import CLOSED, FROZEN, ID, SUSPENDED, lines, wanted, world

ORIGINAL, UNDOING = UUID(int=7 << 64), UUID(int=8 << 64)
COMPLETED, REVERSED = TransactionState.COMPLETED, TransactionState.REVERSED
Code = RefusalCode


def original(
    net: str = "alice -100, bob 100",
    *,
    refunded: str = "0",
    state: TransactionState = COMPLETED,
    type: TransactionType = TransactionType.TRANSFER,
    amount: str = "100",
) -> Original:
    moved = {ID[name]: figure for name, figure in wanted(net)}
    return Original(
        id=ORIGINAL,
        type=type.value,
        state=state.value,
        amount=Decimal(amount),
        refunded=Decimal(refunded),
        seq=3,
        net=moved,
        moved={id: ((EARLIER, figure),) for id, figure in moved.items()},
    )


def undo(type: TransactionType, amount: str, fee: str = "0") -> Undo:
    document = Document(
        id=UNDOING,
        type=type,
        company_id=COMPANY,
        asset="EUR",
        amount=Decimal(amount),
        fee_amount=Decimal(fee),
        source_wallet_id=BOB,
        destination_wallet_id=ALICE,
        original_id=ORIGINAL,
    )
    accounts = tuple(ID.values())
    return Undo(
        id=COMMAND,
        event_id=EVENT,
        claim=CLAIM,
        origin=ORIGIN,
        document=document,
        account_ids=accounts,
        reason="Broken.",
    )


def refund(amount: str) -> Undo:
    return undo(TransactionType.REFUND, amount)


def reversal(amount: str = "100", fee: str = "0") -> Undo:
    return undo(TransactionType.REVERSAL, amount, fee)


def books(of: Original, **changes: Any) -> State:
    """bob has a hundred and five, the envelopes have spent a hundred."""
    state = world(**{"bob": "105"} | changes)
    for name in ("budget spent", "limit spent"):
        state.accounts[ID[name]] = replace(state.accounts[ID[name]], balance=Decimal(101))
    state.originals[ORIGINAL] = of
    return state


WITH_FEE = "alice -101, bob 100, fees 1"
WITH_ENVELOPES = "alice -100, bob 100, budget -100, budget spent 100, limit -100, limit spent 100"
WITH_BOTH = "alice -101, payees 100, fees 1, budget -101, budget spent 101"


class Given(NamedTuple):
    name: str
    original: Original
    command: Undo
    posted: str
    refunded: str
    state: TransactionState


GIVEN_BACK = [
    Given("some of it", original(), refund("40"), "alice 40, bob -40", "40", COMPLETED),
    Given("some more of it", original(refunded="40"), refund("25.5"), "alice 25.5, bob -25.5", "65.5", COMPLETED),
    Given("all that is left", original(refunded="40"), refund("60"), "alice 60, bob -60", "100", COMPLETED),
    Given("all of it at once", original(), refund("100"), "alice 100, bob -100", "100", COMPLETED),
    Given("never the fee", original(WITH_FEE), refund("100"), "alice 100, bob -100", "100", COMPLETED),
    Given(
        "to the envelopes that gave it", original(WITH_ENVELOPES), refund("40"),
        "alice 40, bob -40, budget spent -40, budget 40, limit spent -40, limit 40", "40", COMPLETED,
    ),
    Given(
        "what payees outside got", original("alice -100, payees 100"), refund("30"),
        "alice 30, payees -30", "30", COMPLETED,
    ),
    Given("a transfer, wholly", original(), reversal(), "alice 100, bob -100", "100", REVERSED),
    Given("with its fee", original(WITH_FEE), reversal(fee="1"), "alice 101, bob -100, fees -1", "100", REVERSED),
    Given(
        "with its fee and envelopes", original(WITH_BOTH, type=TransactionType.PAYMENT), reversal(fee="1"),
        "alice 101, payees -100, fees -1, budget spent -101, budget 101", "100", REVERSED,
    ),
    Given(
        "a deposit", original("payees -100, bob 100", type=TransactionType.DEPOSIT), reversal(),
        "payees 100, bob -100", "100", REVERSED,
    ),
]  # fmt: skip


@pytest.mark.parametrize("given", GIVEN_BACK, ids=lambda given: given.name)
def test_what_moved_moves_back(given: Given) -> None:
    before = books(given.original)
    copy = deepcopy(before)
    decision = decide(before, given.command, NOW)
    undoing, told = decision.events
    assert before == copy
    assert lines(decision) == wanted(given.posted)
    assert (undoing.type, undoing.stream_id, undoing.seq) == (EventType.TRANSACTION_COMPLETED, UNDOING, 1)
    is_reversal = given.state is REVERSED
    assert told.type is (EventType.TRANSACTION_REVERSED if is_reversal else EventType.TRANSACTION_REFUNDED)
    after = evolve(before, told)
    assert (after.accounts, after.holds) == ({}, {})
    assert after.originals == {
        ORIGINAL: replace(given.original, seq=4, refunded=Decimal(given.refunded), state=given.state.value)
    }
    assert evolve(before, undoing).originals == {}


def test_both_documents_are_told() -> None:
    undoing, told = decide(books(original(refunded="10")), refund("40"), NOW).events
    assert (undoing.data["type"], undoing.data["original_transaction_id"], undoing.data["reason"]) == (
        "REFUND", str(ORIGINAL), "Broken.",
    )  # fmt: skip
    assert (told.id, told.stream, told.stream_id, told.seq, told.postings) == (
        event_after(EVENT), Stream.TRANSACTION, ORIGINAL, 4, (),
    )  # fmt: skip
    assert told.data == {
        "undone_by": str(UNDOING),
        "amount": "40",
        "refunded_amount": "50",
        "state": "COMPLETED",
        "reason": "Broken.",
    }
    assert (told.effective_at, told.recorded_at) == (NOW, NOW)


def test_lines_are_numbered_and_balanced() -> None:
    undoing, _ = decide(books(original(WITH_FEE)), reversal(fee="1"), NOW).events
    assert undoing.postings == (
        Posting(UUID(int=EVENT.int + 1), ID["alice"], Decimal(101), 5, Decimal(171)),
        Posting(UUID(int=EVENT.int + 2), ID["bob"], Decimal(-100), 5, Decimal(5)),
        Posting(UUID(int=EVENT.int + 3), ID["fees"], Decimal(-1), None, None),
    )


class No(NamedTuple):
    name: str
    original: Original
    changes: dict[str, Any]
    command: Undo
    code: RefusalCode


REFUSED = [
    No("more than it was", original(), {}, refund("100.01"), Code.REFUND_EXCEEDS),
    No("more than is left", original(refunded="60"), {}, refund("40.01"), Code.REFUND_EXCEEDS),
    No("when all is given back", original(refunded="100"), {}, refund("0.01"), Code.REFUND_EXCEEDS),
    No("a fee besides", original(WITH_FEE), {}, refund("101"), Code.REFUND_EXCEEDS),
    No("refund after reversal", original(refunded="100", state=REVERSED), {}, refund("1"), Code.NOT_REVERSIBLE),
    No("reversal after reversal", original(refunded="100", state=REVERSED), {}, reversal(), Code.NOT_REVERSIBLE),
    No("reversal after refund", original(refunded="1"), {}, reversal(), Code.NOT_REVERSIBLE),
    *(No(f"{type} of a {undone}", original(type=undone), {}, undo(type, "1"), Code.NOT_REVERSIBLE)
      for undone in (TransactionType.REFUND, TransactionType.REVERSAL)
      for type in (TransactionType.REFUND, TransactionType.REVERSAL)),
    *(No(f"{command.document.type} of what is {state}", original(state=state), {}, command, Code.NOT_REVERSIBLE)
      for state in TransactionState if state is not COMPLETED for command in (refund("1"), reversal())),
    No("bob has spent it", original(), {"bob": "99.99"}, reversal(), Code.FUNDS_INSUFFICIENT),
    No("bob has spent some of it", original(), {"bob": "39"}, refund("40"), Code.FUNDS_INSUFFICIENT),
    No("bob is suspended", original(), {"bob_is": SUSPENDED}, refund("40"), Code.SUSPENDED),
    No("bob is frozen", original(), {"bob_is": FROZEN}, reversal(), Code.FROZEN),
    No("alice is frozen", original(), {"alice_is": FROZEN}, reversal(), Code.FROZEN),
    No("alice has closed", original(), {"alice_is": CLOSED}, refund("1"), Code.CLOSED),
    No("alice can hold no more", original(), {"alice": "99999999999999999950"}, reversal(), Code.LIMIT_EXCEEDED),
    No("too much, and frozen", original(), {"bob_is": FROZEN}, refund("101"), Code.REFUND_EXCEEDS),
]  # fmt: skip


@pytest.mark.parametrize("no", REFUSED, ids=lambda no: no.name)
def test_what_cannot_be_undone_leaves_a_failed_document_and_nothing_else(no: No) -> None:
    before = books(no.original, **no.changes)
    decision = decide(before, no.command, NOW)
    assert decision.refusal is not None
    assert decision.refusal.code is no.code
    (event,) = decision.events
    assert (event.type, event.stream_id, event.data["code"]) == (EventType.TRANSACTION_FAILED, UNDOING, no.code)
    assert event.postings == ()
    assert evolve(before, event) == State()


def test_a_suspended_payer_gets_back_what_was_paid() -> None:
    assert decide(books(original(), alice_is=SUSPENDED), refund("40"), NOW).refusal is None


def test_the_gates_say_what_was_left_and_what_the_receiver_lacks() -> None:
    refusal = decide(books(original(refunded="80"), bob="10"), refund("30"), NOW).refusal
    assert refusal is not None
    figures = [(g.kind.value, g.id, g.code, g.required, g.available) for g in refusal.gates if g.required is not None]
    assert figures == [
        ("condition", "refundable", Code.REFUND_EXCEEDS, Decimal(30), Decimal(20)),
        ("funds", BOB, Code.FUNDS_INSUFFICIENT, Decimal(30), Decimal(10)),
    ]


def test_gates_that_were_passed_are_told_too() -> None:
    decision = decide(books(original()), refund("30"), NOW)
    assert all(gate.ok for gate in decision.gates)
    assert [gate.id for gate in decision.gates if gate.kind.value == "wallet"] == [ALICE, BOB]
