"""/v1/me and /v1/users: people together with the wallets that come with them (R78, R79)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from compliance.models import AuditRecord, DataAccessLog, Team, User
from tests.compliance.clients import api_as
from tests.compliance.factories import TeamFactory
from tests.wallets.scene import Scene, give_wallet, make_scene, nothing_recorded, problem_of
from wallets.models import Wallet

NINA = {"email": "Nina.Berg@Nordwind.example", "first_name": "Nina", "last_name": "Berg"}
EVERYBODY = {"alice", "bob", "charlie", "frida", "conny", "audrey"}
SEES = {
    "alice": {"alice"},
    "bob": {"alice", "bob"},
    "charlie": {"charlie"},
    "frida": EVERYBODY,
    "conny": EVERYBODY,
    "audrey": EVERYBODY,
    "bookings": EVERYBODY,
}


def test_me(scene: Scene) -> None:
    savings = give_wallet(scene.cast.alice, "7", type="SAVINGS", currency="USD")
    client = api_as(scene.cast.alice)
    answer = client.get("/v1/me").json()
    assert answer == {
        "user": client.get(f"/v1/users/{scene.cast.alice.id}").json(),
        "wallets": [client.get(f"/v1/wallets/{wallet.id}").json() for wallet in (scene.alices, savings)],
    }


def test_my_wallets_are_mine_alone(scene: Scene) -> None:
    for person, expected in ((scene.cast.bob, [scene.bobs]), (scene.cast.frida, [])):
        wallets = api_as(person).get("/v1/me").json()["wallets"]
        assert [wallet["wallet_id"] for wallet in wallets] == [str(wallet.id) for wallet in expected]


def test_a_service_is_nobody(scene: Scene) -> None:
    problem_of(api_as(scene.cast.bookings).get("/v1/me"), 403, "auth.forbidden")


@pytest.mark.parametrize("caller", SEES)
def test_who_is_listed(scene: Scene, caller: str) -> None:
    make_scene()
    listed = api_as(getattr(scene.cast, caller)).get("/v1/users").json()["data"]
    assert {row["user_id"] for row in listed} == {str(getattr(scene.cast, name).id) for name in SEES[caller]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=EMPLOYEE", ["alice", "charlie"]),
        ("role=AUDITOR", ["audrey"]),
        ("status=SUSPENDED", []),
        ("status=ACTIVE&role=MANAGER", ["bob"]),
        ("role=EMPLOYEE&order=desc", ["charlie", "alice"]),
    ],
)
def test_filters(scene: Scene, query: str, expected: list[str]) -> None:
    rows = api_as(scene.cast.frida).get(f"/v1/users?{query}").json()["data"]
    assert {row["user_id"] for row in rows} == {str(getattr(scene.cast, name).id) for name in expected}


def test_filter_by_team(scene: Scene) -> None:
    client, team = api_as(scene.cast.frida), scene.cast.alice.team
    assert team is not None
    rows = client.get(f"/v1/users?team_id={team.id}").json()["data"]
    assert {row["first_name"] for row in rows} == {"Alice", "Bob"}
    assert client.get(f"/v1/users?team_id={uuid4()}").json()["data"] == []


def test_pages(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    whole = client.get("/v1/users").json()["data"]
    seen: list[Any] = []
    query: dict[str, Any] = {"limit": 4}
    while True:
        body = client.get("/v1/users", query).json()
        seen += body["data"]
        if not body["page"]["has_more"]:
            break
        query = {"limit": 4, "cursor": body["page"]["next_cursor"]}
    assert seen == whole


def test_a_look_at_others_is_recorded(scene: Scene) -> None:
    api_as(scene.cast.frida).get("/v1/users?role=EMPLOYEE")
    looks = DataAccessLog.objects.filter(actor_id=scene.cast.frida.id)
    assert {look.subject_id for look in looks} == {scene.cast.alice.id, scene.cast.charlie.id}


def create(scene: Scene, caller: str = "frida", **more: Any) -> Any:
    return api_as(getattr(scene.cast, caller)).post("/v1/users", {**NINA, **more})


def test_a_user_is_created_as_documented(scene: Scene) -> None:
    team = TeamFactory(company=scene.cast.company)
    response = create(scene, role="MANAGER", team_id=str(team.id))
    assert response.status_code == 201
    answer = response.json()
    assert answer == {
        "user_id": answer["user_id"],
        "email": "nina.berg@nordwind.example",
        "first_name": "Nina",
        "last_name": "Berg",
        "role": "MANAGER",
        "company_id": str(scene.cast.company.id),
        "team_id": str(team.id),
        "status": "ACTIVE",
        "created_at": answer["created_at"],
        "updated_at": answer["updated_at"],
        "version": 1,
    }
    assert response.headers["ETag"] == '"v1"'
    assert not Wallet.objects.filter(user_id=answer["user_id"]).exists()
    assert AuditRecord.objects.filter(entity_id=answer["user_id"]).count() == 1
    assert api_as(scene.cast.frida).get(f"/v1/users/{answer['user_id']}").json() == answer


def test_with_a_currency_comes_a_primary_wallet(scene: Scene) -> None:
    answer = create(scene, caller="bookings", currency="USD").json()
    wallet = api_as(scene.cast.frida).get(f"/v1/wallets/{answer['user_id']}").json()
    shown = {name: wallet[name] for name in ("type", "currency", "balance", "status", "version")}
    assert shown == {"type": "PRIMARY", "currency": "USD", "balance": "0.00", "status": "ACTIVE", "version": 1}
    assert len(wallet["wallets"]) == 1


@pytest.mark.parametrize("currency", ["BTC", "XXX", "usd"])
def test_a_currency_that_wallets_cannot_hold(scene: Scene, currency: str) -> None:
    with nothing_recorded():
        problem = problem_of(create(scene, currency=currency), 400, "currency.unsupported")
    assert problem["errors"][0]["pointer"] == "/currency"


def test_an_address_is_taken_once_in_any_spelling(scene: Scene) -> None:
    create(scene)
    with nothing_recorded():
        problem = problem_of(
            create(scene, email="NINA.BERG@nordwind.EXAMPLE", currency="EUR"), 400, "request.validation"
        )
    assert problem["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("caller", ["alice", "bob", "conny", "audrey"])
def test_others_create_nobody(scene: Scene, caller: str) -> None:
    with nothing_recorded():
        problem_of(create(scene, caller=caller), 403, "auth.forbidden")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "nina"}, "/email"),
        ({"email": None}, "/email"),
        ({"first_name": ""}, "/first_name"),
        ({"last_name": "x" * 101}, "/last_name"),
        ({"role": "SYSTEM"}, "/role"),
        ({"role": "finance"}, "/role"),
        ({"team_id": "7"}, "/team_id"),
        ({"team_id": str(uuid4())}, "/team_id"),
        ({"company_id": str(uuid4())}, "/company_id"),
        ({"is_staff": True}, "/is_staff"),
        ({"password": "a quiet winter evening"}, "/password"),
        ({"status": "ACTIVE"}, "/status"),
    ],
)
def test_wrong_fields_are_named(scene: Scene, changes: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        problem = problem_of(create(scene, **changes), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_team_of_another_company_is_unknown(scene: Scene) -> None:
    foreign = Team.objects.exclude(company=scene.cast.company).first() or TeamFactory()
    with nothing_recorded():
        problem = problem_of(create(scene, team_id=str(foreign.id)), 400, "request.validation")
    assert problem["errors"][0]["pointer"] == "/team_id"
    assert not User.objects.filter(email="nina.berg@nordwind.example").exists()
