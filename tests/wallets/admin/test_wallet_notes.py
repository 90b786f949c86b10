"""Notes of staff on wallets: written, shown, erased; never changed, and never in the ledger or the audit trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError
from django.db.transaction import atomic
from django.test import Client

from compliance.models import AuditRecord, DataAccessLog, User
from ledger.models import Event
from tests.wallets.admin.staff import at_desk, page, told, wallet_path, write_down
from tests.wallets.scene import Scene, make_scene
from wallets.models import WalletNote

TEXT = "Called: the phone lies at the hotel in Bremen."
NOTES = "/admin/wallets/walletnote/"


def write(client: Client, wallet: Any, text: str = TEXT) -> Any:
    return client.post(wallet_path(wallet, "add_note"), {"text": text, "_form_submitted": "True"})


def erase(client: Client, note: WalletNote, reason: str = "It names a guest.") -> Any:
    return client.post(f"{NOTES}{note.id}/erase/", {"reason": reason, "_form_submitted": "True"})


@pytest.mark.parametrize("name", ["bob", "frida", "conny"])
def test_writing_a_note(scene: Scene, name: str) -> None:
    writer: User = getattr(scene.cast, name)
    client = at_desk(writer)
    assert write(client, scene.alices).headers["HX-Redirect"] == wallet_path(scene.alices)
    assert told(client) == ["The note is written down."]
    note = WalletNote.objects.get(wallet=scene.alices)
    assert (note.text, note.author_id, note.author_role) == (TEXT, writer.id, writer.role)
    assert TEXT in page(client, wallet_path(scene.alices))
    assert TEXT in page(client, f"{NOTES}{note.id}/change/")
    record = AuditRecord.objects.get(event_type="wallet.note_added", entity_id=scene.alices.id)
    assert (record.after, record.actor_id) == ({"note_id": str(note.id)}, writer.id)
    assert "phone" not in f"{list(AuditRecord.objects.values())}{list(Event.objects.values('data'))}"


def test_a_dialog_warns_and_a_note_has_words(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    assert "its text can be erased" in page(client, wallet_path(scene.alices, "add_note"))
    for text in ("", "   ", "x" * 1001):
        assert "HX-Redirect" not in write(client, scene.alices, text).headers
    assert write(at_desk(scene.cast.bob, checks_csrf=True), scene.alices).status_code == 403
    assert not WalletNote.objects.filter(wallet=scene.alices).exists()


def test_who_may_write_and_where(scene: Scene) -> None:
    assert write(at_desk(scene.cast.audrey), scene.alices).status_code == 403
    assert write(at_desk(scene.cast.bob), scene.charlies).status_code == 404
    assert write(at_desk(make_scene().cast.frida), scene.alices).status_code == 404
    assert write(at_desk(scene.cast.alice), scene.alices).headers["Location"].startswith("/admin/login/")
    assert "Write a note" not in page(at_desk(scene.cast.audrey), wallet_path(scene.alices))
    assert not WalletNote.objects.filter(wallet__in=[scene.alices, scene.charlies]).exists()


def test_notes_are_seen_like_their_wallets(scene: Scene) -> None:
    mine = write_down(scene.alices, by=scene.cast.bob)
    other = write_down(scene.charlies, by=scene.cast.frida, text="Not for bob.")
    client = at_desk(scene.cast.bob)
    assert "Not for bob." not in page(client, NOTES)
    assert "The phone is at the desk." in page(client, NOTES)
    assert client.get(f"{NOTES}{other.id}/change/").status_code == 404
    assert erase(client, other).status_code == 404
    assert client.get(f"{NOTES}{mine.id}/change/").status_code == 200


def test_that_a_note_was_read_is_written_down(scene: Scene) -> None:
    write_down(scene.alices, by=scene.cast.bob)
    page(at_desk(scene.cast.frida), wallet_path(scene.alices))
    looks = DataAccessLog.objects.filter(actor_id=scene.cast.frida.id, subject_id=scene.cast.alice.id)
    assert "notes" in looks.latest("id").fields


def test_names_of_authors_are_for_who_may_see_them(scene: Scene) -> None:
    write_down(scene.alices, by=scene.cast.frida)
    assert "Frida" not in page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert "Frida" in page(at_desk(scene.cast.conny), wallet_path(scene.alices))


@pytest.mark.parametrize(("name", "may"), [("bob", True), ("frida", False), ("conny", True), ("audrey", False)])
def test_who_may_erase(scene: Scene, name: str, may: bool) -> None:
    note, client = write_down(scene.alices, by=scene.cast.bob, text=TEXT), at_desk(getattr(scene.cast, name))
    offered = f"{NOTES}{note.id}/erase/" in page(client, f"{NOTES}{note.id}/change/")
    erase(client, note)
    note.refresh_from_db()
    assert (offered, note.text == "", note.erased_at is not None) == (may, may, may)


def test_what_is_erased_is_gone_and_stays_a_note(scene: Scene) -> None:
    note, client = write_down(scene.alices, by=scene.cast.bob, text=TEXT), at_desk(scene.cast.conny)
    erase(client, note)
    erase(client, note)
    assert told(client) == ["The text is erased.", "This note is erased already."]
    text = page(client, wallet_path(scene.alices))
    assert "hotel in Bremen" not in text
    assert "It names a guest." in text
    record = AuditRecord.objects.get(event_type="wallet.note_erased")
    assert (record.actor_id, record.reason, record.before) == (
        scene.cast.conny.id,
        "It names a guest.",
        {"note_id": str(note.id)},
    )


@pytest.mark.parametrize("change", [{"text": "Other"}, {"author_role": "FINANCE"}, {"erased_by": None}])
def test_the_database_refuses_every_other_change(scene: Scene, change: dict[str, Any]) -> None:
    note = write_down(scene.alices, by=scene.cast.bob)
    with pytest.raises(ProgrammingError), atomic():
        WalletNote.objects.filter(id=note.id).update(**change)
    with pytest.raises(ProgrammingError), atomic():
        WalletNote.objects.filter(id=note.id).delete()
    note.refresh_from_db()
    assert note.text == "The phone is at the desk."
