"""What every event says of itself: which command made it, when it was recorded, and from when it counts.

Found missing by mutation (docs/mutation.md): the decisions were tested, not all that is written down with them.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledger.core.accounts import AccountStatus
from ledger.core.allotments import SetAccountFloor
from ledger.core.commands import Advance, AnyCommand
from ledger.core.events import EventType
from ledger.core.held import part_data, part_from_data
from ledger.core.machine import decide
from ledger.core.refusals import RefusalCode
from ledger.core.stages import TransactionState
from ledger.core.state import State
from ledger.errors import MoneyScaleExceeded
from ledger.money import require_scale
from tests.ledger.core.cast import ALICE, CLAIM, COMMAND, EARLIER, EVENT, NOW, ORIGIN, opening, status_change, wallet
from tests.ledger.core.hold_cast import (
    EXPIRE,
    EXTEND,
    HOLD,
    ID,
    RELEASE,
    TO_NOBODY,
    capture,
    hold,
    lines,
    reserve,
    wanted,
    world,
)
from tests.ledger.core.test_undoing import books, original, refund, reversal

ADVANCE = Advance(
    id=COMMAND,
    event_id=EVENT,
    claim=CLAIM,
    origin=ORIGIN,
    hold_id=HOLD,
    account_ids=tuple(ID.values()),
    state=TransactionState.SENT_TO_PROVIDER,
)
LATE = hold(expires_at=NOW)
FLOOR = SetAccountFloor(
    id=COMMAND,
    event_id=EVENT,
    claim=CLAIM,
    origin=ORIGIN,
    account_id=ID["budget"],
    min_balance=Decimal(-5),
    reason="A buffer.",
)
CASES: dict[str, tuple[State, AnyCommand]] = {
    "a hold": (world(), reserve()),
    "a capture": (world(hold()), capture()),
    "a capture that is refused": (world(LATE), capture()),
    "a capture of too much": (world(hold()), capture("31")),
    "a capture for herself": (world(hold()), capture(to=ALICE)),
    "a hold that is refused": (world(alice="0"), reserve()),
    "a release": (world(hold()), RELEASE),
    "a release that is refused": (world(LATE), RELEASE),
    "an expiry": (world(LATE), EXPIRE),
    "an extension": (world(hold()), EXTEND),
    "an extension that is refused": (world(LATE), EXTEND),
    "an advance": (world(hold()), ADVANCE),
    "an advance that comes too late": (world(LATE), ADVANCE),
    "an advance that leads nowhere": (
        world(hold()),
        replace(ADVANCE, state=TransactionState.COMPLETED),
    ),
    "an opening": (State(), opening(wallet(ALICE))),
    "a status": (world(), status_change(AccountStatus.FROZEN, wallet(ALICE))),
    "a floor": (world(), FLOOR),
    "a refund": (books(original()), refund("40")),
    "a refund that is refused": (books(original(), bob="0"), refund("40")),
    "a reversal that is refused": (books(original(refunded="1")), reversal()),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_says_who_made_it_and_when(name: str) -> None:
    state, command = CASES[name]
    event = decide(state, command, NOW).events[0]
    assert (event.id, event.recorded_at, event.effective_at) == (EVENT, NOW, NOW)


@pytest.mark.parametrize("name", CASES)
def test_a_command_may_say_from_when_it_counts(name: str) -> None:
    state, command = CASES[name]
    event = decide(state, replace(command, effective_at=EARLIER), NOW).events[0]
    assert (event.recorded_at, event.effective_at) == (NOW, EARLIER)


def test_a_hold_that_has_ended_is_not_advanced() -> None:
    decision = decide(world(LATE), ADVANCE, NOW)
    assert decision.refusal is not None
    assert decision.refusal.code is RefusalCode.HOLD_EXPIRED
    (event,) = decision.events
    told = {"hold_id": str(HOLD), "wanted": "ADVANCE", "code": "reservation.expired", "gates": []}
    assert (event.type, event.data) == (EventType.RESERVATION_REFUSED, told)


@pytest.mark.parametrize("command", [RELEASE, EXPIRE], ids=["release", "expiry"])
def test_what_comes_back_is_told(command: AnyCommand) -> None:
    held = hold(captured="12", expires_at=NOW) if command is EXPIRE else hold(captured="12")
    (event,) = decide(world(held), command, NOW).events
    assert event.data["amount"] == "30"


def test_what_is_paid_is_told() -> None:
    assert decide(world(hold()), capture("12"), NOW).events[0].data["amount"] == "12"


def test_what_was_wanted_of_a_hold_is_kept_with_the_refusal() -> None:
    event = decide(world(alice="0"), reserve(), NOW).events[0]
    assert event.data["hold"] == {"expires_in": 1800, "purpose": "hotel"}


def test_why_something_comes_back_is_told() -> None:
    assert decide(world(hold()), RELEASE, NOW).events[0].data["reason"] == RELEASE.reason


def test_a_release_that_finds_no_room_says_which() -> None:
    """Nobody may be owed more than the figures hold."""
    decision = decide(world(hold(), alice="99999999999999999990"), RELEASE, NOW)
    (event,) = decision.events
    assert [gate["code"] for gate in event.data["gates"] if gate["code"]] == [event.data["code"]]


@pytest.mark.parametrize(
    ("captured", "posted"),
    [
        ("0", "alice held -30, alice 30, limit held -1, limit 1"),
        ("12", "alice held -30, alice 30"),
    ],
)
def test_what_counts_a_hold_is_given_back_only_while_nothing_of_it_was_paid(captured: str, posted: str) -> None:
    counting = replace(TO_NOBODY[0], source=ID["limit"], held=ID["limit held"], units=Decimal(1))
    held = hold(captured=captured, parts=(*TO_NOBODY, counting))
    assert sorted(lines(decide(world(held), RELEASE, NOW))) == sorted(wanted(posted))


@pytest.mark.parametrize("units", [None, Decimal(1)])
def test_a_part_is_read_as_it_was_written(units: Decimal | None) -> None:
    part = replace(TO_NOBODY[0], target=ID["bob"], units=units)
    assert part_from_data(part_data(part)) == part


@pytest.mark.parametrize(
    ("state", "command"),
    [(books(original(), bob="0"), refund("40")), (books(original(refunded="1")), reversal())],
    ids=["refund", "reversal"],
)
def test_why_somebody_wanted_it_is_kept_with_the_refusal(state: State, command: Any) -> None:
    assert decide(state, command, NOW).events[0].data["reason"] == command.reason


def test_less_than_one_is_refunded_in_the_right_direction() -> None:
    decision = decide(books(original("alice -0.5, bob 0.5", amount="0.5")), refund("0.25"), NOW)
    assert sorted(lines(decision)) == sorted(wanted("alice 0.25, bob -0.25"))


def test_no_digit_is_lost_before_an_amount_is_found_too_fine() -> None:
    """With the context that Python has by itself, of 28 digits, this amount is a round one."""
    with pytest.raises(MoneyScaleExceeded, match="EUR has 4 decimals"):
        require_scale(Decimal("99999999999999999999.999999999999999999"), 4, "EUR")
