"""What the machine refuses, and which code it answers with."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import pytest

from ledger.core.accounts import Account, AccountStatus, Bucket
from ledger.core.commands import AnyCommand, Conditions
from ledger.core.events import EventType
from ledger.core.machine import decide, evolve
from ledger.core.refusals import Gate, GateKind, RefusalCode, first_failure
from ledger.money import LIMIT
from tests.ledger.core.cast import ALICE, BOB, NOW, leg, opening, pay, state, status_change, system, transfer, wallet
from tests.ledger.core.test_allowances import TABLE as ALLOWANCES
from tests.ledger.core.test_hold_refusals import TABLE as HOLDS
from tests.ledger.core.test_undoing import REFUSED as UNDOING

ACTIVE, SUSPENDED, FROZEN, CLOSED = AccountStatus
NEARLY_TEN_BELOW = "99999999999999999989.999999999999999999"
TEN_BELOW = str(LIMIT - 10)
ALICE_EUR, BOB_EUR, BOB_USD, FEES = wallet(ALICE), wallet(BOB), wallet(BOB, asset="USD"), system("FEE_INCOME")


class Row(NamedTuple):
    """A situation, a wish and the code that must answer it; None = accepted."""

    name: str
    accounts: list[Account]
    command: AnyCommand
    code: RefusalCode | None


def at_least(figure: str) -> Conditions:
    return Conditions(ALICE_EUR.id, available_gte=Decimal(figure))


def at_version(version: int) -> Conditions:
    return Conditions(ALICE_EUR.id, version=version)


def alice(balance: str = "100", status: AccountStatus = ACTIVE, floor: str = "0") -> Account:
    return wallet(ALICE, balance, status, floor=floor)


def bob(balance: str = "0", status: AccountStatus = ACTIVE) -> Account:
    return wallet(BOB, balance, status)


to_herself = transfer(leg(ALICE_EUR, "-10"), leg(ALICE_EUR, "10"), destination=ALICE)
with_fee = transfer(leg(ALICE_EUR, "-101"), leg(BOB_EUR, "100"), leg(FEES, "1"), amount="100", fee="1")
into_dollars = transfer(leg(ALICE_EUR, "-10"), leg(BOB_USD, "10"))
wallet_of_three = [wallet(ALICE, bucket=bucket) for bucket in (Bucket.AVAILABLE, Bucket.PENDING, Bucket.RESERVED)]

TABLE = [
    Row("enough money", [alice("10"), bob()], pay("10"), None),
    Row("one grain short", [alice("9.999999999999999999"), bob()], pay("10"), RefusalCode.FUNDS_INSUFFICIENT),
    Row("nothing at all", [alice("0"), bob()], pay("0.01"), RefusalCode.FUNDS_INSUFFICIENT),
    Row("down to the floor", [alice("110", floor="100"), bob()], pay("10"), None),
    Row("through the floor", [alice("109.99", floor="100"), bob()], pay("10"), RefusalCode.FUNDS_INSUFFICIENT),
    Row("overdraft allowed", [alice("0", floor="-10"), bob()], pay("10"), None),
    Row("enough for the fee", [alice("101"), bob(), FEES], with_fee, None),
    Row("not enough for the fee", [alice("100.99"), bob(), FEES], with_fee, RefusalCode.FUNDS_INSUFFICIENT),
    Row("to herself", [alice()], to_herself, RefusalCode.SAME_WALLET),
    Row("the receiver holds dollars", [alice(), wallet(BOB, asset="USD")], into_dollars, RefusalCode.CURRENCY_MISMATCH),
    Row("up to the maximum", [alice(), bob(NEARLY_TEN_BELOW)], pay("10"), None),
    Row("reaching the maximum", [alice(), bob(TEN_BELOW)], pay("10"), RefusalCode.LIMIT_EXCEEDED),
    Row("sender suspended", [alice(status=SUSPENDED), bob()], pay(), RefusalCode.SUSPENDED),
    Row("sender frozen", [alice(status=FROZEN), bob()], pay(), RefusalCode.FROZEN),
    Row("sender closed", [alice(status=CLOSED), bob()], pay(), RefusalCode.CLOSED),
    Row("receiver suspended", [alice(), bob(status=SUSPENDED)], pay(), None),
    Row("receiver frozen", [alice(), bob(status=FROZEN)], pay(), RefusalCode.FROZEN),
    Row("receiver closed", [alice(), bob(status=CLOSED)], pay(), RefusalCode.CLOSED),
    Row("as much as wished", [alice("100"), bob()], pay(conditions=at_least("100")), None),
    Row("less than wished", [alice(), bob()], pay(conditions=at_least("100.01")), RefusalCode.PRECONDITION_FAILED),
    Row("the version wished", [alice(), bob()], pay(conditions=at_version(6)), None),
    Row("another version", [alice(), bob()], pay(conditions=at_version(5)), RefusalCode.PRECONDITION_FAILED),
    Row("open anew", [], opening(*wallet_of_three), None),
    Row("open again", [alice()], opening(ALICE_EUR), RefusalCode.ALREADY_EXISTS),
    Row("open with one there", [wallet_of_three[2]], opening(*wallet_of_three), RefusalCode.ALREADY_EXISTS),
    *(Row(f"{old} to {new}", [alice("0", old)], status_change(new, ALICE_EUR), None)
      for old in (ACTIVE, SUSPENDED, FROZEN) for new in AccountStatus),
    *(Row(f"CLOSED to {new}", [alice("0", CLOSED)], status_change(new, ALICE_EUR), RefusalCode.INVALID_TRANSITION)
      for new in (ACTIVE, SUSPENDED, FROZEN)),
    Row("CLOSED to CLOSED", [alice("0", CLOSED)], status_change(CLOSED, ALICE_EUR), None),
    Row("frozen with money", [alice("1")], status_change(FROZEN, ALICE_EUR), None),
    Row("closed with money", [alice("0.0001")], status_change(CLOSED, ALICE_EUR), RefusalCode.NOT_EMPTY),
    Row("closed with debts", [alice("-1", floor="-5")], status_change(CLOSED, ALICE_EUR), RefusalCode.NOT_EMPTY),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_code_is_as_listed(row: Row) -> None:
    decision = decide(state(*row.accounts), row.command, NOW)
    assert (decision.refusal and decision.refusal.code) == row.code


def test_every_code_has_a_row() -> None:
    listed = {row.code for row in TABLE} | {row.code for row in HOLDS} | {row.code for row in UNDOING}
    listed |= {row.code for row in ALLOWANCES}
    assert listed - {None} == set(RefusalCode)


@pytest.mark.parametrize("row", [row for row in TABLE if row.code], ids=lambda row: row.name)
def test_a_refusal_moves_nothing(row: Row) -> None:
    accounts = state(*row.accounts)
    for event in decide(accounts, row.command, NOW).events:
        assert event.type is EventType.TRANSACTION_FAILED
        assert event.postings == ()
        assert event.data["code"] == row.code
        assert evolve(accounts, event) == state()


BOTH_FAIL = [
    (RefusalCode.SAME_WALLET, RefusalCode.CLOSED, [alice("0", CLOSED)], to_herself),
    (RefusalCode.CLOSED, RefusalCode.FROZEN, [alice(status=FROZEN), bob(status=CLOSED)], pay()),
    (RefusalCode.FROZEN, RefusalCode.SUSPENDED, [alice(status=SUSPENDED), bob(status=FROZEN)], pay()),
    (
        RefusalCode.SUSPENDED,
        RefusalCode.CURRENCY_MISMATCH,
        [alice(status=SUSPENDED), wallet(BOB, asset="USD")],
        into_dollars,
    ),
    (
        RefusalCode.CURRENCY_MISMATCH,
        RefusalCode.FUNDS_INSUFFICIENT,
        [alice("0"), wallet(BOB, asset="USD")],
        into_dollars,
    ),
    (RefusalCode.FUNDS_INSUFFICIENT, RefusalCode.LIMIT_EXCEEDED, [alice("0"), bob(TEN_BELOW)], pay()),
    (
        RefusalCode.LIMIT_EXCEEDED,
        RefusalCode.PRECONDITION_FAILED,
        [alice(), bob(TEN_BELOW)],
        pay(conditions=at_version(1)),
    ),
]


@pytest.mark.parametrize(("first", "second", "accounts", "command"), BOTH_FAIL, ids=lambda value: str(value)[:30])
def test_the_first_code_of_the_order_answers(
    first: RefusalCode, second: RefusalCode, accounts: list[Account], command: AnyCommand
) -> None:
    refusal = decide(state(*accounts), command, NOW).refusal
    assert refusal is not None
    assert refusal.code is first
    failed = {gate.code for gate in refusal.gates} - {None}
    assert failed in ({first, second}, set())  # a transfer to oneself is refused before any gate is looked at


@pytest.mark.parametrize(("first", "second"), list(pairwise(RefusalCode)))
def test_the_order_is_the_documented_one_whatever_the_order_of_the_gates(
    first: RefusalCode, second: RefusalCode
) -> None:
    one, other, passed = (Gate(GateKind.WALLET, ALICE, code) for code in (first, second, None))
    assert first_failure((passed, one, other)) is first
    assert first_failure((other, one, passed)) is first


def test_without_a_failing_gate_there_is_no_code() -> None:
    assert first_failure(()) is None
    assert first_failure((Gate(GateKind.FUNDS, ALICE),)) is None


def test_every_failing_gate_is_listed_with_its_figures() -> None:
    wished = Conditions(ALICE_EUR.id, available_gte=Decimal(50), version=9)
    accounts = state(alice("30", SUSPENDED, floor="10"), bob(TEN_BELOW, FROZEN))
    refusal = decide(accounts, pay("25", wished), NOW).refusal
    assert refusal is not None
    assert refusal.code is RefusalCode.FROZEN
    assert [_line(gate) for gate in refusal.gates] == [
        ("wallet", ALICE, "wallet.suspended", None, None, None),
        ("currency", ALICE, None, None, None, None),
        ("funds", ALICE, "funds.insufficient", Decimal(25), Decimal(20), Decimal(5)),
        ("wallet", BOB, "wallet.frozen", None, None, None),
        ("currency", BOB, None, None, None, None),
        ("limit", "account.maximum", "limit.exceeded", None, None, None),
        ("condition", "available_gte", "precondition.failed", Decimal(50), Decimal(30), Decimal(20)),
        ("condition", "version", "precondition.failed", Decimal(9), Decimal(6), Decimal(3)),
    ]


def _line(gate: Gate) -> tuple[str, UUID | str, str | None, Decimal | None, Decimal | None, Decimal | None]:
    return gate.kind.value, gate.id, gate.code and gate.code.value, gate.required, gate.available, gate.shortfall


def test_what_is_said_of_another_asset_is_only_that_it_is_another() -> None:
    """The receiver's figures are in dollars: they say nothing about euros, and are not the sender's business."""
    refusal = decide(state(alice(), wallet(BOB, "5", asset="USD")), into_dollars, NOW).refusal
    assert refusal is not None
    assert [gate.kind for gate in refusal.gates if gate.id == BOB] == [GateKind.WALLET, GateKind.CURRENCY]


def test_what_stands_in_the_way_of_closing_is_named() -> None:
    accounts = [
        wallet(ALICE, "12.5", bucket=Bucket.AVAILABLE),
        wallet(ALICE, "0", bucket=Bucket.PENDING),
        wallet(ALICE, "3", bucket=Bucket.RESERVED),
    ]
    decision = decide(state(*accounts), status_change(CLOSED, *accounts), NOW)
    assert decision.events == ()
    assert decision.refusal is not None
    assert decision.refusal.blockers == (("AVAILABLE", Decimal("12.5")), ("RESERVED", Decimal(3)))
