"""What is posted when money is held, captured and given back: exact lines, the hold's figures, its document's state."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import pytest

from ledger.core.commands import AnyCommand
from ledger.core.envelopes import kept_parts
from ledger.core.events import EventType, Posting, Stream
from ledger.core.machine import decide, evolve
from ledger.core.state import Hold, HoldStatus, State
from tests.ledger.core.cast import ALICE, BOB, DOCUMENT, EVENT, NOW
from tests.ledger.core.hold_cast import (
    ALLOWANCES,
    DEADLINE,
    ENVELOPES,
    EXPIRE,
    EXTEND,
    HOLD,
    ID,
    MICROSECOND,
    RELEASE,
    TO_BOB,
    TO_NOBODY,
    capture,
    for_bob,
    hold,
    lines,
    reserve,
    wanted,
    world,
)

RESERVED = [
    ("without destination", reserve(), "alice -30, alice held 30"),
    (
        "for bob",
        reserve(parts=TO_BOB, destination=BOB),
        "alice -30, alice held 30, expected -30, bob pending 30",
    ),
    (
        "with envelopes",
        reserve(allowances=ALLOWANCES),
        "alice -30, alice held 30, budget -30, budget held 30, limit -30, limit held 30",
    ),
    ("all there is", reserve("70"), "alice -70, alice held 70"),
]


@pytest.mark.parametrize(("command", "posted"), [row[1:] for row in RESERVED], ids=[row[0] for row in RESERVED])
def test_money_is_set_aside(command: object, posted: str) -> None:
    assert isinstance(command, type(reserve()))
    before = world()
    decision = decide(before, command, NOW)
    (event,) = decision.events
    assert lines(decision) == wanted(posted)
    assert decision.refusal is None
    assert evolve(before, event).holds == {
        HOLD: Hold(
            id=HOLD,
            transaction_id=DOCUMENT,
            seq=1,
            wallet_id=ALICE,
            destination_wallet_id=command.document.destination_wallet_id,
            asset="EUR",
            amount=command.document.amount,
            expires_at=DEADLINE,
            purpose="hotel",
            reference_type="booking",
            reference_id="b-7",
            parts=command.parts + kept_parts(command.allowances),
        )
    }


def test_the_first_event_tells_document_and_hold() -> None:
    (event,) = decide(world(), reserve(parts=TO_BOB, destination=BOB), NOW).events
    told = {key: value for key, value in event.data.items() if key != "gates"}
    assert (event.type, event.stream, event.stream_id, event.seq) == (
        EventType.RESERVATION_CREATED, Stream.TRANSACTION, DOCUMENT, 1,
    )  # fmt: skip
    assert told == {
        "type": "PAYMENT",
        "asset": "EUR",
        "amount": "30",
        "fee_amount": "0",
        "source_wallet_id": str(ALICE),
        "destination_wallet_id": str(BOB),
        "reference_type": "booking",
        "reference_id": "b-7",
        "state": "BALANCE_RESERVED",
        "hold": {
            "hold_id": str(HOLD),
            "wallet_id": str(ALICE),
            "expires_at": "2026-03-01T12:30:00+00:00",
            "purpose": "hotel",
            "parts": [
                {"source": str(part.source), "held": str(part.held), "target": str(part.target), "asset": "EUR"}
                for part in TO_BOB
            ],
        },
    }


class Step(NamedTuple):
    """A hold, what is done to it, the lines that follow, and what the hold and its document are afterwards."""

    name: str
    hold: Hold
    command: AnyCommand
    posted: str
    captured: str
    released: str
    status: HoldStatus
    state: str
    destination: UUID | None = None


OPEN, DONE, RELEASED, EXPIRED = HoldStatus
LATE = for_bob(expires_at=NOW)
WITH_ENVELOPES = hold(parts=TO_NOBODY + ENVELOPES)

STEPS = [
    Step("all of it", hold(), capture(), "alice held -30, payees 30", "30", "0", DONE, "COMPLETED"),
    Step(
        "all of it to bob, who expects it", for_bob(), capture(to=BOB),
        "alice held -30, bob 30, bob pending -30, expected 30", "30", "0", DONE, "COMPLETED", BOB,
    ),
    Step(
        "a part to bob and the rest back", for_bob(), capture("10", to=BOB),
        "alice held -30, bob 10, bob pending -30, expected 30, alice 20", "10", "20", DONE, "COMPLETED", BOB,
    ),
    Step(
        "a part to bob and the rest stays", for_bob(), capture("10", final=False, to=BOB),
        "alice held -10, bob 10, bob pending -10, expected 10", "10", "0", OPEN, "BALANCE_RESERVED", BOB,
    ),
    Step(
        "the first capture says where to", hold(), capture("10", final=False, to=BOB),
        "alice held -10, bob 10", "10", "0", OPEN, "BALANCE_RESERVED", BOB,
    ),
    Step(
        "another part", for_bob(captured="7"), capture("10", final=False, to=BOB),
        "alice held -10, bob 10, bob pending -10, expected 10", "17", "0", OPEN, "BALANCE_RESERVED", BOB,
    ),
    Step(
        "all that is left, though not called final", hold(captured="7"), capture(final=False),
        "alice held -30, payees 30", "37", "0", DONE, "COMPLETED",
    ),
    Step(
        "exactly what is left, though not called final", hold(), capture("30", final=False),
        "alice held -30, payees 30", "30", "0", DONE, "COMPLETED",
    ),
    Step(
        "a part of every envelope too, and the rest back", WITH_ENVELOPES, capture("10"),
        "alice held -30, payees 10, budget held -30, budget spent 10, limit held -30, limit spent 10,"
        " alice 20, budget 20, limit 20", "10", "20", DONE, "COMPLETED",
    ),
    Step(
        "a part of every envelope too, and the rest stays", WITH_ENVELOPES, capture("10", final=False),
        "alice held -10, payees 10, budget held -10, budget spent 10, limit held -10, limit spent 10",
        "10", "0", OPEN, "BALANCE_RESERVED",
    ),
    Step("released", hold(), RELEASE, "alice held -30, alice 30", "0", "30", RELEASED, "CANCELLED"),
    Step(
        "released, and bob expects nothing more", for_bob(), RELEASE,
        "alice held -30, alice 30, bob pending -30, expected 30", "0", "30", RELEASED, "CANCELLED", BOB,
    ),
    Step(
        "released with its envelopes", WITH_ENVELOPES, RELEASE,
        "alice held -30, alice 30, budget held -30, budget 30, limit held -30, limit 30",
        "0", "30", RELEASED, "CANCELLED",
    ),
    Step(
        "released after a part was paid", hold(captured="7"), RELEASE,
        "alice held -30, alice 30", "7", "30", RELEASED, "COMPLETED",
    ),
    Step(
        "expired", LATE, EXPIRE,
        "alice held -30, alice 30, bob pending -30, expected 30", "0", "30", EXPIRED, "CANCELLED", BOB,
    ),
    Step(
        "expired after a part was paid", hold(captured="7", expires_at=NOW), EXPIRE,
        "alice held -30, alice 30", "7", "30", EXPIRED, "COMPLETED",
    ),
    Step("extended", for_bob(captured="7"), EXTEND, "", "7", "0", OPEN, "BALANCE_RESERVED", BOB),
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_posts_and_leaves_the_hold_as_listed(step: Step) -> None:
    before = world(step.hold)
    decision = decide(before, step.command, NOW)
    (event,) = decision.events
    assert lines(decision) == wanted(step.posted)
    assert (event.stream_id, event.seq, event.data["state"]) == (DOCUMENT, 2, step.state)
    after = evolve(before, event).holds[HOLD]
    target = getattr(step.command, "target", step.hold.parts[0].target)
    assert after == replace(
        step.hold,
        seq=2,
        captured=Decimal(step.captured),
        released=Decimal(step.released),
        status=step.status,
        destination_wallet_id=step.destination,
        expires_at=NOW + timedelta(hours=2) if step.command is EXTEND else step.hold.expires_at,
        parts=(replace(step.hold.parts[0], target=target), *step.hold.parts[1:]),
    )


def test_lines_are_numbered_and_balanced() -> None:
    (event,) = decide(world(for_bob()), capture("10", to=BOB), NOW).events
    assert event.postings == (
        Posting(UUID(int=EVENT.int + 1), ID["alice held"], Decimal(-30), 5, Decimal(0)),
        Posting(UUID(int=EVENT.int + 2), ID["bob"], Decimal(10), 5, Decimal(15)),
        Posting(UUID(int=EVENT.int + 3), ID["bob pending"], Decimal(-30), 5, Decimal(0)),
        Posting(UUID(int=EVENT.int + 4), ID["expected"], Decimal(30), None, None),
        Posting(UUID(int=EVENT.int + 5), ID["alice"], Decimal(20), 5, Decimal(90)),
    )


def test_each_wallet_counts_the_event_once_whichever_of_its_accounts_it_touches() -> None:
    before = world(for_bob())
    (event,) = decide(before, capture("10", final=False, to=BOB), NOW).events
    after = evolve(before, event).accounts
    counted = {name: (after[ID[name]].seq, after[ID[name]].version) for name in ("alice", "alice held", "bob")}
    assert counted == {"alice": (4, 7), "alice held": (5, 7), "bob": (5, 7)}
    assert after[ID["bob pending"]].version == 7
    assert after.keys() == {ID[name] for name in ("alice", "alice held", "bob", "bob pending", "expected")}


def test_an_extension_touches_no_account() -> None:
    before = world(hold())
    (event,) = decide(before, EXTEND, NOW).events
    assert evolve(before, event).accounts == {}


def test_an_extension_may_also_bring_the_deadline_nearer() -> None:
    (event,) = decide(world(hold()), replace(EXTEND, expires_in=timedelta(seconds=1)), NOW).events
    assert event.data["expires_at"] == "2026-03-01T12:00:01+00:00"


@pytest.mark.parametrize("command", [capture(), RELEASE, EXTEND], ids=["capture", "release", "extend"])
def test_until_the_last_microsecond_a_hold_stands(command: AnyCommand) -> None:
    assert decide(world(hold()), command, DEADLINE - MICROSECOND).refusal is None
    assert decide(world(hold()), command, DEADLINE).refusal is not None


def test_an_expiry_is_recorded_from_the_deadline_on() -> None:
    too_early = decide(world(hold()), EXPIRE, DEADLINE - MICROSECOND)
    assert (too_early.events, too_early.refusal and too_early.refusal.code.value) == ((), "reservation.not_open")
    assert decide(world(hold()), EXPIRE, DEADLINE).refusal is None


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_deciding_leaves_what_it_was_given(step: Step) -> None:
    before = world(step.hold)
    copy = deepcopy(before)
    assert decide(before, step.command, NOW) == decide(before, step.command, NOW)
    assert before == copy


def test_a_hold_can_be_made_and_captured_in_one_go() -> None:
    state: State = world()
    (made,) = decide(state, reserve(), NOW).events
    state.absorb(evolve(state, made))
    (paid,) = decide(state, replace(capture(), event_id=UUID(int=4 << 64)), NOW).events
    state.absorb(evolve(state, paid))
    assert state.holds[HOLD].status is HoldStatus.COMPLETED
    figures = {name: state.accounts[ID[name]].balance for name in ("alice", "alice held", "payees")}
    assert figures == {"alice": Decimal(40), "alice held": Decimal(30), "payees": Decimal(30)}


def test_what_is_left_is_exact_whatever_the_callers_precision() -> None:
    tiny = replace(hold(), amount=Decimal("99999999999999999999.999999999999999999"), captured=Decimal("1e-18"))
    assert tiny.rest == Decimal("99999999999999999999.999999999999999998")
