"""Webhooks in the back office: seen by the company's, changed by finance, and never with a secret on the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from compliance.models import AuditRecord
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.scene import Scene
from tests.wallets.webhooks import answering, make_endpoint, ping, send_all
from wallets.models import WebhookDelivery
from wallets.services.webhooks.endpoints import WithSecret
from wallets.services.webhooks.posting import Answer

ENDPOINTS, DELIVERIES = "/admin/wallets/webhookendpoint/", "/admin/wallets/webhookdelivery/"


@pytest.fixture
def own(scene: Scene) -> WithSecret:
    return make_endpoint(scene.cast.frida)


@pytest.fixture
def delivery(scene: Scene, own: WithSecret) -> WebhookDelivery:
    row = ping(scene.cast.frida, own.endpoint)
    send_all(answering(Answer(status=503, excerpt="<b>Down</b>"))[0])
    row.refresh_from_db()
    return row


def press(client: Client, path: str, reason: str = "Asked for.") -> Any:
    return client.post(path, {"reason": reason, "_form_submitted": "True"})


@pytest.mark.parametrize("name", ["frida", "conny", "audrey"])
def test_lists_and_pages(scene: Scene, own: WithSecret, delivery: WebhookDelivery, name: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    texts = [
        page(client, path)
        for path in (
            ENDPOINTS,
            f"{ENDPOINTS}{own.endpoint.id}/change/",
            DELIVERIES,
            f"{DELIVERIES}{delivery.id}/change/",
            f"{DELIVERIES}?status__exact=PENDING",
            f"{DELIVERIES}?q={delivery.message_id}",
            f"{DELIVERIES}?type=WebhookTest",
        )
    ]
    assert "https://hooks.nordwind.example/" in texts[0]
    assert "WebhookTest" in texts[1]
    assert all(str(delivery.id) in text for text in texts[2:])
    assert str(delivery.id) not in page(client, f"{DELIVERIES}?type=WalletCreated")
    assert "&lt;b&gt;Down&lt;/b&gt;" in texts[3]
    assert "503" in texts[3]
    secret = own.secret.removeprefix("whsec_")
    assert not [text for text in texts if secret in text or "whsec_" in text]


def test_finance_disables_an_endpoint(scene: Scene, own: WithSecret) -> None:
    client = at_desk(scene.cast.frida)
    answer = press(client, f"{ENDPOINTS}{own.endpoint.id}/disable/", "Moved away.")
    assert answer.headers["HX-Redirect"] == f"{ENDPOINTS}{own.endpoint.id}/change/"
    assert told(client) == ["The endpoint is disabled."]
    own.endpoint.refresh_from_db()
    assert (own.endpoint.is_enabled, own.endpoint.disabled_because) == (False, "REQUESTED")
    record = AuditRecord.objects.get(event_type="webhook_endpoint.disabled")
    assert (record.actor_id, record.reason) == (scene.cast.frida.id, "Moved away.")


def test_finance_gives_a_delivery_up_and_sends_it_again(scene: Scene, delivery: WebhookDelivery) -> None:
    client, path = at_desk(scene.cast.frida), f"{DELIVERIES}{delivery.id}"
    press(client, f"{path}/skip/", "Not wanted.")
    assert told(client) == ["It is given up."]
    delivery.refresh_from_db()
    assert delivery.status == "SKIPPED"
    press(client, f"{path}/skip/")
    assert told(client) == ["This delivery does not wait any more."]
    press(client, f"{path}/resend/", "Wanted after all.")
    assert told(client) == ["It is sent again."]
    delivery.refresh_from_db()
    assert delivery.status == "PENDING"
    records = AuditRecord.objects.filter(entity_id=delivery.id).order_by("id")
    assert [(record.event_type, record.reason) for record in records] == [
        ("webhook_delivery.skipped", "Not wanted."),
        ("webhook_delivery.resent", "Wanted after all."),
    ]


def buttons(own: WithSecret, delivery: WebhookDelivery) -> list[str]:
    return [
        f"{ENDPOINTS}{own.endpoint.id}/disable/",
        f"{DELIVERIES}{delivery.id}/resend/",
        f"{DELIVERIES}{delivery.id}/skip/",
    ]


@pytest.mark.parametrize("name", ["bob", "conny", "audrey"])
def test_others_change_nothing(scene: Scene, own: WithSecret, delivery: WebhookDelivery, name: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    for path in buttons(own, delivery):
        assert press(client, path).status_code in {403, 404}
    require_unchanged(own, delivery)


def test_other_companies_find_nothing(scene: Scene, own: WithSecret, delivery: WebhookDelivery) -> None:
    client = at_desk(make_cast().frida)
    for path in buttons(own, delivery):
        assert press(client, path).status_code == 404
    for path in (f"{ENDPOINTS}{own.endpoint.id}/change/", f"{DELIVERIES}{delivery.id}/change/"):
        assert client.get(path).status_code == 404
    require_unchanged(own, delivery)


def test_a_look_at_a_dialog_and_a_forged_form_change_nothing(
    scene: Scene, own: WithSecret, delivery: WebhookDelivery
) -> None:
    for path in buttons(own, delivery):
        assert at_desk(scene.cast.frida).get(path).status_code == 200
        assert press(at_desk(scene.cast.frida, checks_csrf=True), path).status_code == 403
    require_unchanged(own, delivery)


def require_unchanged(own: WithSecret, delivery: WebhookDelivery) -> None:
    before = (delivery.status, delivery.attempts_before)
    own.endpoint.refresh_from_db()
    delivery.refresh_from_db()
    assert own.endpoint.is_enabled
    assert (delivery.status, delivery.attempts_before) == before
