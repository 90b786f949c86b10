"""UserCreated: the person and the PRIMARY wallet, once (R41, R78)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from compliance.models import AuditRecord, User
from ledger.ids import new_id
from ledger.services.inbox import Delivery
from tests.compliance.factories import ServiceAccountFactory
from tests.wallets.incoming import booked, broken, joined, outcome_of, row_of, take
from tests.wallets.scene import Scene, nothing_recorded
from wallets.models import Wallet


def id_of(envelope: dict[str, Any]) -> UUID:
    return UUID(envelope["data"]["user_id"])


def test_a_person_comes_with_a_wallet(scene: Scene) -> None:
    envelope = joined(scene.cast.company.id)
    assert outcome_of(take(envelope)) == ("PROCESSED", "")
    user = User.objects.get(id=id_of(envelope))
    assert (user.company_id, user.role, user.get_full_name(), user.email) == (
        scene.cast.company.id,
        "EMPLOYEE",
        "Dora Sommer",
        envelope["data"]["email"],
    )
    assert not user.has_usable_password()
    wallet = Wallet.objects.get(user=user)
    assert (wallet.type, wallet.currency, wallet.status) == ("PRIMARY", "EUR", "ACTIVE")
    audited = AuditRecord.objects.get(entity_id=user.id)
    assert (audited.event_type, audited.correlation_id) == ("user.created", str(row_of(envelope).id))
    assert not broken()


def test_the_wallet_has_the_currency_that_is_named(scene: Scene) -> None:
    envelope = joined(scene.cast.company.id)
    envelope["data"]["currency"] = "USD"
    take(envelope)
    assert Wallet.objects.get(user_id=id_of(envelope)).currency == "USD"


def test_a_person_who_is_here_already_stays_as_he_is(scene: Scene) -> None:
    envelope = joined(scene.cast.company.id)
    take(envelope)
    again = joined(scene.cast.company.id, user_id=id_of(envelope))
    again["data"] |= {"first_name": "Other", "role": "FINANCE"}
    with nothing_recorded():
        assert outcome_of(take(again)) == ("PROCESSED", "")
    assert User.objects.get(id=id_of(envelope)).role == "EMPLOYEE"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "not an address"}, "/email"),
        ({"role": "KING"}, "/role"),
        ({"role": None}, "/role"),
        ({"company_id": str(new_id())}, "/company_id"),
        ({"currency": "XYZ"}, "/currency"),
    ],
)
def test_what_is_not_a_person_fails(scene: Scene, changes: dict[str, Any], pointer: str) -> None:
    envelope = joined(scene.cast.company.id)
    envelope["data"] |= changes
    with nothing_recorded():
        receipt = take(envelope)
    assert receipt.status == "FAILED"
    assert receipt.error_code in {"request.validation", "currency.unsupported"}
    assert f"({pointer})" in receipt.error_detail


def test_an_address_or_an_id_of_somebody_else_fails(scene: Scene) -> None:
    taken, foreign = joined(scene.cast.company.id), joined(scene.cast.company.id, user_id=scene.cast.alice.id)
    taken["data"]["email"] = scene.cast.alice.email
    with nothing_recorded():
        assert outcome_of(take(taken)) == ("FAILED", "request.validation")
        assert outcome_of(take(foreign)) == ("FAILED", "request.validation")


def test_a_program_makes_no_people_for_another_company(scene: Scene) -> None:
    account = ServiceAccountFactory()
    delivery = Delivery(account_id=account.id, company_id=account.company_id)
    with nothing_recorded():
        assert outcome_of(take(joined(scene.cast.company.id), delivery)) == ("FAILED", "request.validation")


def test_a_booking_may_be_faster_than_its_person(scene: Scene) -> None:
    """It waits for the person; the new wallet is empty, so it is refused then."""
    person = joined(scene.cast.company.id)
    early = booked(User(id=id_of(person)), booking="B-1")
    assert take(early).waiting_for == f"user:{id_of(person)}"
    take(person)
    assert (row_of(early).status, row_of(early).error_code) == ("PROCESSED", "funds.insufficient")
