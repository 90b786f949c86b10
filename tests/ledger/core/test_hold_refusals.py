"""What may not be done to a hold, which code answers, and that a refused step leaves an event and nothing else."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from ledger.core.commands import AnyCommand
from ledger.core.events import EventType
from ledger.core.machine import decide, evolve
from ledger.core.refusals import Gate, RefusalCode
from ledger.core.state import Hold, HoldStatus
from tests.ledger.core.cast import ALICE, BOB, NOW
from tests.ledger.core.hold_cast import (
    ACTIVE,
    ALLOWANCES,
    BUDGET,
    CLOSED,
    EXPIRE,
    EXTEND,
    FROZEN,
    HOLD,
    ID,
    LIMIT,
    RELEASE,
    SUSPENDED,
    TO_BOB,
    capture,
    for_bob,
    hold,
    reserve,
    world,
)

CHARLIE = UUID(int=0xC4A)
NEARLY_FULL = "99999999999999999980"
OPEN, DONE, RELEASED, EXPIRED = HoldStatus
Code = RefusalCode


class Row(NamedTuple):
    """A hold in its world, a wish and the code that must answer it; None = accepted."""

    name: str
    hold: Hold | None
    changes: dict[str, Any]
    command: AnyCommand
    code: RefusalCode | None


def ended(status: HoldStatus) -> Hold:
    return hold(status=status, captured="30") if status is DONE else hold(status=status, released="30")


LATE, MINE, PAYING_OUT = hold(expires_at=NOW), reserve(parts=TO_BOB, destination=ALICE), hold(captured="7")
FOR_BOB, WITH_ENVELOPES = reserve(parts=TO_BOB, destination=BOB), reserve(allowances=ALLOWANCES)
STEPS: dict[str, AnyCommand] = {"capture": capture(), "release": RELEASE, "extend": EXTEND}

TABLE = [
    Row("all there is", None, {"alice": "30"}, reserve(), None),
    Row("a grain more than there is", None, {"alice": "29.9999"}, reserve(), Code.FUNDS_INSUFFICIENT),
    Row("for herself", None, {}, MINE, Code.SAME_WALLET),
    Row("all that the envelopes allow", None, {"budget": "30", "limit": "30"}, WITH_ENVELOPES, None),
    Row("more than the budget allows", None, {"budget": "29.99"}, WITH_ENVELOPES, Code.BUDGET_EXCEEDED),
    Row("more than the limit allows", None, {"limit": "29.99"}, WITH_ENVELOPES, Code.LIMIT_EXCEEDED),
    Row("money before budget", None, {"alice": "0", "budget": "0"}, WITH_ENVELOPES, Code.FUNDS_INSUFFICIENT),
    Row("budget before limit", None, {"limit": "0", "budget": "0"}, WITH_ENVELOPES, Code.BUDGET_EXCEEDED),
    Row("bob can expect no more", None, {"pending": NEARLY_FULL}, FOR_BOB, Code.LIMIT_EXCEEDED),
    Row("held by a suspended wallet", None, {"alice_is": SUSPENDED}, reserve(), Code.SUSPENDED),
    Row("held by a frozen wallet", None, {"alice_is": FROZEN}, reserve(), Code.FROZEN),
    Row("held by a closed wallet", None, {"alice_is": CLOSED}, reserve(), Code.CLOSED),
    Row("for a suspended wallet", None, {"bob_is": SUSPENDED}, FOR_BOB, None),
    Row("for a frozen wallet", None, {"bob_is": FROZEN}, FOR_BOB, Code.FROZEN),
    Row("for a closed wallet", None, {"bob_is": CLOSED}, FOR_BOB, Code.CLOSED),
    #
    Row("captured above the rest", hold(), {}, capture("30.0001"), Code.CAPTURE_EXCEEDS),
    Row("captured above what is left", PAYING_OUT, {}, capture("31", final=False), Code.CAPTURE_EXCEEDS),
    Row("to her own wallet", hold(), {}, capture(to=ALICE), Code.SAME_WALLET),
    Row("to her own wallet, after the end", ended(DONE), {}, capture(to=ALICE), Code.SAME_WALLET),
    Row("to somebody else than said", for_bob(), {}, capture(to=CHARLIE, target=ID["bob"]), Code.PRECONDITION_FAILED),
    Row("to nobody, though bob was said", for_bob(), {}, capture(), Code.PRECONDITION_FAILED),
    Row("to bob, after nobody was paid", PAYING_OUT, {}, capture(to=BOB), Code.PRECONDITION_FAILED),
    Row("to nobody again", PAYING_OUT, {}, capture(), None),
    Row("bob can hold no more", hold(), {"bob": NEARLY_FULL}, capture(to=BOB), Code.LIMIT_EXCEEDED),
    Row("paid by a suspended wallet", hold(), {"alice_is": SUSPENDED}, capture("10"), None),
    Row("paid by a frozen wallet", hold(), {"alice_is": FROZEN}, capture(), Code.FROZEN),
    Row("paid to a suspended wallet", for_bob(), {"bob_is": SUSPENDED}, capture(to=BOB), None),
    Row("paid to a frozen wallet", for_bob(), {"bob_is": FROZEN}, capture(to=BOB), Code.FROZEN),
    Row("paid to a closed wallet", hold(), {"bob_is": CLOSED}, capture(to=BOB), Code.CLOSED),
    Row("too much, and frozen", hold(), {"alice_is": FROZEN}, capture("31"), Code.CAPTURE_EXCEEDS),
    Row("to another, and frozen", for_bob(), {"alice_is": FROZEN}, capture(), Code.FROZEN),
    #
    *(Row(f"released to a wallet that is {s}", for_bob(), {"alice_is": s}, RELEASE, None) for s in (SUSPENDED, FROZEN)),
    *(Row(f"released, bob is {s}", for_bob(), {"bob_is": s}, RELEASE, None) for s in (SUSPENDED, FROZEN)),
    *(Row(f"extended, alice is {s}", hold(), {"alice_is": s}, EXTEND, None) for s in (SUSPENDED, FROZEN)),
    *(Row(f"expired on a wallet that is {s}", LATE, {"alice_is": s}, EXPIRE, None) for s in (SUSPENDED, FROZEN)),
    Row("released, but alice can hold no more", hold(), {"alice": NEARLY_FULL}, RELEASE, Code.LIMIT_EXCEEDED),
    #
    *(Row(f"{what} after the deadline", LATE, {}, step, Code.HOLD_EXPIRED) for what, step in STEPS.items()),
    *(Row(f"{what} when recorded as expired", ended(EXPIRED), {}, step, Code.HOLD_EXPIRED)
      for what, step in STEPS.items()),
    *(Row(f"{what} when {status}", ended(status), {}, step, Code.HOLD_NOT_OPEN)
      for what, step in STEPS.items() for status in (DONE, RELEASED)),
    *(Row(f"{what} when paid, past its deadline", replace(ended(DONE), expires_at=NOW), {}, step, Code.HOLD_NOT_OPEN)
      for what, step in STEPS.items()),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_code_is_as_listed(row: Row) -> None:
    decision = decide(world(row.hold, **row.changes), row.command, NOW)
    assert (decision.refusal and decision.refusal.code) == row.code


@pytest.mark.parametrize("row", [row for row in TABLE if row.code], ids=lambda row: row.name)
def test_a_refused_wish_leaves_one_event_and_changes_nothing_else(row: Row) -> None:
    before = world(row.hold, **row.changes)
    copy = deepcopy(before)
    (event,) = decide(before, row.command, NOW).events
    assert before == copy
    assert (event.postings, event.data["code"]) == ((), row.code)
    after = evolve(before, event)
    assert (after.accounts, after.originals) == ({}, {})
    if row.hold is None:
        assert (event.type, event.seq) == (EventType.TRANSACTION_FAILED, 1)
        assert after.holds == {}
    else:
        assert (event.type, event.seq) == (EventType.RESERVATION_REFUSED, row.hold.seq + 1)
        assert event.data["wanted"] == type(row.command).__name__.upper()
        assert after.holds == {HOLD: replace(row.hold, seq=row.hold.seq + 1)}


@pytest.mark.parametrize(
    ("held", "changes"),
    [(ended(DONE), {}), (ended(RELEASED), {}), (ended(EXPIRED), {}), (hold(), {}), (LATE, {"alice": NEARLY_FULL})],
    ids=["paid", "released", "expired before", "too early", "no room for the money"],
)
def test_an_expiry_that_cannot_be_leaves_no_event(held: Hold, changes: dict[str, Any]) -> None:
    """The sweeper comes again: its noes would only fill the history."""
    decision = decide(world(held, **changes), EXPIRE, NOW)
    assert decision.refusal is not None
    assert decision.events == ()


def test_an_expiry_is_refused_by_no_status() -> None:
    for status in (ACTIVE, SUSPENDED, FROZEN, CLOSED):
        late = for_bob(expires_at=NOW)
        assert decide(world(late, alice_is=status, bob_is=status), EXPIRE, NOW).refusal is None


Line = tuple[str, object, str | None, Decimal | None, Decimal | None, Decimal | None]


def line(gate: Gate) -> Line:
    return gate.kind.value, gate.id, gate.code and gate.code.value, gate.required, gate.available, gate.shortfall


def test_the_gates_of_a_reservation_say_what_each_envelope_lacks() -> None:
    refusal = decide(world(alice="20", budget="25", limit="1.5"), WITH_ENVELOPES, NOW).refusal
    assert refusal is not None
    assert refusal.code is Code.FUNDS_INSUFFICIENT
    assert [line(gate) for gate in refusal.gates if gate.kind in ("funds", "budget", "limit") and gate.required] == [
        ("funds", ALICE, "funds.insufficient", Decimal(30), Decimal(20), Decimal(10)),
        ("budget", BUDGET, "budget.exceeded", Decimal(30), Decimal(25), Decimal(5)),
        ("limit", LIMIT, "limit.exceeded", Decimal(30), Decimal("1.5"), Decimal("28.5")),
    ]


def test_the_gates_of_a_capture_list_all_that_stands_in_the_way() -> None:
    refusal = decide(world(for_bob(captured="7"), alice_is=FROZEN), capture("31"), NOW).refusal
    assert refusal is not None
    assert refusal.code is Code.CAPTURE_EXCEEDS
    failing = [line(gate) for gate in refusal.gates if not gate.ok]
    assert failing == [
        ("condition", "rest", "reservation.capture_exceeds", Decimal(31), Decimal(30), Decimal(1)),
        ("condition", "destination", "precondition.failed", None, None, None),
        ("wallet", ALICE, "wallet.frozen", None, None, None),
    ]


def test_a_release_meets_no_gate_of_status_or_floor() -> None:
    gates = decide(world(for_bob(), alice_is=FROZEN, bob_is=FROZEN), RELEASE, NOW).gates
    assert all(gate.ok for gate in gates)
    assert {gate.kind.value for gate in gates} == {"wallet", "currency", "limit"}
