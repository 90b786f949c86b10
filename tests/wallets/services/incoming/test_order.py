"""Sources that number their events: early ones wait, missing ones are given up, any order ends the same (I19)."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from django.test import override_settings

from ledger.ids import new_id
from ledger.models import InboxSource
from ledger.selectors.balances import wallet_figures
from tests.wallets.incoming import booked, broken, cancelled, make_due, row_of, take
from tests.wallets.scene import Scene, available
from wallets.services.incoming import retry_due_events


def numbered(*envelopes: dict[str, Any]) -> list[dict[str, Any]]:
    """One source's events, 1, 2, 3, …"""
    source = f"source-{new_id().hex}"
    return [{**envelope, "source": source, "sequence": n} for n, envelope in enumerate(envelopes, start=1)]


def statuses(*envelopes: dict[str, Any]) -> list[str]:
    return [row_of(envelope).status for envelope in envelopes]


def bookings(scene: Scene, count: int) -> list[dict[str, Any]]:
    return numbered(*(booked(scene.cast.alice, "10.00", booking=f"B-{n}") for n in range(count)))


def test_an_early_event_waits_for_the_ones_before_it(scene: Scene) -> None:
    first, second, third = bookings(scene, 3)
    assert [take(third).status, take(second).status] == ["PENDING", "PENDING"]
    assert available(scene.alices) == 100
    assert take(first).status == "PROCESSED"
    assert (statuses(first, second, third), available(scene.alices)) == (["PROCESSED"] * 3, 70)


def test_a_number_that_never_comes_is_given_up_and_counted(scene: Scene) -> None:
    first, second, third, fourth = bookings(scene, 4)
    for envelope in (fourth, third, first):
        take(envelope)
    assert statuses(first, third, fourth) == ["PROCESSED", "PENDING", "PENDING"]
    make_due(row_of(fourth))  # the later one is looked at first, and lets the earlier one go before it
    with override_settings(INBOX_GAP_SECONDS=0):
        retry_due_events()
    assert (statuses(third, fourth), available(scene.alices)) == (["PROCESSED", "PROCESSED"], 70)
    source = InboxSource.objects.get(key=f"sequence:broker:{first['source']}")
    assert (source.next_sequence, source.missed) == (5, 1)
    assert row_of(third).processed_at < row_of(fourth).processed_at  # type: ignore[operator]
    assert take(second).status == "PROCESSED", "late, but not lost"


@pytest.mark.parametrize("poison", ["invalid", "unknown", "parked"])
def test_what_cannot_be_worked_on_has_its_turn_and_holds_nobody_back(scene: Scene, poison: str) -> None:
    first, second = bookings(scene, 2)
    match poison:
        case "invalid":
            first["data"] = {}
        case "unknown":
            first["event_type"] = "HotelOpened"
        case _:
            first |= {"event_type": "BookingCancelled", "data": {"booking_id": "B-99"}}
    take(first)
    assert take(second).status == "PROCESSED"
    assert available(scene.alices) == 90


def trip(scene: Scene) -> list[dict[str, Any]]:
    """Refused in the middle, because the order says so: 60 + 50 is more than there is."""
    return numbered(
        booked(scene.cast.alice, "60.00", booking="B-1"),
        booked(scene.cast.alice, "50.00", booking="B-2"),
        cancelled("B-1", "20.00"),
        booked(scene.cast.alice, "50.00", booking="B-3"),
        cancelled("B-1"),
        cancelled("B-2"),
    )


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_and_replayed_three_times_they_end_the_same(scene: Scene, seed: int) -> None:
    events = trip(scene)
    shuffled = events * 3
    random.Random(seed).shuffle(shuffled)
    for envelope in shuffled:
        take(envelope)
    assert statuses(*events) == ["PROCESSED"] * 6
    assert [row_of(envelope).error_code for envelope in events] == ["", "funds.insufficient", "", "", "", ""]
    figures = wallet_figures([scene.alices.id])[scene.alices.id]
    assert (figures.available, figures.version) == (50, 2 + 4)
    assert not broken()


def test_without_numbers_every_order_of_a_booking_and_its_cancellations_ends_the_same(scene: Scene) -> None:
    for round, order in enumerate(itertools.permutations(range(3))):
        booking = f"R-{round}"
        parts = [
            booked(scene.cast.alice, "10.00", booking=booking),
            cancelled(booking, "4.00"),
            cancelled(booking, "6.00"),
        ]
        for index in order:
            take(parts[index])
        assert statuses(*parts) == ["PROCESSED"] * 3
        assert available(scene.alices) == 100
