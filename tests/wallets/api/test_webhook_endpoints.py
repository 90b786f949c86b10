"""/v1/webhook-endpoints: making, changing, disabling and trying out endpoints."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook

from compliance.models import AuditRecord
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.messages import FOLDER
from tests.wallets.scene import Scene, problem_of
from wallets.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from wallets.selectors.webhooks import EVENT_TYPES
from wallets.services.webhooks import endpoints

PATH = "/v1/webhook-endpoints"
URL = "https://hooks.nordwind.example/wallets?token=geheim"


def create(scene: Scene, **body: Any) -> Any:
    return api_as(scene.cast.frida).post(PATH, {"url": URL, **body})


def made(scene: Scene, **body: Any) -> dict[str, Any]:
    answer = create(scene, **body)
    assert answer.status_code == 201, answer.content
    data: dict[str, Any] = answer.json()
    return data


def records(id: str) -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(entity_id=id).order_by("id"))


def pointers(problem: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


def test_it_is_answered_as_documented(scene: Scene) -> None:
    answer = create(scene, description="ERP", event_types=["TransactionFailed", "TransactionCompleted"])
    data, row = answer.json(), WebhookEndpoint.objects.get(company=scene.cast.company)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"v1"')
    secret = data.pop("secret")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert len(Webhook(secret)._whsecret) == 32
    times = {name: data.pop(name) for name in ("created_at", "updated_at")}
    assert all(times.values())
    assert data == {
        "endpoint_id": str(row.id),
        "url": URL,
        "description": "ERP",
        "event_types": ["TransactionCompleted", "TransactionFailed"],
        "is_enabled": True,
        "disabled_at": None,
        "disabled_because": None,
        "failing_since": None,
        "version": 1,
    }
    shown = api_as(scene.cast.audrey).get(f"{PATH}/{row.id}")
    assert shown.json() == {**data, **times}
    assert api_as(scene.cast.conny).get(PATH).json()["data"] == [shown.json()]


def test_the_secret_is_told_once_and_nowhere_else(scene: Scene) -> None:
    data = made(scene)
    id, secret = data["endpoint_id"], data["secret"].removeprefix("whsec_")
    frida = api_as(scene.cast.frida)
    texts = [frida.get(path).content.decode() for path in (PATH, f"{PATH}/{id}", f"{PATH}/{id}/deliveries")]
    texts += [str([record.before, record.after, record.reason]) for record in records(id)]
    texts += list(WebhookSecret.objects.values_list("encrypted", flat=True))
    assert not [text for text in texts if secret in text]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://localhost:8000/",
        "http://[::1]/",
        "ftp://a.example/",
        "https://user:pass@a.example/",
        "https://a.example/#x",
        "",
        "https://a.example/" + "a" * 2000,
        7,
        None,
    ],
)
def test_urls_that_are_refused(scene: Scene, url: Any) -> None:
    problem = problem_of(create(scene, url=url), 400, "request.validation")
    assert pointers(problem) == ["/url"]
    assert not WebhookEndpoint.objects.filter(company=scene.cast.company).exists()


def test_where_strangers_reach_us_only_https(scene: Scene, settings: Settings) -> None:
    assert create(scene, url="http://a.example/").status_code == 201
    settings.IS_EXPOSED = True
    assert pointers(problem_of(create(scene, url="http://a.example/"), 400, "request.validation")) == ["/url"]


@pytest.mark.parametrize("types", ["WalletCreated", ["Unknown"], ["WalletCreated"] * 2, [1], [None], {}, [["x"]]])
def test_event_types_that_are_refused(scene: Scene, types: Any) -> None:
    assert pointers(problem_of(create(scene, event_types=types), 400, "request.validation")) == ["/event_types"]


def test_unknown_members_are_refused(scene: Scene) -> None:
    body = {"secret": "mine", "company_id": str(make_cast().company.id), "version": 7, "is_enabled": False}
    problem = problem_of(create(scene, **body), 400, "request.validation")
    assert sorted(pointers(problem)) == ["/company_id", "/is_enabled", "/secret", "/version"]


def test_changing_and_its_records(scene: Scene) -> None:
    id = made(scene)["endpoint_id"]
    frida = api_as(scene.cast.frida)
    body = {"url": "https://b.example/x", "event_types": ["WalletCreated"], "description": "B", "is_enabled": False}
    answer = frida.patch(f"{PATH}/{id}", body, headers={"If-Match": '"v1"'})
    data = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"v2"')
    assert {name: data[name] for name in body} == body
    assert (data["disabled_because"], data["version"]) == ("REQUESTED", 2)
    made_record, changed = records(id)
    assert (made_record.event_type, changed.event_type) == ("webhook_endpoint.created", "webhook_endpoint.changed")
    assert (changed.actor_id, changed.actor_role) == (scene.cast.frida.id, "FINANCE")
    assert changed.before["event_types"] == []
    assert changed.after["event_types"] == ["WalletCreated"]
    assert changed.before["url"].startswith("https://hooks.nordwind.example/…")
    assert "geheim" not in str([made_record.after, changed.before])


def test_nothing_new_changes_nothing(scene: Scene) -> None:
    data = made(scene)
    answer = api_as(scene.cast.frida).patch(
        f"{PATH}/{data['endpoint_id']}", {"url": URL, "event_types": []}, headers={"If-Match": '"v1"'}
    )
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert len(records(data["endpoint_id"])) == 1


def test_changes_need_the_version_that_was_read(scene: Scene) -> None:
    id = made(scene)["endpoint_id"]
    frida, stale = api_as(scene.cast.frida), {"If-Match": '"v7"'}
    path, change = f"{PATH}/{id}", {"description": "C"}
    for answer in (frida.patch(path, change), frida.post(f"{path}/secret")):
        problem_of(answer, 428, "precondition.required")
    for answer in (frida.patch(path, change, headers=stale), frida.post(f"{path}/secret", headers=stale)):
        problem_of(answer, 412, "precondition.failed")
    assert WebhookEndpoint.objects.get(id=id).version == 1
    assert WebhookSecret.objects.filter(endpoint_id=id).count() == 1


def test_disabling_and_enabling(scene: Scene) -> None:
    id = made(scene)["endpoint_id"]
    frida = api_as(scene.cast.frida)
    for _ in range(2):
        answer = frida.delete(f"{PATH}/{id}")
        assert (answer.status_code, answer.content) == (204, b"")
    data = frida.get(f"{PATH}/{id}").json()
    assert (data["is_enabled"], data["disabled_because"], data["version"]) == (False, "REQUESTED", 2)
    assert [record.event_type for record in records(id)][1:] == ["webhook_endpoint.disabled"]
    again = frida.patch(f"{PATH}/{id}", {"is_enabled": True}, headers={"If-Match": '"v2"'}).json()
    assert (again["is_enabled"], again["disabled_at"], again["disabled_because"]) == (True, None, None)


def test_renewing_the_secret(scene: Scene) -> None:
    first = made(scene)
    id = first["endpoint_id"]
    answer = api_as(scene.cast.frida).post(f"{PATH}/{id}/secret", headers={"If-Match": '"v1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"v2"')
    assert answer.json()["secret"] not in (first["secret"], "")
    assert WebhookSecret.objects.filter(endpoint_id=id).count() == 2
    assert records(id)[-1].event_type == "webhook_endpoint.secret_renewed"


def test_trying_it_out(scene: Scene) -> None:
    id = made(scene)["endpoint_id"]
    frida = api_as(scene.cast.frida)
    answer = frida.post(f"{PATH}/{id}/test")
    row = WebhookDelivery.objects.get(endpoint_id=id)
    assert answer.status_code == 202
    assert (answer.json()["delivery_id"], answer.json()["status"]) == (str(row.id), "PENDING")
    assert records(id)[-1].event_type == "webhook_endpoint.tested"
    frida.delete(f"{PATH}/{id}")
    problem_of(frida.post(f"{PATH}/{id}/test"), 412, "precondition.failed")
    assert WebhookDelivery.objects.filter(endpoint_id=id).count() == 1


def test_a_company_has_a_bounded_number(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 1)
    id = made(scene)["endpoint_id"]
    problem_of(create(scene), 422, "limit.exceeded")
    frida = api_as(scene.cast.frida)
    frida.delete(f"{PATH}/{id}")
    made(scene)
    answer = frida.patch(f"{PATH}/{id}", {"is_enabled": True}, headers={"If-Match": '"v2"'})
    problem_of(answer, 422, "limit.exceeded")


TO_THE_SENDER = {"BookingRejected", "WebhookTest"}
"""The one answers the service that told of the booking, the other whoever tries an endpoint."""


def test_the_event_types_are_those_that_are_sent() -> None:
    assert set(EVENT_TYPES) == {path.name.split(".")[0] for path in FOLDER.glob("*.v*.json")} - TO_THE_SENDER
