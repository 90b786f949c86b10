"""One box that finds what belongs to an event or a request."""

from __future__ import annotations

import re

from ledger.ids import new_id
from ledger.models import Event, OutboxMessage, Transaction
from tests.compliance.clients import api_as
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.incoming import booked, take
from tests.wallets.scene import Scene, make_scene, send, set_status, transfer_body
from tests.wallets.webhooks import make_endpoint, ping

PAGE = "/admin/ledger/outboxmessage/find/"
TITLES = ("Came in", "Was asked for", "Happened", "Was told", "Was sent to webhooks", "Audit trail")


def kinds(text: str) -> list[str]:
    return [title for title in TITLES if re.search(rf'id="{title.lower().replace(" ", "-")}"', text)]


def test_an_event_of_another_service_and_all_that_came_of_it(scene: Scene) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    take(envelope)
    text = page(at_desk(scene.cast.frida), f"{PAGE}?q={envelope['event_id']}")
    assert kinds(text) == ["Came in", "Was asked for", "Happened", "Was told"]
    document = Transaction.objects.get(reference_id="B-1")
    assert f"/admin/ledger/transaction/{document.id}/change/" in text


def test_a_request_by_its_id(scene: Scene) -> None:
    answer = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.charlies))
    request_id = answer.headers["X-Request-Id"]
    assert kinds(page(at_desk(scene.cast.bob), f"{PAGE}?q={request_id}")) == ["Was asked for", "Happened", "Was told"]
    elsewhere = page(at_desk(make_scene().cast.frida), f"{PAGE}?q={request_id}")
    assert kinds(elsewhere) == []
    assert "Nothing answers this" in elsewhere


def test_events_messages_and_deliveries_by_their_ids(scene: Scene) -> None:
    answer = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.charlies))
    event = Event.objects.get(stream_id=answer.json()["txn_id"])
    message = OutboxMessage.objects.filter(event_id=event.id).latest("sequence")
    client = at_desk(scene.cast.frida)
    for id in (event.id, event.stream_id):
        assert {"Happened", "Was told"} <= set(kinds(page(client, f"{PAGE}?q={id}")))
    assert kinds(page(client, f"{PAGE}?q={message.id}")) == ["Was asked for", "Happened", "Was told"]
    delivery = ping(scene.cast.frida, make_endpoint(scene.cast.frida).endpoint)
    assert kinds(page(client, f"{PAGE}?q={delivery.message_id}")) == ["Was sent to webhooks"]
    assert kinds(page(at_desk(scene.cast.bob), f"{PAGE}?q={delivery.message_id}")) == []


def test_the_audit_trail_is_for_those_who_may_read_it(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    response = client.post(
        f"/admin/wallets/wallet/{scene.alices.id}/freeze/", {"reason": "Lost.", "_form_submitted": "True"}
    )
    request_id = response.headers["X-Request-Id"]
    for name in ("frida", "conny", "audrey"):
        assert "Audit trail" in kinds(page(at_desk(getattr(scene.cast, name)), f"{PAGE}?q={request_id}"))
    assert "Audit trail" not in kinds(page(at_desk(scene.cast.bob), f"{PAGE}?q={request_id}"))


def test_anything_may_be_typed(scene: Scene) -> None:
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    client = at_desk(scene.cast.audrey)
    for term in ("", "x" * 500, "%27%20OR%201=1", str(new_id()), "é"):
        assert kinds(page(client, f"{PAGE}?q={term}")) == []
    assert at_desk(scene.cast.alice).get(PAGE)["Location"].startswith("/admin/login/")
