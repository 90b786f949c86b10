"""One event, handed in many times at once: one effect (R180, I19)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from ledger.models import OutboxMessage, Transaction
from ledger.services.inbox import Receipt
from tests.ledger.books import assert_sound
from tests.ledger.sessions import answers, together
from tests.wallets.incoming import booked, cancelled, joined, row_of, take
from tests.wallets.scene import Scene, available, make_scene
from wallets.models import Wallet

TWENTY = 20


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


def handed_in_at_once(*envelopes: dict[str, Any]) -> list[Receipt]:
    return answers(together([partial(take, envelope) for envelope in envelopes]))


def test_a_booking_is_debited_once(scene: Scene) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    receipts = handed_in_at_once(*[envelope] * TWENTY)
    assert Counter((r.is_new, r.status) for r in receipts) == {(True, "PROCESSED"): 1, (False, "PROCESSED"): 19}
    assert available(scene.alices) == 70
    assert Transaction.objects.filter(source_wallet_id=scene.alices.id).count() == 1
    assert OutboxMessage.objects.filter(aggregate_id=scene.alices.id).count() == 3
    assert_sound()


def test_a_person_comes_once(scene: Scene) -> None:
    envelope = joined(scene.cast.company.id)
    handed_in_at_once(*[envelope] * TWENTY)
    assert Wallet.objects.filter(user_id=envelope["data"]["user_id"]).count() == 1


def test_one_booking_in_twenty_events_is_debited_once(scene: Scene) -> None:
    handed_in_at_once(*(booked(scene.cast.alice, booking="B-1") for _ in range(TWENTY)))
    assert available(scene.alices) == 70


def test_many_cancellations_at_once_give_back_no_more_than_was_taken(scene: Scene) -> None:
    take(booked(scene.cast.alice, booking="B-1"))
    parts = [cancelled("B-1", "7.00") for _ in range(8)]
    handed_in_at_once(*parts)
    codes = Counter((row_of(part).status, row_of(part).error_code) for part in parts)
    assert codes[("PROCESSED", "")] <= 4
    assert available(scene.alices) == 70 + 7 * codes[("PROCESSED", "")]
    assert_sound()


def test_a_numbered_source_is_kept_in_order_by_two_consumers(scene: Scene) -> None:
    """Whoever gets which: the last in line waits for its turn, or finds that it has come."""
    source = f"source-{scene.alices.id}"
    envelopes = [
        booked(scene.cast.alice, "10.00", booking=f"B-{n}", source=source, sequence=n) for n in range(1, TWENTY + 1)
    ]
    handed_in_at_once(*envelopes)
    rows = [row_of(envelope) for envelope in envelopes]
    assert [row.status for row in rows] == ["PROCESSED"] * TWENTY
    assert [row.error_code for row in rows] == [""] * 10 + ["funds.insufficient"] * 10
    assert available(scene.alices) == 0
