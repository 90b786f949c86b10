"""GET /wallets and /wallets/{id}: by any id, filtered, paged, and only for eyes that may see them (R64, C24)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.scene import Scene, give_wallet, make_scene, problem_of, set_status
from wallets.models import Wallet

SEES = {
    "alice": {"alices"},
    "bob": {"alices", "bobs"},
    "charlie": {"charlies"},
    "frida": {"alices", "bobs", "charlies"},
    "conny": {"alices", "bobs", "charlies"},
    "audrey": {"alices", "bobs", "charlies"},
    "bookings": {"alices", "bobs", "charlies"},
}


def ids(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [row["wallet_id"] for row in rows]


def without_request(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {"request_id", "instance"}}


@pytest.mark.parametrize("caller", SEES)
def test_who_sees_which_wallet(scene: Scene, caller: str) -> None:
    client = api_as(getattr(scene.cast, caller))
    make_scene()  # another company: nobody here sees it
    listed = ids(client.get("/v1/wallets").json()["data"])
    assert sorted(listed) == sorted(str(getattr(scene, name).id) for name in SEES[caller])
    for name in ("alices", "bobs", "charlies"):
        expected = 200 if name in SEES[caller] else 404
        assert client.get(f"/v1/wallets/{getattr(scene, name).id}").status_code == expected


def test_what_is_hidden_looks_like_what_does_not_exist(scene: Scene) -> None:
    client, foreign = api_as(scene.cast.alice), make_scene()
    hidden = [foreign.alices.id, scene.charlies.id, scene.cast.charlie.id, foreign.cast.alice.id, uuid4()]
    for path in ("", "/balance", "/transactions", "/statement?from=2026-01-01"):
        answers = [client.get(f"/v1/wallets/{id}{path}") for id in hidden]
        bodies = [without_request(problem_of(answer, 404, "not_found")) for answer in answers]
        assert all(body == bodies[0] for body in bodies)
        headers = [{**answer.headers, "X-Request-Id": "", "Content-Length": ""} for answer in answers]
        assert all(header == headers[0] for header in headers)


def test_a_users_id_finds_the_primary_wallet_and_all_others(scene: Scene) -> None:
    alice, client = scene.cast.alice, api_as(scene.cast.alice)
    savings = give_wallet(alice, "7", type="SAVINGS", currency="USD")
    response = client.get(f"/wallets/{alice.id}")
    answer = response.json()
    others = answer.pop("wallets")
    assert answer == client.get(f"/wallets/{scene.alices.id}").json()
    assert ids(others) == [str(scene.alices.id), str(savings.id)]
    assert others[1] == client.get(f"/wallets/{savings.id}").json()
    assert response.headers["ETag"] == '"v2"'


def test_a_wallets_id_finds_that_wallet_alone(scene: Scene) -> None:
    answer = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}").json()
    assert answer["wallet_id"] == str(scene.alices.id)
    assert "wallets" not in answer


def test_a_user_without_primary_wallet_has_none_to_show(scene: Scene) -> None:
    nina = UserFactory(company=scene.cast.company)
    give_wallet(nina, type="SAVINGS")
    problem_of(api_as(scene.cast.frida).get(f"/v1/wallets/{nina.id}"), 404, "not_found")


def test_a_live_primary_wallet_comes_before_a_closed_one(scene: Scene) -> None:
    set_status(scene.bobs, "CLOSED", by=scene.cast.frida)
    client, bob = api_as(scene.cast.frida), scene.cast.bob
    assert client.get(f"/v1/wallets/{bob.id}").json()["status"] == "CLOSED"
    fresh = give_wallet(bob)
    answer = client.get(f"/v1/wallets/{bob.id}").json()
    assert (answer["wallet_id"], ids(answer["wallets"])) == (str(fresh.id), [str(fresh.id), str(scene.bobs.id)])


@pytest.mark.parametrize("id", ["0", "me", "0199d0a4-7f3e-7c1b-8a55", "%00", "%ff", "..", "0199D0A4%2F"])
def test_what_is_no_id_is_not_found(scene: Scene, id: str) -> None:
    problem_of(api_as(scene.cast.frida).get(f"/v1/wallets/{id}"), 404, "not_found")


@pytest.fixture
def several(scene: Scene) -> list[Wallet]:
    """All wallets of the company in the order of their opening."""
    alice, charlie = scene.cast.alice, scene.cast.charlie
    more = [
        give_wallet(alice, type="SAVINGS"),
        give_wallet(alice, type="SAVINGS", currency="USD"),
        give_wallet(charlie, type="BUSINESS", currency="USD"),
    ]
    set_status(more[2], "FROZEN", by=scene.cast.frida)
    return [scene.alices, scene.bobs, scene.charlies, *more]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("order=desc", [5, 4, 3, 2, 1, 0]),
        ("type=PRIMARY", [0, 1, 2]),
        ("currency=USD", [4, 5]),
        ("status=FROZEN", [5]),
        ("status=ACTIVE&currency=USD", [4]),
        ("type=SAVINGS&currency=EUR&order=desc", [3]),
        ("status=CLOSED", []),
    ],
)
def test_filters(scene: Scene, several: list[Wallet], filters: str, expected: list[int]) -> None:
    body = api_as(scene.cast.frida).get(f"/v1/wallets?{filters}").json()
    assert ids(body["data"]) == [str(several[index].id) for index in expected]
    assert body["page"] == {"next_cursor": None, "has_more": False}


def test_filter_by_user(scene: Scene, several: list[Wallet]) -> None:
    charlies = [str(several[2].id), str(several[5].id)]
    path = f"/v1/wallets?user_id={scene.cast.charlie.id}"
    assert ids(api_as(scene.cast.frida).get(path).json()["data"]) == charlies
    assert api_as(scene.cast.alice).get(path).json()["data"] == []


@pytest.mark.parametrize("filters", ["", "order=desc", "type=SAVINGS"])
def test_pages_follow_each_other_without_gap(scene: Scene, several: list[Wallet], filters: str) -> None:
    client = api_as(scene.cast.frida)
    whole = ids(client.get(f"/v1/wallets?{filters}").json()["data"])
    seen: list[str] = []
    query = f"?limit=1&{filters}"
    for _ in whole:
        body = client.get(f"/v1/wallets{query}").json()
        seen += ids(body["data"])
        assert body["page"]["has_more"] is (len(seen) < len(whole))
        query = f"?limit=1&cursor={body['page']['next_cursor']}"
    assert seen == whole


@pytest.mark.parametrize("limit", ["0", "201", "-1", "100000000000000000000", "1.0", "1e1", "", "a", "٣"])
def test_limits_are_whole_numbers_from_1_to_200(scene: Scene, limit: str) -> None:
    problem_of(api_as(scene.cast.frida).get("/v1/wallets", {"limit": limit}), 400, "pagination.invalid")


def test_cursors_are_signed_and_keep_their_filters(scene: Scene, several: list[Wallet]) -> None:
    client = api_as(scene.cast.frida)
    cursor = client.get("/v1/wallets?limit=1&type=PRIMARY").json()["page"]["next_cursor"]
    forged = ("x", "", cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "A" + cursor, "a" * 5000)
    for query in (
        *({"cursor": text} for text in forged),
        {"cursor": cursor, "type": "SAVINGS"},
        {"cursor": cursor, "order": "desc"},
    ):
        problem_of(client.get("/v1/wallets", query), 400, "pagination.invalid")
    problem_of(client.get("/v1/users", {"cursor": cursor}), 400, "pagination.invalid")
    assert len(client.get("/v1/wallets", {"cursor": cursor, "type": "PRIMARY"}).json()["data"]) == 2


def test_a_cursor_shows_its_bearer_only_what_he_may_see(scene: Scene, several: list[Wallet]) -> None:
    cursor = api_as(scene.cast.frida).get("/v1/wallets?limit=1").json()["page"]["next_cursor"]
    seen = ids(api_as(scene.cast.charlie).get("/v1/wallets", {"cursor": cursor}).json()["data"])
    assert seen == [str(scene.charlies.id), str(several[5].id)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=red", "request.validation"),
        ("status=active", "request.validation"),
        ("user_id=alice", "request.validation"),
        ("status=ACTIVE&status=FROZEN", "request.validation"),
        ("order=up", "request.validation"),
        ("currency=XXX", "currency.unsupported"),
        ("type=%00", "request.malformed"),
        ("limit=0&colour=red", "request.validation"),
    ],
)
def test_wrong_parameters_are_refused(scene: Scene, query: str, code: str) -> None:
    problem_of(api_as(scene.cast.frida).get(f"/v1/wallets?{query}"), 400, code)


def test_the_seeds_routes_answer_without_prefix(scene: Scene) -> None:
    client, id = api_as(scene.cast.alice), scene.alices.id
    for path in ("", f"/{id}", f"/{id}/transactions", f"/{id}/statement?from=2026-01-01&to=2026-01-31"):
        bare, prefixed = client.get(f"/wallets{path}"), client.get(f"/v1/wallets{path}")
        assert (bare.status_code, bare.json()) == (200, prefixed.json())
    bare, prefixed = client.get(f"/wallets/{id}/balance"), client.get(f"/v1/wallets/{id}/balance")
    assert {**bare.json(), "as_of": ""} == {**prefixed.json(), "as_of": ""}


@pytest.mark.parametrize("path", ["/wallets/", "/v1/wallets/", "/transfers", "/users", "/me", "/v2/wallets"])
def test_nothing_else_does(scene: Scene, path: str) -> None:
    problem_of(api_as(scene.cast.frida).get(path), 404, "not_found")


def test_account_data_are_not_for_caches(scene: Scene) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
