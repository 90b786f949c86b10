from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import Caller
from ledger.selectors.balances import system_balances
from ledger.selectors.transactions import Transaction, events_of
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, available, nothing_moved, problem_of, set_status
from wallets.models import Wallet
from wallets.services.bookings import clearing_account
from wallets.services.past import PastKind, PastMovement, post_past_movements
from wallets.services.wallets import funding_account

MARCH = datetime(2025, 3, 3, 9, 30, tzinfo=UTC)


def movement(kind: PastKind, wallet: Wallet, amount: str, *, actor: Caller, **other: Any) -> PastMovement:
    facts: dict[str, Any] = {
        "description": "Train to Hamburg",
        "reference_type": "booking",
        "reference_id": "b-1",
        "effective_at": MARCH,
        **other,
    }
    return PastMovement(kind=kind, wallet=wallet, amount=Decimal(amount), actor=actor, **facts)


def refusals(movements: list[PastMovement]) -> list[str]:
    outcomes = post_past_movements(movements)
    return [o.result.refusal.code.value if o.result and o.result.refusal else "" for o in outcomes]


def own_accounts(scene: Scene) -> list[Decimal]:
    """What the company has put in, and what other services are owed."""
    ids = [make(scene.cast.company.id, "EUR").id for make in (funding_account, clearing_account)]
    balances = system_balances(ids)
    return [balances.get(id, Decimal(0)) for id in ids]


@pytest.mark.parametrize(
    ("kind", "type", "wallet_gets", "funding_gets", "clearing_gets"),
    [
        (PastKind.TOP_UP, "DEPOSIT", "12.50", "-12.50", "0"),
        (PastKind.CREDIT, "DEPOSIT", "12.50", "0", "-12.50"),
        (PastKind.DEBIT, "PAYMENT", "-12.50", "0", "12.50"),
    ],
)
def test_each_kind_has_its_counterpart(
    scene: Scene, kind: PastKind, type: str, wallet_gets: str, funding_gets: str, clearing_gets: str
) -> None:
    before = own_accounts(scene)
    assert refusals([movement(kind, scene.alices, "12.50", actor=scene.cast.bookings)]) == [""]
    changed = [after - earlier for after, earlier in zip(own_accounts(scene), before, strict=True)]
    assert (available(scene.alices), changed) == (
        Decimal(100) + Decimal(wallet_gets),
        [Decimal(funding_gets), Decimal(clearing_gets)],
    )
    assert Transaction.objects.get(reference_id="b-1").type == type


def test_a_transfer_goes_from_wallet_to_wallet(scene: Scene) -> None:
    lunch = movement(PastKind.TRANSFER, scene.alices, "30", receiver=scene.bobs, actor=scene.cast.alice)
    assert refusals([lunch]) == [""]
    assert (available(scene.alices), available(scene.bobs)) == (Decimal(70), Decimal(30))


def test_it_counts_from_then_and_is_known_from_now(scene: Scene) -> None:
    post_past_movements([movement(PastKind.DEBIT, scene.alices, "5", actor=scene.cast.bookings)])
    document = Transaction.objects.get(reference_id="b-1")
    (event,) = events_of(document.id)
    assert (document.effective_at, event.effective_at) == (MARCH, MARCH)
    assert event.recorded_at == document.created_at > MARCH + timedelta(days=1)
    assert (event.actor_type, event.actor_id) == ("SYSTEM", scene.cast.bookings.id)
    assert document.initiated_by == scene.cast.bookings.id


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    train = movement(PastKind.DEBIT, scene.alices, "5", actor=scene.cast.bookings)
    post_past_movements([train])
    with nothing_moved():
        (again,) = post_past_movements([train])
    assert (again.replayed, again.result) == (True, None)
    assert Transaction.objects.filter(reference_id="b-1").count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "6"},
        {"description": "Train to Bremen"},
        {"effective_at": MARCH + timedelta(seconds=1)},
    ],
)
def test_another_movement_under_its_reference_is_not_posted(scene: Scene, other: dict[str, Any]) -> None:
    actor = scene.cast.bookings
    post_past_movements([movement(PastKind.DEBIT, scene.alices, "5", actor=actor)])
    with nothing_moved():
        (reused,) = post_past_movements(
            [movement(PastKind.DEBIT, scene.alices, **{"amount": "5", **other}, actor=actor)]
        )
    assert reused.key_reused


def test_a_reference_of_the_past_is_taken_for_bookings_of_today(scene: Scene) -> None:
    post_past_movements([movement(PastKind.DEBIT, scene.alices, "5", actor=scene.cast.bookings)])
    body = {
        "type": "DEBIT",
        "amount": "5.00",
        "currency": "EUR",
        "description": "Train to Hamburg",
        "reference_type": "booking",
        "reference_id": "b-1",
    }
    with nothing_moved():
        response = api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.alices.id}/transactions", body)
    problem_of(response, 409, "transfer.duplicate_reference")


def test_a_refusal_does_not_stop_the_others(scene: Scene) -> None:
    set_status(scene.bobs, "FROZEN", by=scene.cast.frida)
    actor = scene.cast.bookings
    wishes = [
        movement(PastKind.DEBIT, scene.alices, "40", actor=actor, reference_id="b-1"),
        movement(PastKind.DEBIT, scene.alices, "70", actor=actor, reference_id="b-2"),
        movement(PastKind.TOP_UP, scene.bobs, "10", actor=actor, reference_id="b-3"),
        movement(PastKind.DEBIT, scene.alices, "60", actor=actor, reference_id="b-4"),
    ]
    assert refusals(wishes) == ["", "funds.insufficient", "wallet.frozen", ""]
    assert (available(scene.alices), available(scene.bobs)) == (Decimal(0), Decimal(0))


def statements_for(movements: list[PastMovement]) -> int:
    with CaptureQueriesContext(connection) as queries:
        post_past_movements(movements)
    return len(queries)


def test_a_hundred_cost_as_many_statements_as_one(scene: Scene) -> None:
    def bookings(first: int, count: int) -> list[PastMovement]:
        actor, ids = scene.cast.bookings, range(first, first + count)
        return [movement(PastKind.DEBIT, scene.alices, "0.10", actor=actor, reference_id=f"b-{id}") for id in ids]

    post_past_movements(bookings(0, 1))
    one, hundred = statements_for(bookings(1, 1)), statements_for(bookings(2, 100))
    assert one == hundred
    assert hundred <= 10  # with two that ask whether the period is open
    assert available(scene.alices) == Decimal("89.80")
