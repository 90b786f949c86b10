"""POST /v1/inbox/events: what a program hands in, and what it is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.compliance.clients import api_as
from tests.wallets.incoming import as_cloud_event, booked, cancelled, event, row_of
from tests.wallets.scene import Scene, available, nothing_recorded, problem_of

PATH = "/v1/inbox/events"


@pytest.fixture
def service(scene: Scene) -> APIClient:
    return api_as(scene.cast.bookings)


def test_it_is_answered_as_documented(scene: Scene, service: APIClient) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    response = service.post(PATH, envelope)
    assert response.status_code == 202
    answer, row = response.json(), row_of(envelope)
    assert answer == {
        "inbox_id": str(row.id),
        "event_id": envelope["event_id"],
        "event_type": "BookingCreated",
        "source": "booking-service",
        "status": "PROCESSED",
        "attempts": 0,
        "waiting_for": "",
        "txn_id": str(row.transaction_id),
        "error": None,
        "received_at": answer["received_at"],
        "processed_at": answer["processed_at"],
    }
    assert (row.delivered_by, row.company_id) == (scene.cast.bookings.id, scene.cast.company.id)
    assert available(scene.alices) == 70


def test_the_same_event_again_gets_its_present_status(scene: Scene, service: APIClient) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    first = service.post(PATH, envelope).json()
    with nothing_recorded():
        response = service.post(PATH, envelope)
    assert (response.status_code, response.json()) == (202, first)


def test_another_event_under_the_same_id_is_refused(scene: Scene, service: APIClient) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    service.post(PATH, envelope)
    envelope["data"]["amount"] = "31.00"
    with nothing_recorded():
        problem_of(service.post(PATH, envelope), 422, "idempotency.key_reused")


@pytest.mark.parametrize(
    ("envelope", "status", "code"),
    [
        (event("BookingCreated", {}), "FAILED", "request.validation"),
        (cancelled("B-404"), "PENDING", None),
        (event("HotelOpened", {"rooms": 12.5}), "IGNORED", None),
    ],
)
def test_what_becomes_of_it_is_told(
    service: APIClient, envelope: dict[str, Any], status: str, code: str | None
) -> None:
    with nothing_recorded():
        answer = service.post(PATH, envelope).json()
    assert (answer["status"], (answer["error"] or {}).get("code")) == (status, code)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"event_id": ""}, "/event_id"),
        ({"event_id": "x" * 101}, "/event_id"),
        ({"event_id": "two words"}, "/event_id"),
        ({"event_type": None}, "/event_type"),
        ({"source": 7}, "/source"),
        ({"timestamp": "yesterday"}, "/timestamp"),
        ({"sequence": 0}, "/sequence"),
        ({"sequence": "1"}, "/sequence"),
        ({"data": []}, "/data"),
        ({"data": None}, "/data"),
        ({"extra": 1}, "/extra"),
    ],
)
def test_an_envelope_that_is_none_is_refused(service: APIClient, changes: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        problem = problem_of(service.post(PATH, {**cancelled("B-1"), **changes}), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("content_type", ["application/json", "application/cloudevents+json"])
def test_it_may_be_a_cloud_event(scene: Scene, service: APIClient, content_type: str) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    told = as_cloud_event(
        envelope, subject="B-1", datacontenttype="application/json", traceparent="00-4bf9", sequence="7"
    )
    response = service.post(PATH, json.dumps(told), content_type=content_type)
    assert (response.status_code, response.json()["status"]) == (202, "PROCESSED")
    row = row_of(envelope)
    assert (row.event_type, row.sequence, available(scene.alices)) == ("BookingCreated", None, 70)
    with nothing_recorded():
        assert service.post(PATH, envelope).json() == response.json(), "it is the same event in its other form"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"id": ""}, "/id"),
        ({"type": None}, "/type"),
        ({"source": "a b"}, "/source"),
        ({"time": "yesterday"}, "/time"),
        ({"data": "text"}, "/data"),
        ({"data_base64": "e30="}, "/data_base64"),
    ],
)
def test_a_cloud_event_that_is_none_is_refused(service: APIClient, changes: dict[str, Any], pointer: str) -> None:
    told = {**as_cloud_event(cancelled("B-1")), **changes}
    with nothing_recorded():
        problem = problem_of(service.post(PATH, told), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_number_that_is_not_whole_never_becomes_money(scene: Scene, service: APIClient) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    envelope["data"]["amount"] = 30.5
    with nothing_recorded():
        assert service.post(PATH, envelope).json()["error"]["code"] == "money.invalid"
