"""POST /wallets: who gets which wallet, and where its opening balance comes from (R65, R73, C5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from compliance.models import User
from ledger.selectors.balances import system_balances
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.scene import Scene, available, give_wallet, nothing_recorded, problem_of, send, set_status
from wallets.models import Wallet
from wallets.services.wallets import funding_account


@pytest.fixture
def newcomer(scene: Scene) -> User:
    """In alice's and bob's team, without a wallet."""
    user: User = UserFactory(company=scene.cast.company, team=scene.cast.alice.team, first_name="Nina")
    return user


def wish(owner: User, **more: Any) -> dict[str, Any]:
    return {"user_id": str(owner.id), "currency": "EUR", **more}


def test_a_wallet_is_answered_as_documented(scene: Scene, newcomer: User) -> None:
    response = api_as(scene.cast.frida).post("/v1/wallets", wish(newcomer, initial_balance="125.5"))
    assert response.status_code == 201
    answer = response.json()
    wallet_id, created_at, updated_at = (answer.pop(name) for name in ("wallet_id", "created_at", "updated_at"))
    assert answer == {
        "user_id": str(newcomer.id),
        "type": "PRIMARY",
        "currency": "EUR",
        "status": "ACTIVE",
        "balance": "125.50",
        "available": "125.50",
        "pending": "0.00",
        "reserved": "0.00",
        "version": 2,
    }
    assert created_at.endswith("Z")
    assert updated_at.endswith("Z")
    assert response.headers["ETag"] == '"v2"'
    assert available(Wallet.objects.get(id=wallet_id)) == Decimal("125.50")


def test_what_is_answered_is_what_is_shown_afterwards(scene: Scene, newcomer: User) -> None:
    client = api_as(scene.cast.frida)
    for type, balance in (("PRIMARY", "12.3456"), ("SAVINGS", "0")):
        opened = client.post("/v1/wallets", wish(newcomer, type=type, initial_balance=balance))
        shown = client.get(f"/v1/wallets/{opened.json()['wallet_id']}")
        assert shown.json() == {**opened.json(), "updated_at": shown.json()["updated_at"]}
        assert shown.headers["ETag"] == opened.headers["ETag"]


def test_without_more_it_is_an_empty_primary_wallet(scene: Scene, newcomer: User) -> None:
    response = api_as(scene.cast.frida).post("/v1/wallets", wish(newcomer))
    answer = response.json()
    assert (answer["type"], answer["balance"], answer["version"]) == ("PRIMARY", "0.00", 1)
    assert response.headers["ETag"] == '"v1"'


def test_the_opening_balance_comes_from_the_companys_funding(scene: Scene, newcomer: User) -> None:
    funding = funding_account(scene.cast.company.id, "EUR").id
    before = system_balances([funding])[funding]
    client = api_as(scene.cast.frida)
    wallet_id = client.post("/v1/wallets", wish(newcomer, initial_balance="125.50")).json()["wallet_id"]
    assert system_balances([funding])[funding] == before - Decimal("125.50")
    (line,) = client.get(f"/v1/wallets/{wallet_id}/transactions").json()["transactions"]
    assert (line["type"], line["amount"], line["balance_after"]) == ("CREDIT", "125.50", "125.50")
    document = client.get(f"/v1/transactions/{line['txn_id']}").json()
    assert (document["type"], document["source_wallet_id"], document["destination_wallet_id"]) == (
        "DEPOSIT",
        None,
        wallet_id,
    )


def test_one_primary_wallet_per_person(scene: Scene) -> None:
    with nothing_recorded():
        response = api_as(scene.cast.frida).post("/v1/wallets", wish(scene.cast.alice, currency="USD"))
    problem = problem_of(response, 409, "wallet.already_exists")
    assert problem["existing_id"] == str(scene.alices.id)


def test_one_wallet_per_person_type_and_currency(scene: Scene) -> None:
    client, alice = api_as(scene.cast.frida), scene.cast.alice
    opened = [
        client.post("/v1/wallets", wish(alice, type=type, currency=currency))
        for type, currency in (("SAVINGS", "EUR"), ("SAVINGS", "USD"), ("BUSINESS", "EUR"))
    ]
    assert [response.status_code for response in opened] == [201, 201, 201]
    with nothing_recorded():
        second = client.post("/v1/wallets", wish(alice, type="SAVINGS", currency="USD"))
    assert problem_of(second, 409, "wallet.already_exists")["existing_id"] == opened[1].json()["wallet_id"]


def test_a_closed_wallet_makes_room_for_a_new_one(scene: Scene) -> None:
    set_status(scene.bobs, "CLOSED", by=scene.cast.frida)
    response = api_as(scene.cast.frida).post("/v1/wallets", wish(scene.cast.bob))
    assert response.status_code == 201
    assert response.json()["wallet_id"] != str(scene.bobs.id)


def test_who_cannot_be_seen_cannot_be_given_a_wallet(scene: Scene) -> None:
    bob, foreigner = api_as(scene.cast.bob), UserFactory()
    with nothing_recorded():
        answers = [bob.post("/v1/wallets", wish(owner)) for owner in (scene.cast.charlie, foreigner, User(id=uuid4()))]
    problems = [problem_of(answer, 400, "request.validation") for answer in answers]
    for problem in problems:
        assert [error["pointer"] for error in problem["errors"]] == ["/user_id"]
        del problem["request_id"]
    assert problems[0] == problems[1] == problems[2]


@pytest.mark.parametrize("currency", ["BTC", "USDC-ETH", "EURO", "eur", "", "X" * 17])
def test_wallets_hold_four_currencies(scene: Scene, newcomer: User, currency: str) -> None:
    with nothing_recorded():
        response = api_as(scene.cast.frida).post("/v1/wallets", wish(newcomer, currency=currency))
    problem = problem_of(response, 400, "currency.unsupported")
    assert problem["errors"][0]["pointer"] == "/currency"


@pytest.mark.parametrize(
    "intruder",
    ["id", "wallet_id", "owner", "company_id", "status", "balance", "available", "reserved", "version", "created_at"],
)
def test_nothing_else_can_be_set(scene: Scene, newcomer: User, intruder: str) -> None:
    """Mass assignment."""
    with nothing_recorded():
        response = api_as(scene.cast.frida).post("/v1/wallets", {**wish(newcomer), intruder: "1"})
    problem = problem_of(response, 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [f"/{intruder}"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"user_id": 7}, "/user_id"),
        ({"user_id": "urn:uuid:0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001"}, "/user_id"),
        ({"user_id": None}, "/user_id"),
        ({"type": "primary"}, "/type"),
        ({"type": ["PRIMARY"]}, "/type"),
        ({"currency": 978}, "/currency"),
        ({"currency": None}, "/currency"),
    ],
)
def test_wrong_fields_are_named(scene: Scene, newcomer: User, changes: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        response = api_as(scene.cast.frida).post("/v1/wallets", {**wish(newcomer), **changes})
    assert [error["pointer"] for error in problem_of(response, 400, "request.validation")["errors"]] == [pointer]


def test_a_key_is_optional_and_honoured(scene: Scene, newcomer: User) -> None:
    client, body = api_as(scene.cast.frida), wish(newcomer, initial_balance="5")
    first = send(client, "/v1/wallets", body)
    with nothing_recorded():
        again = send(client, "/v1/wallets", body)
        other = send(client, "/v1/wallets", {**body, "initial_balance": "6"})
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    problem_of(other, 422, "idempotency.key_reused")


def test_a_refusal_is_kept_under_its_key(scene: Scene) -> None:
    client, body = api_as(scene.cast.frida), wish(scene.cast.bob)
    first = send(client, "/v1/wallets", body)
    problem_of(first, 409, "wallet.already_exists")
    set_status(scene.bobs, "CLOSED", by=scene.cast.frida)
    again = send(client, "/v1/wallets", body)
    assert (again.status_code, again.content) == (409, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert send(client, "/v1/wallets", body, key="another").status_code == 201


def test_a_service_opens_wallets_too(scene: Scene, newcomer: User) -> None:
    assert api_as(scene.cast.bookings).post("/wallets", wish(newcomer)).status_code == 201
    assert list(Wallet.objects.filter(user=newcomer).values_list("type", flat=True)) == ["PRIMARY"]


def test_people_hold_the_same_wallet_type_independently(scene: Scene, newcomer: User) -> None:
    assert give_wallet(newcomer).id != scene.alices.id
