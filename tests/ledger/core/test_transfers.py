"""What an accepted movement writes."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal, getcontext, localcontext
from uuid import UUID

import pytest

from ledger.core.accounts import Account, AccountStatus, Book
from ledger.core.commands import Conditions, Leg
from ledger.core.events import EventType, Posting, Stream
from ledger.core.machine import Decision, decide, evolve
from ledger.core.refusals import Gate, GateKind
from ledger.money import LIMIT
from tests.ledger.core.cast import (
    ALICE,
    BOB,
    DOCUMENT,
    EARLIER,
    EVENT,
    NOW,
    leg,
    pay,
    state,
    system,
    transfer,
    wallet,
)

A, B, FEES = wallet(ALICE, "100"), wallet(BOB, "5"), system("FEE_INCOME", "7")


def only_event_postings(decision: Decision) -> tuple[Posting, ...]:
    (event,) = decision.events
    return event.postings


def test_each_leg_becomes_a_posting_numbered_and_balanced() -> None:
    command = transfer(leg(A, "-41"), leg(B, "40"), leg(FEES, "1"), amount="40", fee="1")
    assert only_event_postings(decide(state(A, B, FEES), command, NOW)) == (
        Posting(UUID(int=EVENT.int + 1), A.id, Decimal(-41), 5, Decimal(59)),
        Posting(UUID(int=EVENT.int + 2), B.id, Decimal(40), 5, Decimal(45)),
        Posting(UUID(int=EVENT.int + 3), FEES.id, Decimal(1), None, None),
    )


def test_the_event_tells_the_document_and_the_gates_that_were_passed() -> None:
    decision = decide(state(A, B), pay("40.50"), NOW)
    (event,) = decision.events
    assert (event.id, event.type, event.stream, event.stream_id, event.seq) == (
        EVENT,
        EventType.TRANSACTION_COMPLETED,
        Stream.TRANSACTION,
        DOCUMENT,
        1,
    )
    assert event.data == {
        "type": "TRANSFER",
        "asset": "EUR",
        "amount": "40.5",
        "fee_amount": "0",
        "source_wallet_id": str(ALICE),
        "destination_wallet_id": str(BOB),
        "reference_type": "invoice",
        "reference_id": "2026-7",
        "gates": [
            {"gate": "wallet", "id": str(ALICE), "code": None, "required": None, "available": None},
            {"gate": "currency", "id": str(ALICE), "code": None, "required": None, "available": None},
            {"gate": "funds", "id": str(ALICE), "code": None, "required": "40.5", "available": "100"},
            {"gate": "wallet", "id": str(BOB), "code": None, "required": None, "available": None},
            {"gate": "currency", "id": str(BOB), "code": None, "required": None, "available": None},
            {"gate": "limit", "id": "account.maximum", "code": None, "required": None, "available": None},
        ],
    }
    assert decision.refusal is None
    assert all(gate.ok for gate in decision.gates)


def test_wished_conditions_that_hold_are_gates_too() -> None:
    wished = Conditions(A.id, available_gte=Decimal(100), version=6)
    gates = decide(state(A, B), pay(conditions=wished), NOW).gates
    assert [gate for gate in gates if gate.kind is GateKind.CONDITION] == [
        Gate(GateKind.CONDITION, "available_gte", None, Decimal(100), Decimal(100)),
        Gate(GateKind.CONDITION, "version", None, Decimal(6), Decimal(6)),
    ]


def test_a_system_account_has_neither_floor_nor_maximum() -> None:
    funding = system("COMPANY_FUNDING", "0")
    out = transfer(leg(funding, "-1000000"), leg(B, "1000000"), source=None, amount="1000000")
    back = transfer(leg(A, "-100"), leg(system("FEE_INCOME", str(LIMIT - 1)), "100"), destination=None, amount="100")
    assert decide(state(funding, B), out, NOW).refusal is None
    assert decide(state(A, system("FEE_INCOME", str(LIMIT - 1))), back, NOW).refusal is None


def test_time_is_what_the_caller_says_and_the_clock_says() -> None:
    legs = leg(A, "-10"), leg(B, "10")
    (now,), (then,) = (decide(state(A, B), transfer(*legs, effective_at=at), NOW).events for at in (None, EARLIER))
    assert (now.effective_at, now.recorded_at) == (NOW, NOW)
    assert (then.effective_at, then.recorded_at) == (EARLIER, NOW)


@pytest.mark.parametrize(
    ("before", "amount", "after"),
    [
        ("99999999999999999999.999999999999999999", "0.000000000000000001", "99999999999999999999.999999999999999998"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999", "0"),
        ("0.000000000000000003", "0.000000000000000001", "0.000000000000000002"),
        ("0.3", "0.1", "0.2"),
    ],
)
def test_all_thirty_eight_digits_are_kept(before: str, amount: str, after: str) -> None:
    with localcontext() as context:
        context.prec = 6  # whatever the caller's context is
        postings = only_event_postings(decide(state(wallet(ALICE, before), wallet(BOB)), pay(amount), NOW))
        assert getcontext().prec == 6
    assert [posting.balance_after for posting in postings] == [Decimal(after), Decimal(amount)]


def test_the_state_after_is_the_state_before_and_the_postings() -> None:
    before = state(A, B, FEES)
    (event,) = decide(before, transfer(leg(A, "-41"), leg(B, "40"), leg(FEES, "1"), amount="40", fee="1"), NOW).events
    after = evolve(before, event)
    figures = {id: (account.balance, account.seq, account.version) for id, account in after.accounts.items()}
    assert figures == {
        A.id: (Decimal(59), 5, 7),
        B.id: (Decimal(45), 5, 7),
        FEES.id: (Decimal(8), 0, 1),  # appended to without a lock, so nothing is counted
    }


def test_deciding_and_evolving_leave_what_they_were_given() -> None:
    before = state(A, B)
    copy = deepcopy(before)
    decisions = [decide(before, pay("10"), NOW) for _ in range(2)]
    assert decisions[0] == decisions[1]
    (event,) = decisions[0].events
    assert evolve(before, event) == evolve(before, event)
    assert before == copy


UNBALANCED: dict[str, tuple[Leg, ...]] = {
    "legs that do not add up to zero": (leg(A, "-10"), leg(B, "9.99")),
    "legs that add up to zero over two assets": (leg(A, "-10"), leg(B, "10", "USD")),
    "a leg of nothing": (leg(A, "-10"), leg(B, "10"), leg(FEES, "0")),
    "one leg": (leg(A, "-10"),),
    "no leg": (),
    "one account twice among three legs": (leg(A, "-10"), leg(A, "4"), leg(B, "6")),
}


@pytest.mark.parametrize("legs", UNBALANCED.values(), ids=UNBALANCED.keys())
def test_legs_that_cannot_be_meant_are_a_bug_of_the_caller(legs: tuple[Leg, ...]) -> None:
    with pytest.raises(AssertionError):
        decide(state(A, B, FEES), transfer(*legs), NOW)


def test_books_are_balanced_one_by_one() -> None:
    allowance = wallet(BOB, "50", book=Book.ALLOWANCE)
    with pytest.raises(AssertionError, match="add up to zero"):
        decide(state(A, allowance), transfer(leg(A, "-10"), leg(allowance, "10")), NOW)


def test_an_account_that_was_not_handed_in_is_a_bug_of_the_caller() -> None:
    with pytest.raises(KeyError):
        decide(state(A), pay(), NOW)


STATUSES: list[tuple[AccountStatus, bool, bool]] = [
    # status, may pay, may be paid (C4)
    (AccountStatus.ACTIVE, True, True),
    (AccountStatus.SUSPENDED, False, True),
    (AccountStatus.FROZEN, False, False),
    (AccountStatus.CLOSED, False, False),
]


@pytest.mark.parametrize(("status", "may_pay", "may_be_paid"), STATUSES)
def test_a_status_says_what_may_go_out_and_in(status: AccountStatus, may_pay: bool, may_be_paid: bool) -> None:
    def accepted(sender: Account, receiver: Account) -> bool:
        return decide(state(sender, receiver), pay(), NOW).refusal is None

    assert accepted(wallet(ALICE, "10", status), wallet(BOB)) is may_pay
    assert accepted(wallet(ALICE, "10"), wallet(BOB, "0", status)) is may_be_paid


def test_no_status_is_forgotten() -> None:
    assert [row[0] for row in STATUSES] == list(AccountStatus)
