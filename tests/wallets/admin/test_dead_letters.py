"""Messages that the broker refused, at the back office: listed, explained, sent again or skipped, on record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from compliance.models import AuditRecord
from ledger.models import DeliveryNote, OutboxMessage
from ledger.selectors.clock import database_now
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.scene import Scene

OUTBOX = "/admin/ledger/outboxmessage/"


def path(id: UUID, name: str = "change") -> str:
    return f"{OUTBOX}{id}/{name}/"


@pytest.fixture
def letter(scene: Scene) -> OutboxMessage:
    row = OutboxMessage.objects.get(aggregate_id=scene.alices.id, sequence=1)
    OutboxMessage.objects.filter(id=row.id).update(status="FAILED", attempts=3, error="The broker refused it (nack).")
    DeliveryNote.objects.create(
        message_id=row.id, kind="REFUSED", text="The broker refused it (nack).", noted_at=database_now()
    )
    return row


def press(client: Any, row: OutboxMessage, button: str, reason: str = "Asked for.") -> Any:
    return client.post(path(row.id, button), {"reason": reason, "_form_submitted": "True"})


def status_of(row: OutboxMessage) -> str:
    return OutboxMessage.objects.get(id=row.id).status


def test_dead_letters_are_found_and_explained(scene: Scene, letter: OutboxMessage) -> None:
    client = at_desk(scene.cast.frida)
    listed: Any = client.get(f"{OUTBOX}?status__exact=FAILED")
    assert [row.id for row in listed.context["cl"].result_list] == [letter.id]
    text = page(client, path(letter.id))
    assert "The broker refused it (nack)." in text
    assert "A dead letter" in text
    assert "Send again" in text
    assert "Skip" in text


def test_finance_sends_it_again(scene: Scene, letter: OutboxMessage) -> None:
    client = at_desk(scene.cast.frida)
    response = press(client, letter, "send_again", "The queue has room.")
    assert response.headers["HX-Redirect"] == path(letter.id)
    assert told(client) == ["It will be sent again."]
    letter.refresh_from_db()
    assert (letter.status, letter.attempts, letter.error) == ("PENDING", 0, "")
    record = AuditRecord.objects.get(event_type="outbox.resent", entity_id=letter.id)
    assert (record.actor_id, record.reason, record.company_id) == (
        scene.cast.frida.id,
        "The queue has room.",
        scene.cast.company.id,
    )
    assert DeliveryNote.objects.get(message_id=letter.id, kind="RESENT").actor_id == scene.cast.frida.id


def test_finance_skips_it(scene: Scene, letter: OutboxMessage) -> None:
    client = at_desk(scene.cast.frida)
    press(client, letter, "skip", "Nobody needs it.")
    assert told(client) == ["It is skipped."]
    assert status_of(letter) == "SKIPPED"
    assert AuditRecord.objects.get(event_type="outbox.skipped", entity_id=letter.id).reason == "Nobody needs it."


@pytest.mark.parametrize("button", ["send_again", "skip"])
@pytest.mark.parametrize("name", ["bob", "conny", "audrey"])
def test_others_look_only(scene: Scene, letter: OutboxMessage, name: str, button: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    assert "Send again" not in page(client, path(letter.id))
    assert press(client, letter, button).status_code == 403
    assert status_of(letter) == "FAILED"
    assert not AuditRecord.objects.filter(entity_id=letter.id).exists()


@pytest.mark.parametrize("button", ["send_again", "skip"])
def test_other_companies_letters_do_not_exist(letter: OutboxMessage, button: str) -> None:
    assert press(at_desk(make_cast().frida), letter, button).status_code == 404
    assert status_of(letter) == "FAILED"


@pytest.mark.parametrize("button", ["send_again", "skip"])
def test_looking_at_a_button_does_nothing(scene: Scene, letter: OutboxMessage, button: str) -> None:
    at_desk(scene.cast.frida).get(path(letter.id, button))
    assert status_of(letter) == "FAILED"
    response = at_desk(scene.cast.frida, checks_csrf=True).post(
        path(letter.id, button), {"reason": "Forged.", "_form_submitted": "True"}
    )
    assert response.status_code == 403
    assert status_of(letter) == "FAILED"


@pytest.mark.parametrize("button", ["send_again", "skip"])
def test_a_reason_is_needed(scene: Scene, letter: OutboxMessage, button: str) -> None:
    press(at_desk(scene.cast.frida), letter, button, "")
    assert status_of(letter) == "FAILED"


@pytest.mark.parametrize("button", ["send_again", "skip"])
def test_what_is_no_dead_letter_any_more_is_left_alone(scene: Scene, letter: OutboxMessage, button: str) -> None:
    OutboxMessage.objects.filter(id=letter.id).update(status="PENDING")
    client = at_desk(scene.cast.frida)
    assert "Send again" not in page(client, path(letter.id))
    press(client, letter, button)
    assert "any more" in told(client)[0]
    assert not AuditRecord.objects.filter(entity_id=letter.id).exists()


def test_the_home_page_counts_them(scene: Scene, letter: OutboxMessage) -> None:
    response: Any = at_desk(scene.cast.frida).get("/admin/")
    tiles = {tile.title: (tile.value, tile.tone) for tile in response.context["tiles"]}
    assert tiles["Dead letters"] == ("1", "bad")
