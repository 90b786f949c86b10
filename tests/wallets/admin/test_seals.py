"""Seals in the back office: for those who see a whole company, to look at."""

from __future__ import annotations

import pytest

from ledger.models import Event
from tests.ledger.sealing import last_seal, seal_everything
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.scene import Scene, book, make_scene

LIST = "/admin/ledger/seal/"


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
