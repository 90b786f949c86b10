"""A provider's progress with a hold over HTTP: only legal moves, and what is with a provider is not given back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.clients import api_as
from tests.wallets.holds import figures, reserve, step
from tests.wallets.scene import Scene, nothing_moved, problem_of

LEGAL = ("SENT_TO_PROVIDER", "PROVIDER_PROCESSING", "PROVIDER_CONFIRMING", "COMPENSATING")


@pytest.fixture
def hold(scene: Scene) -> dict[str, Any]:
    return reserve(scene.cast.alice, scene.alices)


def report(scene: Scene, hold: dict[str, Any], state: str, **more: Any) -> Any:
    reporter = api_as(scene.cast.frida)
    return step(reporter, hold, "progress", key=state, state=state, reason="The bank said so.", **more)


def document_of(scene: Scene, hold: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = api_as(scene.cast.alice).get(f"/v1/transactions/{hold['txn_id']}").json()
    return document


def test_the_way_to_a_provider_and_back(scene: Scene, hold: dict[str, Any]) -> None:
    for state in LEGAL:
        answer = report(scene, hold, state, metadata={"trace": state})
        assert (answer.status_code, answer.json()["status"]) == (200, "ACTIVE")
        document = document_of(scene, hold)
        assert (document["state"], document["status"]) == (state, "PENDING")
    assert step(api_as(scene.cast.alice), hold, "release").json()["status"] == "RELEASED"
    assert document_of(scene, hold)["state"] == "FAILED"
    assert figures(scene.alices) == (100, 0, 0)
    told = api_as(scene.cast.alice).get(f"/v1/transactions/{hold['txn_id']}/events").json()["data"]
    assert [event["state"] for event in told] == ["BALANCE_RESERVED", *LEGAL, "FAILED"]
    assert (told[1]["reason"], told[1]["metadata"]["trace"]) == ("The bank said so.", "SENT_TO_PROVIDER")


def test_what_a_provider_confirms_is_captured(scene: Scene, hold: dict[str, Any]) -> None:
    report(scene, hold, "SENT_TO_PROVIDER")
    assert step(api_as(scene.cast.alice), hold, "capture").json()["status"] == "COMPLETED"
    assert document_of(scene, hold)["state"] == "COMPLETED"


@pytest.mark.parametrize("state", LEGAL[1:])
def test_a_stage_cannot_be_skipped(scene: Scene, hold: dict[str, Any], state: str) -> None:
    with nothing_moved():
        problem = problem_of(report(scene, hold, state), 412, "precondition.failed")
    assert [(gate["gate"], gate["id"]) for gate in problem["gates"]] == [("condition", "state")]
    assert document_of(scene, hold)["state"] == "BALANCE_RESERVED"


def test_what_is_with_a_provider_is_not_given_back(scene: Scene, hold: dict[str, Any]) -> None:
    report(scene, hold, "SENT_TO_PROVIDER")
    with nothing_moved():
        problem_of(step(api_as(scene.cast.alice), hold, "release"), 412, "precondition.failed")
    assert figures(scene.alices) == (70, 30, 0)


def test_other_words_are_no_stages(scene: Scene, hold: dict[str, Any]) -> None:
    for state in ("COMPLETED", "INITIATED", "SENT", ""):
        problem_of(report(scene, hold, state), 400, "request.validation")
