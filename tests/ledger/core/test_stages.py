"""The stages of a document: which moves are legal, and what each means for the money that is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from ledger.core.accounts import Bucket
from ledger.core.commands import Advance, AnyCommand, Capture, Expire, Release
from ledger.core.events import EventType
from ledger.core.machine import decide, evolve
from ledger.core.refusals import RefusalCode
from ledger.core.stages import AT_PROVIDER, LEGAL_MOVES, REPORTED, TERMINAL_STATES, TransactionState, may_move
from ledger.core.state import Hold, HoldStatus, Part, State
from tests.ledger.core.cast import ALICE, CLAIM, COMMAND, DOCUMENT, EVENT, NOW, ORIGIN, state, system, wallet

HOLD = UUID(int=0x401D)
A, HELD, PAYEES = wallet(ALICE, "70"), wallet(ALICE, "30", bucket=Bucket.RESERVED), system("PAYEE_CLEARING")
S = TransactionState


def hold(stage: TransactionState, captured: str = "0") -> Hold:
    return Hold(
        id=HOLD,
        transaction_id=DOCUMENT,
        seq=1,
        wallet_id=ALICE,
        destination_wallet_id=None,
        asset="EUR",
        amount=Decimal(30) + Decimal(captured),
        captured=Decimal(captured),
        stage=stage,
        expires_at=NOW + timedelta(minutes=30),
        parts=(Part(A.id, HELD.id, PAYEES.id, "EUR"),),
    )


def before(stage: TransactionState, captured: str = "0") -> State:
    held = state(A, HELD, PAYEES)
    held.holds[HOLD] = hold(stage, captured)
    return held


WHAT: dict[str, Any] = {
    "id": COMMAND, "event_id": EVENT, "claim": CLAIM, "origin": ORIGIN, "hold_id": HOLD,
    "account_ids": (A.id, HELD.id, PAYEES.id),
}  # fmt: skip
CAPTURE, RELEASE, EXPIRE = Capture(**WHAT, target=PAYEES.id), Release(**WHAT), Expire(**WHAT)


def advance(to: TransactionState) -> Advance:
    return Advance(**WHAT, state=to, reason="The bank took it.", metadata={"trace": "0815"})


@pytest.mark.parametrize(("stage", "to"), list(product([S.BALANCE_RESERVED, *REPORTED], S)))
def test_only_legal_reports_are_taken(stage: TransactionState, to: TransactionState) -> None:
    decision = decide(before(stage), advance(to), NOW)
    if to in REPORTED and may_move(stage, to):
        (event,) = decision.events
        assert (event.type, event.seq, event.data["state"]) == (EventType.RESERVATION_ADVANCED, 2, to)
        assert (event.data["reason"], event.data["metadata"]) == ("The bank took it.", {"trace": "0815"})
        after = evolve(before(stage), event)
        assert after.holds == {HOLD: replace(hold(stage), stage=to, seq=2)}
        assert not after.accounts
    else:
        assert decision.refusal is not None
        assert decision.refusal.code is RefusalCode.PRECONDITION_FAILED
        assert [event.type for event in decision.events] == [EventType.RESERVATION_REFUSED]


@pytest.mark.parametrize(
    ("command", "stage", "captured", "ends"),
    [
        (CAPTURE, S.BALANCE_RESERVED, "0", S.COMPLETED),
        (CAPTURE, S.SENT_TO_PROVIDER, "0", S.COMPLETED),
        (CAPTURE, S.PROVIDER_CONFIRMING, "0", S.COMPLETED),
        (CAPTURE, S.COMPENSATING, "0", None),
        (RELEASE, S.BALANCE_RESERVED, "0", S.CANCELLED),
        (RELEASE, S.BALANCE_RESERVED, "5", S.COMPLETED),
        (RELEASE, S.SENT_TO_PROVIDER, "0", None),
        (RELEASE, S.PROVIDER_PROCESSING, "0", None),
        (RELEASE, S.PROVIDER_CONFIRMING, "0", None),
        (RELEASE, S.COMPENSATING, "0", S.FAILED),
        (RELEASE, S.COMPENSATING, "5", S.COMPLETED),
        (EXPIRE, S.BALANCE_RESERVED, "0", S.CANCELLED),
        (EXPIRE, S.PROVIDER_PROCESSING, "0", S.FAILED),
        (EXPIRE, S.COMPENSATING, "5", S.COMPLETED),
    ],
)
def test_how_a_hold_ends_from_each_stage(
    command: AnyCommand, stage: TransactionState, captured: str, ends: TransactionState | None
) -> None:
    now = NOW + timedelta(hours=1) if isinstance(command, Expire) else NOW
    decision = decide(before(stage, captured), command, now)
    (event,) = decision.events
    if ends is None:
        assert event.type is EventType.RESERVATION_REFUSED
        assert [gate.id for gate in decision.gates if not gate.ok] == ["state"]
    else:
        assert event.data["state"] == ends
        assert evolve(before(stage, captured), event).holds[HOLD].status is not HoldStatus.ACTIVE


def test_every_stage_has_its_moves_and_ends_have_none_but_a_reversal() -> None:
    assert LEGAL_MOVES.keys() == set(S)
    assert {s: set(LEGAL_MOVES[s]) for s in TERMINAL_STATES} == {
        S.COMPLETED: {S.REVERSED}, S.FAILED: set(), S.REVERSED: set(), S.CANCELLED: set()
    }  # fmt: skip
    reachable, found = {S.INITIATED}, [S.INITIATED]
    while found:
        new = LEGAL_MOVES[found.pop()] - reachable
        reachable |= new
        found += new
    assert reachable == set(S)
    assert {S.SENT_TO_PROVIDER, S.PROVIDER_PROCESSING, S.PROVIDER_CONFIRMING} == AT_PROVIDER
