"""/v1/webhook-deliveries: what was sent, what came back, and sending it again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.api.test_webhook_endpoints import PATH
from tests.wallets.scene import Scene, problem_of
from tests.wallets.webhooks import answering, make_endpoint, ping, send_all
from wallets.models import WebhookDelivery
from wallets.services.webhooks.endpoints import WithSecret
from wallets.services.webhooks.posting import Answer

DELIVERIES = "/v1/webhook-deliveries"
OOPS = Answer(status=503, excerpt="Down for maintenance", duration_ms=184)
SILENT = Answer(error="timeout", duration_ms=10_000)


@pytest.fixture
def own(scene: Scene) -> WithSecret:
    return make_endpoint(scene.cast.frida)


def test_it_is_shown_with_its_attempts(scene: Scene, own: WithSecret) -> None:
    row = ping(scene.cast.frida, own.endpoint)
    send_all(answering(OOPS)[0])
    row.refresh_from_db()
    attempt = row.made.get()
    answer = api_as(scene.cast.audrey).get(f"{DELIVERIES}/{row.id}").json()
    assert answer.pop("next_attempt_at") > answer.pop("created_at")
    (told,) = answer.pop("attempts")
    assert answer == {
        "delivery_id": str(row.id),
        "endpoint_id": str(own.endpoint.id),
        "event_id": str(row.message_id),
        "event_type": "WebhookTest",
        "subject": str(own.endpoint.id),
        "status": "PENDING",
        "attempt_count": 1,
        "finished_at": None,
        "body": row.body,
    }
    assert told.pop("sent_at")
    assert told == {
        "number": 1,
        "url": "https://hooks.nordwind.example/",
        "headers": {
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "wallet-service-webhooks/1",
            "webhook-id": str(row.message_id),
            "webhook-timestamp": str(int(attempt.sent_at.timestamp())),
        },
        "duration_ms": 184,
        "answer_status": 503,
        "answer_excerpt": "Down for maintenance",
        "error": None,
    }


def test_no_answer_is_told_too(scene: Scene, own: WithSecret) -> None:
    row = ping(scene.cast.frida, own.endpoint)
    send_all(answering(SILENT)[0])
    (told,) = api_as(scene.cast.frida).get(f"{DELIVERIES}/{row.id}").json()["attempts"]
    assert (told["answer_status"], told["error"], told["duration_ms"]) == (None, "timeout", 10_000)


def test_they_are_paged_and_filtered(scene: Scene, own: WithSecret) -> None:
    rows = [ping(scene.cast.frida, own.endpoint) for _ in range(5)]
    WebhookDelivery.objects.filter(id=rows[1].id).update(
        status="FAILED", next_attempt_at=None, finished_at=rows[1].created_at
    )
    frida, path = api_as(scene.cast.frida), f"{PATH}/{own.endpoint.id}/deliveries"
    first = frida.get(path, {"limit": "3"}).json()
    rest = frida.get(path, {"limit": "3", "cursor": first["page"]["next_cursor"]}).json()
    assert ids([*first["data"], *rest["data"]]) == [str(row.id) for row in rows]
    assert ids(frida.get(path, {"status": "FAILED"}).json()["data"]) == [str(rows[1].id)]
    problem_of(frida.get(path, {"status": "failed"}), 400, "request.validation")
    problem_of(frida.get(path, {"cursor": "x"}), 400, "pagination.invalid")


def ids(views: list[dict[str, Any]]) -> list[str]:
    return [view["delivery_id"] for view in views]


def test_sending_again(scene: Scene, own: WithSecret) -> None:
    row = ping(scene.cast.frida, own.endpoint)
    send_all(answering(Answer(status=200))[0])
    frida = api_as(scene.cast.frida)
    answer = frida.post(f"{DELIVERIES}/{row.id}/resend")
    assert (answer.status_code, answer.json()["status"]) == (202, "PENDING")
    assert answer.json()["event_id"] == str(row.message_id)
    post, asked = answering(Answer(status=200))
    send_all(post)
    assert [request["headers"]["webhook-id"] for request in asked] == [str(row.message_id)]
    frida.delete(f"{PATH}/{own.endpoint.id}")
    problem_of(frida.post(f"{DELIVERIES}/{row.id}/resend"), 412, "precondition.failed")
    row.refresh_from_db()
    assert row.status == "DELIVERED"


def test_other_companies_see_and_do_nothing(scene: Scene, own: WithSecret) -> None:
    row = ping(scene.cast.frida, own.endpoint)
    stranger, endpoint = api_as(make_cast().frida), f"{PATH}/{own.endpoint.id}"
    match = {"If-Match": '"v1"'}
    for answer in (
        stranger.get(endpoint),
        stranger.patch(endpoint, {"url": "https://evil.example/"}, headers=match),
        stranger.delete(endpoint),
        stranger.post(f"{endpoint}/secret", headers=match),
        stranger.post(f"{endpoint}/test"),
        stranger.get(f"{endpoint}/deliveries"),
        stranger.get(f"{DELIVERIES}/{row.id}"),
        stranger.post(f"{DELIVERIES}/{row.id}/resend"),
    ):
        problem_of(answer, 404, "not_found")
    own.endpoint.refresh_from_db()
    assert (own.endpoint.version, own.endpoint.is_enabled, own.endpoint.deliveries.count()) == (1, True, 1)
    assert stranger.get(PATH).json()["data"] == []
