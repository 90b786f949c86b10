"""?dry_run=true on batches: what the rows would do, one after the other; nothing is changed and no key used up."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, nothing_recorded, send, transfer_body

TRANSFERS, REVERSALS = "/v1/transfers/batch", "/v1/reversals/batch"


def rehearse(scene: Scene, rows: list[dict[str, Any]], *, atomic: bool) -> dict[str, Any]:
    with nothing_recorded():
        body = {"atomic": atomic, "transfers": rows}
        response = api_as(scene.cast.alice).post(f"{TRANSFERS}?dry_run=true", body)
    assert response.status_code == 200, response.json()
    answer: dict[str, Any] = response.json()
    return answer


def rows_of(scene: Scene, *amounts: str) -> list[dict[str, Any]]:
    return [
        {"idempotency_key": f"r{number}", **transfer_body(scene.alices, scene.bobs, amount)}
        for number, amount in enumerate(amounts)
    ]


@pytest.mark.parametrize("atomic", [False, True])
def test_rows_add_up_and_each_sees_what_the_one_before_left(scene: Scene, atomic: bool) -> None:
    rows = rows_of(scene, "10", "30")
    assert rehearse(scene, rows, atomic=atomic) == {
        "would_apply": True,
        "refusals": [],
        "effects": [  # alice sees her own figures only
            {"wallet_id": str(scene.alices.id), "bucket": "AVAILABLE", "before": "100.00", "after": "60.00"}
        ],
    }
    posted = api_as(scene.cast.alice).post(TRANSFERS, {"atomic": atomic, "transfers": rows})
    assert [result["status"] for result in posted.json()["results"]] == ["COMPLETED"] * 2


def test_a_row_that_would_be_refused_is_named_and_the_others_would_go_through(scene: Scene) -> None:
    answer = rehearse(scene, rows_of(scene, "60", "50", "40"), atomic=False)
    assert answer["would_apply"] is False
    assert [(refusal["index"], refusal["code"]) for refusal in answer["refusals"]] == [(1, "funds.insufficient")]
    (gate,) = answer["refusals"][0]["gates"]
    assert (gate["required"], gate["available"], gate["shortfall"]) == ("50.00", "40.00", "10.00")
    assert [(effect["before"], effect["after"]) for effect in answer["effects"]] == [("100.00", "0.00")]


def test_all_or_none_would_change_nothing(scene: Scene) -> None:
    answer = rehearse(scene, rows_of(scene, "60", "50"), atomic=True)
    assert (answer["would_apply"], answer["effects"]) == (False, [])


def test_a_row_about_a_wallet_that_is_not_there(scene: Scene) -> None:
    stray = {**rows_of(scene, "1")[0], "idempotency_key": "stray", "to_wallet_id": str(uuid4())}
    answer = rehearse(scene, [*rows_of(scene, "10"), stray], atomic=False)
    assert answer["refusals"] == [{"index": 1, "code": "not_found", "gates": []}]
    assert [(effect["before"], effect["after"]) for effect in answer["effects"]] == [("100.00", "90.00")]


def test_reversals_too(scene: Scene) -> None:
    paid = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "25")).json()
    row = {"idempotency_key": "undo", "txn_id": paid["txn_id"], "reason": "Twice."}
    with nothing_recorded():
        body = {"atomic": True, "reversals": [row, {**row, "idempotency_key": "again"}]}
        answer = api_as(scene.cast.frida).post(f"{REVERSALS}?dry_run=true", body).json()
    assert answer["would_apply"] is False
    assert [(refusal["index"], refusal["code"]) for refusal in answer["refusals"]] == [
        (1, "transaction.not_reversible")
    ]
