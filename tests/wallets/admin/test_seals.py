"""Seals in the back office: for those who see a whole company, to look at."""

from __future__ import annotations

import re

import pytest

from compliance.models import AuditRecord, DataAccessLog
from ledger.models import Event, SealedRecord
from tests.compliance.sealing import last_record_seal, seal_records
from tests.ledger.sealing import last_seal, seal_everything
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.scene import Scene, book, make_scene, set_status

LIST, RECORD_LIST = "/admin/ledger/seal/", "/admin/ledger/recordseal/"


@pytest.fixture
def scene(committed_db: None) -> Scene:
    scene = make_scene()
    for name in ("first", "second"):
        book(scene.alices, "1", key=name)
        seal_everything()
    return scene


@pytest.mark.parametrize("name", ["frida", "conny", "audrey"])
def test_those_who_see_the_company_see_the_seals(scene: Scene, name: str) -> None:
    client, seal = at_desk(getattr(scene.cast, name)), last_seal()
    assert bytes(seal.root).hex() in page(client, LIST)
    shown = page(client, f"{LIST}{seal.id}/change/")
    for digits in (seal.root, seal.previous_root, seal.signature):
        assert bytes(digits).hex() in shown
    assert str(seal.first_index) in shown
    assert str(scene.alices.id) not in shown
    assert str(seal.id) in page(client, f"{LIST}?q={seal.id}")


def test_a_manager_sees_none(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{last_seal().id}/change/").status_code in {403, 404}


def test_an_event_tells_by_which_seal_it_is_covered(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    book(scene.alices, "1", key="third")
    *_, sealed, waiting = Event.objects.filter(data__destination_wallet_id=str(scene.alices.id)).order_by("id")
    assert "no seal yet" in page(client, f"/admin/ledger/event/{waiting.id}/change/")
    assert f"seal {last_seal().number}, " in page(client, f"/admin/ledger/event/{sealed.id}/change/")


def test_records_tell_whether_and_by_which_seal_they_are_covered(scene: Scene) -> None:
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    client = at_desk(scene.cast.audrey)
    page(client, f"/admin/wallets/wallet/{scene.alices.id}/change/")
    seal_records()
    set_status(scene.alices, "ACTIVE", by=scene.cast.conny)
    waiting, sealed = AuditRecord.objects.filter(entity_id=scene.alices.id).order_by("-id")[:2]
    listed = page(client, f"/admin/compliance/auditrecord/?q={scene.alices.id}")
    cells = re.findall(r'data-label="Sealed"[^>]*>\s*(.*?)\s*</td>', listed, re.DOTALL)
    assert cells == ["not yet", "yes"]
    assert "no seal yet" in page(client, f"/admin/compliance/auditrecord/{waiting.id}/change/")
    seal = last_record_seal()
    assert f"seal {seal.number}, " in page(client, f"/admin/compliance/auditrecord/{sealed.id}/change/")
    look = DataAccessLog.objects.filter(actor_id=scene.cast.audrey.id).earliest("id")
    assert f"seal {seal.number}, " in page(client, f"/admin/compliance/dataaccesslog/{look.id}/change/")


@pytest.mark.parametrize("name", ["frida", "conny", "audrey"])
def test_the_seals_of_records_are_seen_likewise(scene: Scene, name: str) -> None:
    page(at_desk(scene.cast.frida), f"/admin/wallets/wallet/{scene.alices.id}/change/")
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    seal_records()
    client, seal = at_desk(getattr(scene.cast, name)), last_record_seal()
    assert bytes(seal.root).hex() in page(client, RECORD_LIST)
    shown = page(client, f"{RECORD_LIST}{seal.id}/change/")
    assert bytes(seal.signature).hex() in shown
    first = SealedRecord.objects.get(index=seal.first_index)
    assert bytes(first.hash).hex() in shown
    assert str(first.record_id) not in shown
    assert at_desk(scene.cast.bob).get(RECORD_LIST).status_code == 403
