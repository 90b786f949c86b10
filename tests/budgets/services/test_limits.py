"""Setting limits, spending under them, reading what is left, ending them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from budgets.core.periods import Calendar
from budgets.models import Limit
from budgets.selectors.covering import Spend, find_coverage
from budgets.selectors.limits import LimitFigures, Usage, limit_figures
from budgets.services.limits import end_limit
from ledger.errors import InvalidInput, NotFound
from ledger.models import Account, Event, OutboxMessage
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.accounts import digest, ensure_system_accounts
from ledger.services.movements import Claim, Details, Refusal, Side, payment
from tests.budgets.spending import give_limit
from tests.wallets.scene import ORIGIN, Scene, book, make_scene
from wallets.services.wallets import funding_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None) -> Scene:
    """alice has 1,000.00, so that it is never the money that is missing."""
    scene = make_scene()
    book(scene.alices, "900", key="plenty")
    return scene


def given(scene: Scene, **more: Any) -> Limit:
    """100.00 EUR and three spends a day, of alice, set by bob."""
    return give_limit(scene.cast.alice, **{"max_count": 3, "created_by": scene.cast.bob.id, **more})


def spend(scene: Scene, amount: str) -> Refusal | None:
    """alice pays; the machine decides under what covers it."""
    alice, wallet = scene.cast.alice, scene.alices
    who: dict[str, Any] = {
        "wallet_id": wallet.id,
        "user_id": alice.id,
        "team_id": alice.team_id,
        "company_id": alice.company_id,
    }
    asked = Spend(**who, currency="EUR")
    (allowances,) = find_coverage([asked]).allowances
    funding = funding_account(alice.company_id, "EUR")
    ensure_system_accounts([funding])
    details = Details(
        claim=Claim(scope="test", key=str(uuid4()), request_hash=digest(amount)),
        origin=ORIGIN,
        company_id=alice.company_id,
        amount=Decimal(amount),
        currency="EUR",
        allowances=allowances,
    )
    with journal.use_case():
        (outcome,) = journal.record([payment(Side(wallet.id, "EUR"), funding, details)])
    assert outcome.result is not None
    return outcome.result.refusal


def left(limit: Limit) -> tuple[Usage | None, Usage | None]:
    found = limit_figures([limit])[limit.id]
    return found.amount, found.count


def usage(maximum: str, used: str, remaining: str, reserved: str = "0") -> Usage:
    return Usage(Decimal(maximum), Decimal(used), Decimal(reserved), Decimal(remaining))


def life_of(id: UUID) -> list[tuple[int, str]]:
    events = Event.objects.filter(stream="limit", stream_id=id).order_by("seq")
    return [(event.seq, event.data["message"]) for event in events]


def told_of(id: UUID) -> list[tuple[str, dict[str, Any]]]:
    messages = OutboxMessage.objects.filter(aggregate_type="limit", aggregate_id=id).order_by("sequence")
    return [(message.type, message.data) for message in messages]


def test_a_new_limit_is_open_full_and_announced(scene: Scene) -> None:
    limit = given(scene)
    assert (limit.version, limit.status, limit.zone) == (1, "ACTIVE", "Europe/Berlin")
    assert left(limit) == (usage("100", "0", "100"), usage("3", "0", "3"))
    assert limit_figures([limit])[limit.id].resets_at == midnight_of_berlin()
    assert life_of(limit.id) == [(1, "LimitCreated")]
    ((message, data),) = told_of(limit.id)
    assert message == "LimitCreated"
    expected = {
        "limit_id": str(limit.id),
        "user_id": str(scene.cast.alice.id),
        "wallet_id": None,
        "max_amount": "100",
        "max_count": 3,
        "old_max_amount": None,
        "old_max_count": None,
        "status": "ACTIVE",
        "window": "DAILY",
        "reason": "Be careful.",
        "changed_by": str(scene.cast.bob.id),
    }
    assert expected.items() <= data.items()


def midnight_of_berlin() -> datetime:
    calendar = Calendar("Europe/Berlin")
    return calendar.starts_at(calendar.day_of(database_now()) + timedelta(days=1))


def test_spends_use_it_up(scene: Scene) -> None:
    limit = given(scene)
    assert spend(scene, "60") is None
    assert left(limit) == (usage("100", "60", "40"), usage("3", "1", "2"))
    refusal = spend(scene, "40.01")
    assert refusal is not None
    assert refusal.code == "limit.exceeded"
    (failed,) = (gate for gate in refusal.gates if gate.code)
    assert (failed.id, failed.name, failed.required, failed.available) == (
        limit.id,
        "Daily limit",
        Decimal("40.01"),
        Decimal("40"),
    )
    assert left(limit) == (usage("100", "60", "40"), usage("3", "1", "2"))


def test_the_number_of_spends_is_limited_too(scene: Scene) -> None:
    limit = given(scene, max_amount=None)
    for _ in range(3):
        assert spend(scene, "1") is None
    refusal = spend(scene, "1")
    assert refusal is not None
    assert [(gate.id, gate.unit) for gate in refusal.gates if gate.code] == [(limit.id, "COUNT")]
    assert left(limit) == (None, usage("3", "3", "0"))


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    limit = given(scene)
    again = given(scene, max_amount=Decimal("100.00"))
    assert (again.id, again.version) == (limit.id, 1)
    assert life_of(limit.id) == [(1, "LimitCreated")]


def test_another_kind_is_another_limit(scene: Scene) -> None:
    kinds: list[dict[str, Any]] = [
        {},
        {"window": "WEEKLY"},
        {"limited_type": "PAYMENT"},
        {"wallet_id": scene.alices.id},
    ]
    assert len({given(scene, **kind).id for kind in kinds}) == 4
    assert len({given(scene, **kind).id for kind in kinds} | {given(scene).id}) == 4


def test_raising_it_keeps_what_was_used(scene: Scene) -> None:
    limit = given(scene)
    spend(scene, "60")
    raised = given(scene, max_amount=Decimal(150), max_count=5)
    assert (raised.id, raised.version, raised.max_amount, raised.max_count) == (limit.id, 2, 150, 5)
    assert left(raised) == (usage("150", "60", "90"), usage("5", "1", "4"))
    message, data = told_of(limit.id)[-1]
    assert (message, data["old_max_amount"], data["max_amount"]) == ("LimitChanged", "100", "150")
    assert (data["old_max_count"], data["max_count"]) == (3, 5)


def test_lowering_it_below_what_was_used_claws_nothing_back(scene: Scene) -> None:
    limit = given(scene)
    spend(scene, "60")
    given(scene, max_amount=Decimal(50))
    limit.refresh_from_db()
    assert left(limit) == (usage("50", "60", "-10"), usage("3", "1", "2"))
    refusal = spend(scene, "0.01")
    assert refusal is not None
    assert refusal.code == "limit.exceeded"


def test_a_figure_may_come_and_go(scene: Scene) -> None:
    limit = given(scene, max_count=None)
    spend(scene, "60")
    assert left(given(scene, max_amount=None)) == (None, usage("3", "0", "3"))
    assert left(given(scene)) == (usage("100", "60", "40"), usage("3", "0", "3"))
    limit.refresh_from_db()
    assert limit.version == 3
    assert [seq for seq, _ in life_of(limit.id)] == [1, 2, 3]


def test_a_window_that_nobody_has_spent_in_yet_is_full(scene: Scene) -> None:
    """The envelope still shows yesterday's spends. It is turned by the next one."""
    limit = given(scene)
    spend(scene, "60")
    yesterday = Account.objects.get(owner_id=limit.id, asset="EUR", bucket="AVAILABLE").window_starts_at
    assert yesterday is not None
    Account.objects.filter(owner_id=limit.id, bucket="AVAILABLE").update(window_starts_at=yesterday - timedelta(days=1))
    assert left(limit) == (usage("100", "0", "100"), usage("3", "0", "3"))
    assert spend(scene, "40") is None
    assert left(limit) == (usage("100", "40", "60"), usage("3", "1", "2"))


def test_of_each_spend_alone(scene: Scene) -> None:
    limit = given(scene, window="PER_TRANSACTION", max_count=None, max_amount=Decimal(50))
    assert limit_figures([limit]) == {limit.id: LimitFigures()}
    assert spend(scene, "50") is None
    refusal = spend(scene, "50.01")
    assert refusal is not None
    assert refusal.code == "limit.exceeded"
    assert given(scene, window="PER_TRANSACTION", max_count=None, max_amount=Decimal(60)).version == 2
    assert life_of(limit.id) == [(1, "LimitCreated"), (2, "LimitChanged")]
    assert not Account.objects.filter(owner_id=limit.id).exists()


def test_an_ended_limit_binds_nobody(scene: Scene) -> None:
    limit = given(scene, max_amount=Decimal(50))
    ended = end_limit(limit.id, origin=ORIGIN, ended_by=scene.cast.bob.id, reason="Enough.")
    assert (ended.status, ended.version) == ("ENDED", 2)
    assert end_limit(limit.id, origin=ORIGIN, ended_by=scene.cast.bob.id, reason="Twice.").version == 2
    assert [(message, data["status"]) for message, data in told_of(limit.id)] == [
        ("LimitCreated", "ACTIVE"),
        ("LimitChanged", "ENDED"),
    ]
    assert spend(scene, "60") is None
    fresh = given(scene)
    assert fresh.id != limit.id
    assert left(fresh) == (usage("100", "0", "100"), usage("3", "0", "3"))


def test_a_limit_whose_envelope_was_never_opened_lets_nothing_pass(scene: Scene) -> None:
    alice = scene.cast.alice
    row = {"company_id": alice.company_id, "user_id": alice.id, "currency": "EUR", "zone": "UTC"}
    Limit.objects.create(**row, window="DAILY", max_amount=Decimal(100))
    refusal = spend(scene, "1")
    assert refusal is not None
    assert refusal.code == "budget.not_evaluable"


def test_what_makes_no_sense(scene: Scene) -> None:
    refused_at: list[tuple[dict[str, Any], str]] = [
        ({"max_amount": None, "max_count": None}, "/max_amount"),
        ({"window": "PER_TRANSACTION"}, "/max_count"),
    ]
    for nonsense, pointer in refused_at:
        with pytest.raises(InvalidInput) as refused:
            given(scene, **nonsense)
        assert refused.value.data["errors"][0]["pointer"] == pointer
    with pytest.raises(NotFound):
        end_limit(uuid4(), origin=ORIGIN, ended_by=None, reason="Where?")
    assert not Limit.objects.exists()


def test_a_company_that_moves_takes_its_limits_with_it(scene: Scene) -> None:
    limit = given(scene)
    moved = given(scene, calendar=Calendar("UTC"))
    assert (moved.id, moved.zone, moved.version) == (limit.id, "UTC", 2)
