"""POST /v1/transfers and /v1/wallet/balance_transfer: one movement, its refusals, conditions and rehearsals."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ledger.models import Transaction
from tests.compliance.clients import api_as
from tests.wallets.scene import (
    Scene,
    available,
    give_wallet,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    set_status,
    transfer_body,
)

PATH = "/v1/transfers"


def test_it_is_answered_as_documented(scene: Scene) -> None:
    response = send(api_as(scene.cast.alice), PATH, transfer_body(scene.alices, scene.bobs, "12.5"))
    assert response.status_code == 201
    answer = response.json()
    ids, created_at = {answer.pop("transfer_id"), answer.pop("txn_id")}, answer.pop("created_at")
    assert answer == {
        "status": "COMPLETED",
        "from_wallet_id": str(scene.alices.id),
        "to_wallet_id": str(scene.bobs.id),
        "amount": "12.50",
        "currency": "EUR",
        "from_balance": "87.50",
    }
    assert created_at.endswith("Z")
    (id,) = ids
    assert Transaction.objects.get(id=id).type == "TRANSFER"
    assert (available(scene.alices), available(scene.bobs)) == (87.5, 12.5)


def test_everything_said_is_kept(scene: Scene) -> None:
    notes = {"table": 7, "guest": "Ä 東京 🚲", "paid": True, "tip": 0.5, "nothing": None}
    body = transfer_body(scene.alices, scene.bobs, description="Tisch für zwei ✓", reference_id="R-1", metadata=notes)
    client = api_as(scene.cast.alice)
    txn_id = send(client, PATH, body).json()["txn_id"]
    document = client.get(f"/v1/transactions/{txn_id}").json()
    shown = {name: document[name] for name in ("description", "reference_id", "reference_type", "metadata")}
    assert shown == {
        "description": "Tisch für zwei ✓",
        "reference_id": "R-1",
        "reference_type": "transfer",
        "metadata": notes,
    }


def test_the_whole_balance_may_go_and_nothing_more(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    assert send(client, PATH, transfer_body(scene.alices, scene.bobs, "100")).json()["from_balance"] == "0.00"
    with nothing_moved():
        response = send(client, PATH, transfer_body(scene.alices, scene.bobs, "0.0001"), key="key-2")
    problem = problem_of(response, 422, "funds.insufficient")
    assert problem["gates"] == [
        {
            "gate": "funds",
            "id": str(scene.alices.id),
            "required": "0.0001",
            "available": "0.00",
            "shortfall": "0.0001",
            "name": None,
            "resets_at": None,
        }
    ]
    assert Transaction.objects.get(id=problem["txn_id"]).state == "FAILED"


def test_all_failing_gates_are_told_and_the_first_is_the_code(scene: Scene) -> None:
    set_status(scene.alices, "SUSPENDED", by=scene.cast.frida)
    set_status(scene.bobs, "FROZEN", by=scene.cast.frida)
    body = transfer_body(scene.alices, scene.bobs, "1000", conditions={"available_gte": "500"})
    problem = problem_of(send(api_as(scene.cast.alice), PATH, body), 422, "wallet.frozen")
    gates = [(gate["gate"], gate["id"]) for gate in problem["gates"]]
    assert gates == [
        ("wallet", str(scene.alices.id)),
        ("funds", str(scene.alices.id)),
        ("wallet", str(scene.bobs.id)),
        ("condition", "available_gte"),
    ]


def test_to_oneself(scene: Scene) -> None:
    with nothing_moved():
        response = send(api_as(scene.cast.alice), PATH, transfer_body(scene.alices, scene.alices))
    problem_of(response, 422, "transfer.same_wallet")


def test_currencies_must_match(scene: Scene) -> None:
    client, dollars = api_as(scene.cast.alice), give_wallet(scene.cast.alice, "9", type="SAVINGS", currency="USD")
    with nothing_moved():
        for key, body in enumerate(
            [
                transfer_body(scene.alices, scene.bobs, currency="USD"),
                transfer_body(scene.alices, dollars),
                transfer_body(dollars, scene.bobs),
                transfer_body(dollars, scene.bobs, currency="USD"),
                transfer_body(scene.alices, scene.bobs, currency="BTC"),
            ]
        ):
            problem_of(send(client, PATH, body, key=str(key)), 422, "currency.mismatch")
    with nothing_recorded():
        problem = problem_of(
            send(client, PATH, transfer_body(scene.alices, scene.bobs, currency="XXX")), 400, "currency.unsupported"
        )
    assert problem["errors"][0]["pointer"] == "/currency"


def test_no_balance_outgrows_its_column(scene: Scene) -> None:
    """How much the receiver has is not told."""
    rich = give_wallet(scene.cast.charlie, "99999999999999999999", type="SAVINGS")
    with nothing_moved():
        response = send(api_as(scene.cast.alice), PATH, transfer_body(scene.alices, rich, "1"))
    (gate,) = problem_of(response, 422, "limit.exceeded")["gates"]
    assert (gate["gate"], gate["required"], gate["available"]) == ("limit", None, None)


def test_money_goes_to_colleagues_one_cannot_see_but_to_nobody_else(scene: Scene) -> None:
    client, foreign = api_as(scene.cast.alice), make_scene()
    assert send(client, PATH, transfer_body(scene.alices, scene.charlies)).status_code == 201
    unknown = {**transfer_body(scene.alices, scene.bobs), "to_wallet_id": str(uuid4())}
    from_unknown = {**transfer_body(scene.alices, scene.bobs), "from_wallet_id": str(uuid4())}
    with nothing_recorded():
        problems = [
            problem_of(send(client, PATH, body, key="key-2"), 404, "not_found")
            for body in (
                unknown,
                from_unknown,
                transfer_body(scene.alices, foreign.alices),
                transfer_body(foreign.alices, scene.alices),
                transfer_body(scene.charlies, scene.alices),  # another's wallet, in the same company
            )
        ]
    for problem in problems:
        del problem["request_id"]
    assert all(problem == problems[0] for problem in problems)


@pytest.mark.parametrize(
    ("caller", "outcome"),
    [("alice", 201), ("bob", 201), ("frida", 201), ("bookings", 201)]
    + [("conny", "auth.forbidden"), ("audrey", "auth.forbidden"), ("charlie", "not_found")],
)
def test_who_may_spend_alices_money(scene: Scene, caller: str, outcome: int | str) -> None:
    response = send(api_as(getattr(scene.cast, caller)), PATH, transfer_body(scene.alices, scene.charlies))
    if outcome == 201:
        assert (response.status_code, available(scene.alices)) == (201, 90)
    else:
        assert (response.json()["code"], available(scene.alices)) == (outcome, 100)


@pytest.mark.parametrize(
    ("conditions", "is_met"),
    [
        ({"available_gte": "100"}, True),
        ({"available_gte": "0"}, True),
        ({"available_gte": "100.0001"}, False),
        ({"version": 2}, True),
        ({"version": 1}, False),
        ({"version": 3}, False),
        ({"version": 2, "available_gte": "100.00"}, True),
        ({"version": 2, "available_gte": "101"}, False),
        ({}, True),
    ],
)
def test_conditions_on_the_source(scene: Scene, conditions: dict[str, Any], is_met: bool) -> None:
    body = transfer_body(scene.alices, scene.bobs, conditions=conditions)
    response = send(api_as(scene.cast.alice), PATH, body)
    if is_met:
        assert response.status_code == 201
        return
    problem = problem_of(response, 412, "precondition.failed")
    assert {gate["gate"] for gate in problem["gates"]} == {"condition"}
    assert available(scene.alices) == 100


def test_what_the_version_was_is_told(scene: Scene) -> None:
    body = transfer_body(scene.alices, scene.bobs, conditions={"version": 7})
    (gate,) = problem_of(send(api_as(scene.cast.alice), PATH, body), 412, "precondition.failed")["gates"]
    assert (gate["id"], gate["required"], gate["available"]) == ("version", "7", "2")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"from_wallet_id": None}, "/from_wallet_id"),
        ({"to_wallet_id": "alice"}, "/to_wallet_id"),
        ({"currency": None}, "/currency"),
        ({"description": "x" * 501}, "/description"),
        ({"description": "a\tb"}, "/description"),
        ({"description": "4111 1111 1111 1111"}, "/description"),
        ({"reference_id": "x" * 101}, "/reference_id"),
        ({"metadata": []}, "/metadata"),
        ({"metadata": {"a": {"b": 1}}}, "/metadata"),
        ({"metadata": {"k": "x" * 501}}, "/metadata"),
        ({"metadata": {"card": "4111111111111111"}}, "/metadata"),
        ({"metadata": {str(key): key for key in range(51)}}, "/metadata"),
        ({"conditions": {"version": "2"}}, "/conditions/version"),
        ({"conditions": {"version": True}}, "/conditions/version"),
        ({"conditions": {"version": -1}}, "/conditions/version"),
        ({"conditions": {"balance": "1"}}, "/conditions/balance"),
        ({"conditions": None}, "/conditions"),
        ({"fee": "1"}, "/fee"),
        ({"status": "COMPLETED"}, "/status"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "/created_at"),
        ({"effective_at": "2020-01-01T00:00:00Z"}, "/effective_reason"),
        ({"effective_reason": "Forgotten."}, "/effective_at"),
    ],
)
def test_wrong_fields_are_named(scene: Scene, changes: dict[str, Any], pointer: str) -> None:
    body = {**transfer_body(scene.alices, scene.bobs), **changes}
    with nothing_recorded():
        problem = problem_of(send(api_as(scene.cast.alice), PATH, body), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_every_mistake_is_named_at_once(scene: Scene) -> None:
    body = {**transfer_body(scene.alices, scene.bobs), "amount": "-1", "currency": "XXX", "colour": "red"}
    problem = problem_of(send(api_as(scene.cast.alice), PATH, body), 400, "request.validation")
    assert {(error["pointer"], error["code"]) for error in problem["errors"]} == {
        ("/colour", "request.validation"),
        ("/amount", "money.invalid"),
        ("/currency", "currency.unsupported"),
    }


# dry_run


def test_a_rehearsal_tells_and_does_nothing(scene: Scene) -> None:
    client, body = api_as(scene.cast.bob), transfer_body(scene.alices, scene.bobs, "12.5")  # he sees both wallets
    with nothing_recorded():
        response = send(client, f"{PATH}?dry_run=true", body)
        assert send(client, f"{PATH}?dry_run=true", body, key=None).status_code == 200
    assert (response.status_code, response.json()) == (
        200,
        {
            "would_apply": True,
            "refusals": [],
            "effects": [
                {"wallet_id": str(scene.alices.id), "bucket": "AVAILABLE", "before": "100.00", "after": "87.50"},
                {"wallet_id": str(scene.bobs.id), "bucket": "AVAILABLE", "before": "0.00", "after": "12.50"},
            ],
        },
    )
    assert send(client, f"{PATH}?dry_run=false", body).status_code == 201  # the key was still free


def test_a_rehearsal_tells_refusals(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    for code, body in (
        ("funds.insufficient", transfer_body(scene.alices, scene.bobs, "101")),
        ("transfer.same_wallet", transfer_body(scene.alices, scene.alices)),
        ("currency.mismatch", transfer_body(scene.alices, scene.bobs, currency="USD")),
        ("precondition.failed", transfer_body(scene.alices, scene.bobs, conditions={"version": 1})),
    ):
        with nothing_recorded():
            answer = send(client, f"{PATH}?dry_run=true", body).json()
        assert (answer["would_apply"], answer["effects"]) == (False, [])
        assert [refusal["code"] for refusal in answer["refusals"]] == [code]


def test_a_rehearsal_hides_what_the_receiver_has(scene: Scene) -> None:
    """Alice may pay charlie, but not learn from it what he owns."""
    rich = give_wallet(scene.cast.charlie, "1234.56", type="SAVINGS")
    response = send(api_as(scene.cast.alice), f"{PATH}?dry_run=true", transfer_body(scene.alices, rich))
    assert b"1234.56" not in response.content
    assert b"1244.56" not in response.content
    assert [effect["wallet_id"] for effect in response.json()["effects"]] == [str(scene.alices.id)]


def test_a_rehearsal_is_refused_like_the_real_thing(scene: Scene) -> None:
    body = transfer_body(scene.alices, scene.charlies)
    with nothing_recorded():
        problem_of(send(api_as(scene.cast.charlie), f"{PATH}?dry_run=true", body), 404, "not_found")
        problem_of(send(api_as(scene.cast.conny), f"{PATH}?dry_run=true", body), 403, "auth.forbidden")
        problem_of(send(api_as(scene.cast.alice), f"{PATH}?dry_run=1", body), 400, "request.validation")
        problem_of(send(api_as(scene.cast.alice), f"{PATH}?dryrun=true", body), 400, "request.validation")


# balance_transfer, the seeds' form


def seeds_body(scene: Scene, transaction_id: str, amount: str = "12.5") -> dict[str, Any]:
    accounts = {"from_account": str(scene.alices.id), "to_account": str(scene.bobs.id)}
    return {**accounts, "amount": amount, "currency": "EUR", "transaction_id": transaction_id}


def test_the_seeds_form(scene: Scene) -> None:
    client, id = api_as(scene.cast.alice), str(uuid4())
    response = client.post("/v1/wallet/balance_transfer", seeds_body(scene, id))
    assert response.status_code == 201
    answer = response.json()
    assert answer.pop("created_at").endswith("Z")
    assert answer == {
        "transaction_id": id,
        "status": "COMPLETED",
        "from_account": str(scene.alices.id),
        "to_account": str(scene.bobs.id),
        "amount": "12.50",
        "currency": "EUR",
        "from_balance": "87.50",
    }


def test_its_transaction_id_is_its_key(scene: Scene) -> None:
    client, id = api_as(scene.cast.alice), str(uuid4())
    first = client.post("/v1/wallet/balance_transfer", seeds_body(scene, id))
    with nothing_recorded():
        again = client.post("/v1/wallet/balance_transfer", seeds_body(scene, id))
        other = client.post("/v1/wallet/balance_transfer", seeds_body(scene, id, "13"))
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (201, first.content, "true")
    problem_of(other, 422, "idempotency.key_reused")
    assert available(scene.alices) == 87.5


def test_its_refusals_are_kept(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), seeds_body(scene, str(uuid4()), "1000")
    first = client.post("/v1/wallet/balance_transfer", body)
    problem_of(first, 422, "funds.insufficient")
    send(api_as(scene.cast.frida), PATH, transfer_body(give_wallet(scene.cast.frida, "5000"), scene.alices, "5000"))
    again = client.post("/v1/wallet/balance_transfer", body)
    assert (again.status_code, again.content) == (422, first.content)
    assert available(scene.alices) == 5100


def test_its_rehearsal(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), seeds_body(scene, str(uuid4()))
    with nothing_recorded():
        answer = client.post("/v1/wallet/balance_transfer?dry_run=true", body)
    assert (answer.status_code, answer.json()["would_apply"]) == (200, True)
    assert client.post("/v1/wallet/balance_transfer", body).status_code == 201


@pytest.mark.parametrize("id", ["7", 7, None, "", "0199d0a47f3e7c1b8a552f4a90b6c001"])
def test_its_transaction_id_is_a_uuid(scene: Scene, id: Any) -> None:
    with nothing_recorded():
        response = api_as(scene.cast.alice).post("/v1/wallet/balance_transfer", seeds_body(scene, id))
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == "/transaction_id"


def test_one_transaction_id_names_one_transfer_whatever_its_spelling(scene: Scene) -> None:
    client, id = api_as(scene.cast.alice), str(uuid4())
    client.post("/v1/wallet/balance_transfer", seeds_body(scene, id))
    response = client.post("/v1/wallet/balance_transfer", seeds_body(scene, id.upper()))
    assert response.status_code in {201, 422}
    assert available(scene.alices) == 87.5
