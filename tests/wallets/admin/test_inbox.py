"""The inbox at the desk: who sees it, who decides, and what is written down about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from compliance.models import AuditRecord, User
from ledger.models import InboxEvent
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.incoming import booked, cancelled, joined, row_of, take
from tests.wallets.scene import Scene, available, nothing_recorded, set_status
from wallets.services.incoming.taking import take_message

LIST = "/admin/ledger/inboxevent/"


def path_of(row: InboxEvent, button: str = "change") -> str:
    return f"{LIST}{row.id}/{button}/"


def press(client: Client, row: InboxEvent, button: str) -> Any:
    return client.post(path_of(row, button), {"reason": "Asked for.", "_form_submitted": "True"})


@pytest.fixture
def failed(scene: Scene) -> InboxEvent:
    """A cancellation that could not be paid back, because the wallet was frozen then."""
    take(booked(scene.cast.alice, booking="B-1"))
    set_status(scene.alices, "FROZEN", by=scene.cast.frida)
    envelope = cancelled("B-1")
    take(envelope)
    return row_of(envelope)


def audited(row: InboxEvent) -> list[tuple[str, str, Any, Any]]:
    records = AuditRecord.objects.filter(entity_id=row.id).order_by("id")
    return [(r.event_type, r.reason, r.before.get("status"), r.after.get("status")) for r in records]


def test_finance_tries_a_failed_event_again(scene: Scene, failed: InboxEvent) -> None:
    set_status(scene.alices, "ACTIVE", by=scene.cast.frida)
    client = at_desk(scene.cast.frida)
    assert f'hx-get="{path_of(failed, "retry")}"' in page(client, path_of(failed))
    assert press(client, failed, "retry").headers["HX-Redirect"] == path_of(failed)
    assert told(client) == ["The event was tried: it is processed now."]
    failed.refresh_from_db()
    assert (failed.status, failed.payload, available(scene.alices)) == ("PROCESSED", None, 100)
    assert audited(failed)[-1] == ("inbox.retried", "Asked for.", "FAILED", "PROCESSED")


def test_what_still_cannot_be_done_fails_again(scene: Scene, failed: InboxEvent) -> None:
    client = at_desk(scene.cast.frida)
    press(client, failed, "retry")
    assert told(client) == ["The event was tried: it is failed now."]
    failed.refresh_from_db()
    assert (failed.status, failed.error_code) == ("FAILED", "wallet.frozen")


def test_finance_ignores_an_event_for_good(scene: Scene, failed: InboxEvent) -> None:
    client = at_desk(scene.cast.frida)
    with nothing_recorded():
        press(client, failed, "ignore")
    failed.refresh_from_db()
    assert (failed.status, failed.payload, failed.error_code) == ("IGNORED", None, "wallet.frozen")
    assert audited(failed) == [("inbox.ignored", "Asked for.", "FAILED", "IGNORED")]
    text = page(client, path_of(failed))
    assert path_of(failed, "retry") not in text
    press(client, failed, "retry")
    failed.refresh_from_db()
    assert failed.status == "IGNORED"


@pytest.mark.parametrize("name", ["conny", "audrey"])
@pytest.mark.parametrize("button", ["retry", "ignore"])
def test_others_of_the_company_only_look(scene: Scene, failed: InboxEvent, name: str, button: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    assert path_of(failed, button) not in page(client, path_of(failed))
    assert press(client, failed, button).status_code == 403
    failed.refresh_from_db()
    assert failed.status == "FAILED"


def test_managers_and_other_companies_see_nothing(scene: Scene, failed: InboxEvent) -> None:
    assert at_desk(scene.cast.bob).get(LIST).status_code == 403
    stranger = at_desk(make_cast().frida)
    assert failed.event_id not in page(stranger, LIST)
    assert stranger.get(path_of(failed)).status_code == 404
    assert press(stranger, failed, "retry").status_code == 404


def test_what_an_event_says_is_shown_while_it_is_kept_and_the_look_is_recorded(scene: Scene) -> None:
    envelope = joined(scene.cast.company.id)
    envelope["data"]["email"] = scene.cast.alice.email
    take(envelope)
    row = row_of(envelope)
    assert "Dora" in page(at_desk(scene.cast.conny), path_of(row))
    (look,) = AuditRecord.objects.filter(entity_id=row.id)
    assert (look.event_type, look.actor_id, look.after) == (
        "inbox.payload_shown",
        scene.cast.conny.id,
        {"event_type": "UserCreated"},
    )
    assert "Dora" not in page(at_desk(scene.cast.conny), LIST)


def test_of_whom_nobody_knows_nobody_reads(scene: Scene) -> None:
    """The event of an unknown company may name anybody: everybody's staff see that it is there, not what it says."""
    envelope = joined(User().id)
    take(envelope)
    text = page(at_desk(scene.cast.frida), path_of(row_of(envelope)))
    assert "There is no such company." in text
    assert "Dora" not in text


def test_what_could_not_be_read_can_only_be_ignored(scene: Scene) -> None:
    take_message(b"{")
    row = InboxEvent.objects.latest("id")
    client = at_desk(scene.cast.frida)
    assert path_of(row, "retry") not in page(client, path_of(row))
    press(client, row, "retry")
    row.refresh_from_db()
    assert row.status == "FAILED"
    press(client, row, "ignore")
    row.refresh_from_db()
    assert row.status == "IGNORED"


def test_the_list_can_be_narrowed_to_the_dead_letters(scene: Scene, failed: InboxEvent) -> None:
    client = at_desk(scene.cast.frida)
    assert str(failed.id) in page(client, f"{LIST}?status=FAILED")
    assert str(failed.id) not in page(client, f"{LIST}?status=PENDING")
