"""POST /wallets/{id}/transactions: other services credit and debit; the reference is the key (R69, R8, C8, C11)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from ledger.selectors.balances import system_balances
from tests.compliance.clients import api_as
from tests.compliance.factories import ServiceAccountFactory
from tests.wallets.scene import (
    Scene,
    available,
    give_wallet,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    set_status,
)
from wallets.models import Wallet
from wallets.services.bookings import clearing_account


def booking(type: str = "DEBIT", amount: str = "12.5", **more: Any) -> dict[str, Any]:
    reference = {"reference_id": "booking-4711", "reference_type": "booking"}
    return {"type": type, "amount": amount, "currency": "EUR", **reference, **more}


def path_of(wallet: Wallet, query: str = "") -> str:
    return f"/wallets/{wallet.id}/transactions{query}"


@pytest.fixture
def service(scene: Scene) -> APIClient:
    return api_as(scene.cast.bookings)


@pytest.mark.parametrize(("type", "balance"), [("DEBIT", "87.50"), ("CREDIT", "112.50")])
def test_it_is_answered_as_documented(scene: Scene, service: APIClient, type: str, balance: str) -> None:
    response = service.post(path_of(scene.alices), booking(type, description="Train to Hamburg"))
    assert response.status_code == 201
    answer = response.json()
    assert answer == {
        "txn_id": answer["txn_id"],
        "wallet_id": str(scene.alices.id),
        "type": type,
        "amount": "12.50",
        "currency": "EUR",
        "description": "Train to Hamburg",
        "status": "COMPLETED",
        "state": "COMPLETED",
        "reference_id": "booking-4711",
        "reference_type": "booking",
        "balance_after": balance,
        "created_at": answer["created_at"],
        "new_balance": balance,
    }
    line = service.get(path_of(scene.alices, "?limit=1")).json()["transactions"][0]
    assert {**line, "new_balance": balance} == answer


@pytest.mark.parametrize(("type", "document"), [("DEBIT", "PAYMENT"), ("CREDIT", "DEPOSIT")])
def test_the_other_side_is_the_companys_clearing_account(
    scene: Scene, service: APIClient, type: str, document: str
) -> None:
    txn_id = service.post(path_of(scene.alices), booking(type, metadata={"seat": "7A"})).json()["txn_id"]
    clearing = clearing_account(scene.cast.company.id, "EUR").id
    assert system_balances([clearing])[clearing] == 100 - available(scene.alices)
    shown = service.get(f"/v1/transactions/{txn_id}").json()
    assert (shown["type"], shown["metadata"], shown["initiated_by"]) == (
        document,
        {"seat": "7A"},
        str(scene.cast.bookings.id),
    )


def test_the_same_booking_again_is_answered_not_repeated(scene: Scene, service: APIClient) -> None:
    first = service.post(path_of(scene.alices), booking())
    with nothing_recorded():
        for path in (path_of(scene.alices), f"/v1{path_of(scene.alices)}"):
            again = service.post(path, booking())
            assert (again.status_code, again.content) == (201, first.content)
            assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("changes", [{"amount": "12.51"}, {"description": "Bus"}, {"metadata": {"seat": "7B"}}])
def test_a_reference_names_one_booking_for_ever(scene: Scene, service: APIClient, changes: dict[str, Any]) -> None:
    service.post(path_of(scene.alices), booking())
    with nothing_recorded():
        problem_of(service.post(path_of(scene.alices), booking(**changes)), 409, "transfer.duplicate_reference")


def test_a_reference_is_unique_in_the_company_per_type(scene: Scene, service: APIClient) -> None:
    service.post(path_of(scene.alices), booking())
    with nothing_recorded():
        other_wallet = service.post(path_of(scene.bobs), booking())
        other_service = api_as(ServiceAccountFactory(company=scene.cast.company))
        problem_of(other_wallet, 409, "transfer.duplicate_reference")
        again = other_service.post(path_of(scene.alices), booking())
        assert again.headers["Idempotent-Replayed"] == "true"
    assert service.post(path_of(scene.alices), booking("CREDIT")).status_code == 201
    assert service.post(path_of(scene.alices), booking(reference_type="refund")).status_code == 201
    assert service.post(path_of(scene.alices), booking(reference_id="booking-4712")).status_code == 201
    foreign = make_scene()
    assert api_as(foreign.cast.bookings).post(path_of(foreign.alices), booking()).status_code == 201


def test_a_refusal_is_kept_under_its_reference(scene: Scene, service: APIClient) -> None:
    with nothing_moved():
        first = service.post(path_of(scene.bobs), booking())
    problem = problem_of(first, 422, "funds.insufficient")
    assert service.get(f"/v1/transactions/{problem['txn_id']}").json()["status"] == "FAILED"
    service.post(path_of(scene.bobs), booking("CREDIT", "500"))
    again = service.post(path_of(scene.bobs), booking())
    assert (again.status_code, again.content) == (422, first.content)
    assert available(scene.bobs) == 500


@pytest.mark.parametrize(
    ("status", "type", "code"),
    [
        ("SUSPENDED", "DEBIT", "wallet.suspended"),
        ("SUSPENDED", "CREDIT", None),
        ("FROZEN", "DEBIT", "wallet.frozen"),
        ("FROZEN", "CREDIT", "wallet.frozen"),
        ("CLOSED", "CREDIT", "wallet.closed"),
    ],
)
def test_statuses_hold_here_too(scene: Scene, service: APIClient, status: str, type: str, code: str | None) -> None:
    wallet = give_wallet(scene.cast.alice, "0" if status == "CLOSED" else "100", type="SAVINGS")
    set_status(wallet, status, by=scene.cast.frida)
    response = service.post(path_of(wallet), booking(type))
    if code is None:
        assert response.status_code == 201
    else:
        problem_of(response, 422, code)


def test_currencies_must_match(scene: Scene, service: APIClient) -> None:
    problem_of(service.post(path_of(scene.alices), booking(currency="USD")), 422, "currency.mismatch")
    problem_of(service.post(path_of(scene.alices), booking(currency="XXX")), 400, "currency.unsupported")


@pytest.mark.parametrize("type", ["DEBIT", "CREDIT"])
def test_a_rehearsal_does_nothing(scene: Scene, service: APIClient, type: str) -> None:
    with nothing_recorded():
        response = service.post(path_of(scene.alices, "?dry_run=true"), booking(type))
    after = {"DEBIT": "87.50", "CREDIT": "112.50"}[type]
    assert (response.status_code, response.json()) == (
        200,
        {
            "would_apply": True,
            "refusals": [],
            "effects": [{"wallet_id": str(scene.alices.id), "bucket": "AVAILABLE", "before": "100.00", "after": after}],
        },
    )
    assert service.post(path_of(scene.alices), booking(type)).status_code == 201
    with nothing_recorded():
        refused = service.post(path_of(scene.bobs, "?dry_run=true"), booking(reference_id="other")).json()
    assert [refusal["code"] for refusal in refused["refusals"]] == ["funds.insufficient"]


@pytest.mark.parametrize("caller", ["alice", "bob", "frida", "conny", "audrey"])
def test_people_do_not_book(scene: Scene, caller: str) -> None:
    with nothing_recorded():
        response = api_as(getattr(scene.cast, caller)).post(path_of(scene.alices), booking())
    problem_of(response, 403, "auth.forbidden")


def test_a_service_without_the_scope_does_not_either(scene: Scene) -> None:
    reader = ServiceAccountFactory(company=scene.cast.company, scope_names=["wallets:read", "transfers:write"])
    with nothing_recorded():
        problem_of(api_as(reader).post(path_of(scene.alices), booking()), 403, "auth.forbidden")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "TRANSFER_IN"}, "/type"),
        ({"type": "debit"}, "/type"),
        ({"type": None}, "/type"),
        ({"reference_id": ""}, "/reference_id"),
        ({"reference_id": None}, "/reference_id"),
        ({"reference_id": 4711}, "/reference_id"),
        ({"reference_id": "x" * 101}, "/reference_id"),
        ({"reference_type": "x" * 51}, "/reference_type"),
        ({"description": "x" * 501}, "/description"),
        ({"metadata": {"": 1}}, "/metadata"),
        ({"balance_after": "1"}, "/balance_after"),
        ({"wallet_id": "1"}, "/wallet_id"),
    ],
)
def test_wrong_fields_are_named(scene: Scene, service: APIClient, changes: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        problem = problem_of(service.post(path_of(scene.alices), booking() | changes), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
