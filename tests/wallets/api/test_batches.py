"""POST /v1/transfers/batch: each row for itself, or all together."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.wallets.scene import (
    Scene,
    available,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    set_status,
    transfer_body,
)

PATH = "/v1/transfers/batch"


def row(key: str, *arguments: Any, **more: Any) -> dict[str, Any]:
    return {"idempotency_key": key, **transfer_body(*arguments, **more)}


def batch(scene: Scene, rows: list[dict[str, Any]], *, atomic: bool, caller: str = "alice") -> Any:
    return api_as(getattr(scene.cast, caller)).post(PATH, {"atomic": atomic, "transfers": rows})


def outcomes(response: Any) -> list[str]:
    """Per row COMPLETED or the code of its problem."""
    assert response.status_code == 200, response.json()
    results = response.json()["results"]
    assert [result["index"] for result in results] == list(range(len(results)))
    return [result["problem"]["code"] if "problem" in result else result["status"] for result in results]


def three(scene: Scene, middle: str = "20") -> list[dict[str, Any]]:
    return [row(f"r{i}", scene.alices, scene.bobs, amount) for i, amount in enumerate(("10", middle, "30"))]


@pytest.mark.parametrize("atomic", [False, True])
def test_it_is_answered_as_documented(scene: Scene, atomic: bool) -> None:
    response = batch(scene, three(scene), atomic=atomic)
    assert response.status_code == 200
    results = response.json()["results"]
    assert all(set(result) == {"index", "status", "txn_id"} for result in results)
    assert outcomes(response) == ["COMPLETED"] * 3
    assert len({result["txn_id"] for result in results}) == 3
    assert (available(scene.alices), available(scene.bobs)) == (40, 60)
    assert api_as(scene.cast.alice).get(f"/v1/transactions/{results[1]['txn_id']}").json()["amount"] == "20.00"


def test_a_refused_row_harms_nobody(scene: Scene) -> None:
    response = batch(scene, three(scene, "2000"), atomic=False)
    assert outcomes(response) == ["COMPLETED", "funds.insufficient", "COMPLETED"]
    assert available(scene.alices) == 60
    refused = response.json()["results"][1]
    problem = refused["problem"]
    assert (refused["status"], problem["status"], problem["txn_id"]) == ("REFUSED", 422, refused["txn_id"])
    assert problem["gates"][0]["available"] == "90.00"


def test_rows_are_decided_in_order(scene: Scene) -> None:
    rows = [
        row("a", scene.bobs, scene.alices, "1"),  # bob has nothing yet
        row("b", scene.alices, scene.bobs, "100"),
        row("c", scene.bobs, scene.alices, "1"),
    ]
    assert outcomes(batch(scene, rows, atomic=False, caller="frida")) == [
        "funds.insufficient",
        "COMPLETED",
        "COMPLETED",
    ]
    assert available(scene.alices) == 1


def test_all_or_none(scene: Scene) -> None:
    with nothing_moved():
        response = batch(scene, three(scene, "2000"), atomic=True)
    problem = problem_of(response, 422, "funds.insufficient")
    assert problem["index"] == 1
    assert problem["gates"][0]["available"] == "90.00"  # after the first row


def test_only_the_row_that_stopped_a_unit_has_used_its_key(scene: Scene) -> None:
    batch(scene, three(scene, "2000"), atomic=True)
    rows = three(scene, "2000")
    assert outcomes(batch(scene, [rows[0], rows[2]], atomic=False)) == ["COMPLETED", "COMPLETED"]
    set_status(scene.bobs, "FROZEN", by=scene.cast.frida)  # the stored refusal is told, not a new one
    assert outcomes(batch(scene, [rows[1]], atomic=False)) == ["funds.insufficient"]


@pytest.mark.parametrize("atomic", [False, True])
def test_a_repeated_batch_has_no_second_effect(scene: Scene, atomic: bool) -> None:
    first = batch(scene, three(scene), atomic=atomic)
    with nothing_recorded():
        again = batch(scene, three(scene), atomic=atomic)
    assert again.json() == first.json()
    assert available(scene.alices) == 40


def test_a_repeated_refused_unit_is_refused_again(scene: Scene) -> None:
    first = batch(scene, three(scene, "2000"), atomic=True)
    with nothing_recorded():
        again = batch(scene, three(scene, "2000"), atomic=True)
    for response in (first, again):
        problem_of(response, 422, "funds.insufficient")
    assert {**again.json(), "request_id": ""} == {**first.json(), "request_id": ""}


def test_a_half_known_batch_adds_what_is_new(scene: Scene) -> None:
    rows = three(scene)
    first = batch(scene, rows[:2], atomic=True).json()["results"]
    second = batch(scene, rows, atomic=True).json()["results"]
    assert [result["txn_id"] for result in second[:2]] == [result["txn_id"] for result in first]
    assert available(scene.alices) == 40


def test_a_reused_key_is_its_rows_problem(scene: Scene) -> None:
    batch(scene, three(scene)[:1], atomic=False)
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs), key="single")
    rows = [
        row("r0", scene.alices, scene.bobs, "11"),  # its amount was 10
        row("single", scene.alices, scene.bobs),  # a key of another route
        row("new", scene.alices, scene.bobs, "1"),
    ]
    assert outcomes(batch(scene, rows, atomic=False)) == [
        "idempotency.key_reused",
        "idempotency.key_reused",
        "COMPLETED",
    ]
    with nothing_recorded():
        unit = batch(scene, [row("newer", scene.alices, scene.bobs, "1"), rows[0]], atomic=True)
    assert problem_of(unit, 422, "idempotency.key_reused")["index"] == 1


@pytest.mark.parametrize("atomic", [False, True])
def test_twins_are_one(scene: Scene, atomic: bool) -> None:
    twin = row("twin", scene.alices, scene.bobs, "10")
    response = batch(scene, [twin, twin, twin], atomic=atomic)
    assert outcomes(response) == ["COMPLETED"] * 3
    assert len({result["txn_id"] for result in response.json()["results"]}) == 1
    assert available(scene.alices) == 90


def test_twins_that_differ_are_a_reused_key(scene: Scene) -> None:
    rows = [row("twin", scene.alices, scene.bobs, "10"), row("twin", scene.alices, scene.bobs, "11")]
    with nothing_recorded():
        assert problem_of(batch(scene, rows, atomic=True), 422, "idempotency.key_reused")["index"] == 1
    assert outcomes(batch(scene, rows, atomic=False)) == ["COMPLETED", "idempotency.key_reused"]
    assert available(scene.alices) == 90


def test_refused_twins_share_their_refusal(scene: Scene) -> None:
    twin = row("twin", scene.alices, scene.bobs, "1000")
    response = batch(scene, [twin, twin], atomic=False)
    assert outcomes(response) == ["funds.insufficient"] * 2
    assert len({result["txn_id"] for result in response.json()["results"]}) == 1


def test_a_callers_keys_are_his_own(scene: Scene) -> None:
    body = [row("shared", scene.alices, scene.bobs)]
    for caller in ("alice", "bob", "frida"):
        assert outcomes(batch(scene, body, atomic=False, caller=caller)) == ["COMPLETED"]
    assert available(scene.alices) == 70


def strangers(scene: Scene) -> list[dict[str, Any]]:
    """A good row, one from a wallet that alice cannot see, one to a wallet that does not exist."""
    return [
        row("good", scene.alices, scene.bobs),
        row("hidden", scene.charlies, scene.alices),
        {**row("unknown", scene.alices, scene.bobs), "to_wallet_id": str(uuid4())},
    ]


def test_rows_out_of_reach(scene: Scene) -> None:
    assert outcomes(batch(scene, strangers(scene), atomic=False)) == ["COMPLETED", "not_found", "not_found"]
    with nothing_recorded():
        unit = batch(scene, [row("fresh", scene.alices, scene.bobs), *strangers(scene)[1:]], atomic=True)
    assert problem_of(unit, 404, "not_found")["index"] == 1


def test_rows_that_the_role_may_not_spend(scene: Scene) -> None:
    with nothing_recorded():
        assert outcomes(batch(scene, strangers(scene)[:1], atomic=False, caller="conny")) == ["auth.forbidden"]
        assert problem_of(batch(scene, strangers(scene)[:1], atomic=True, caller="conny"), 403, "auth.forbidden")


@pytest.mark.parametrize("atomic", [False, True])
def test_the_key_of_a_row_that_was_not_found_is_free(scene: Scene, atomic: bool) -> None:
    batch(scene, strangers(scene)[1:2], atomic=atomic)
    assert outcomes(batch(scene, [row("hidden", scene.alices, scene.bobs)], atomic=atomic)) == ["COMPLETED"]


def test_conditions_hold_per_row(scene: Scene) -> None:
    rows = [
        row("a", scene.alices, scene.bobs, conditions={"version": 2}),
        row("b", scene.alices, scene.bobs, conditions={"version": 2}),  # it is 3 by then
        row("c", scene.alices, scene.bobs, conditions={"version": 3, "available_gte": "90"}),
    ]
    assert outcomes(batch(scene, rows, atomic=False)) == ["COMPLETED", "precondition.failed", "COMPLETED"]
    with nothing_moved():
        unit = batch(scene, [row("d", scene.alices, scene.bobs, conditions={"version": 1})], atomic=True)
    assert problem_of(unit, 412, "precondition.failed")["index"] == 0


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"amount": "-1"}, "/transfers/1/amount", "money.invalid"),
        ({"amount": "1.00001"}, "/transfers/1/amount", "money.scale_exceeded"),
        ({"currency": "XXX"}, "/transfers/1/currency", "currency.unsupported"),
        ({"idempotency_key": ""}, "/transfers/1/idempotency_key", "request.validation"),
        ({"idempotency_key": "é"}, "/transfers/1/idempotency_key", "request.validation"),
        ({"idempotency_key": None}, "/transfers/1/idempotency_key", "request.validation"),
        ({"conditions": {"version": "1"}}, "/transfers/1/conditions/version", "request.validation"),
        ({"colour": "red"}, "/transfers/1/colour", "request.validation"),
    ],
)
def test_a_malformed_row_stops_everything(
    scene: Scene, changes: dict[str, Any], pointer: str, code: str, atomic: bool
) -> None:
    rows = three(scene)
    rows[1] |= changes
    with nothing_recorded():
        problem = problem_of(batch(scene, rows, atomic=atomic), 400, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"atomic": True}, "/transfers"),
        ({"transfers": []}, "/atomic"),
        ({"atomic": True, "transfers": []}, "/transfers"),
        ({"atomic": "true", "transfers": [{}]}, "/atomic"),
        ({"atomic": True, "transfers": {}}, "/transfers"),
        ({"atomic": True, "transfers": [[]]}, "/transfers/0"),
        ({"atomic": True, "transfers": [None]}, "/transfers/0"),
        ({"atomic": True, "transfers": ["x"]}, "/transfers/0"),
    ],
)
def test_a_malformed_batch(scene: Scene, body: dict[str, Any], pointer: str) -> None:
    problem = problem_of(api_as(scene.cast.alice).post(PATH, body), 400, "request.validation")
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_a_thousand_rows_and_not_one_more(scene: Scene) -> None:
    rows = [row(f"r{number}", scene.alices, scene.bobs, "0.01") for number in range(1_001)]
    with nothing_recorded():
        problem = problem_of(batch(scene, rows, atomic=True), 400, "request.validation")
    assert problem["errors"][0]["pointer"] == "/transfers"
    assert outcomes(batch(scene, rows[:1_000], atomic=True)) == ["COMPLETED"] * 1_000
    assert (available(scene.alices), available(scene.bobs)) == (90, 10)
