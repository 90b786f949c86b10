"""The page that checks the seals of some days."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection

from ledger.admin import verifying
from ledger.models import Event
from ledger.selectors.clock import database_now
from ledger.services import range_verification
from ledger.services.range_verification import verify_range
from tests.ledger.connecting import superuser
from tests.ledger.sealing import last_seal, leaf_of, seal_everything
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.scene import Scene, book, make_scene

PAGE = "/admin/ledger/seal/verify/"


@pytest.fixture
def scene(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Today's seals are also those of every test before: the page has the time to read them all."""
    monkeypatch.setattr(verifying, "verify_range", partial(verify_range, patience_seconds=600))
    scene = make_scene()
    for name in ("first", "second"):
        book(scene.alices, "1", key=name)
        seal_everything()
    return scene


def today() -> str:
    day = f"{database_now():%Y-%m-%d}"
    return f"?day_from={day}&day_to={day}"


@pytest.mark.parametrize("name", ["frida", "conny", "audrey"])
def test_what_is_as_it_was_sealed(scene: Scene, name: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    assert f"to {last_seal().tree_size - 1}: events and their postings are as they were sealed." in page(
        client, f"{PAGE}{today()}"
    )
    assert "Check the seals of some days" in page(client, "/admin/ledger/seal/")
    assert page(client, f"/admin/ledger/recordseal/verify/{today()}")


def test_days_without_seals_and_what_is_no_day(scene: Scene) -> None:
    client = at_desk(scene.cast.audrey)
    assert "Nothing was sealed on these days." in page(client, f"{PAGE}?day_from=2020-01-01&day_to=2020-01-02")
    for wrong in ("?day_from=x&day_to=2020-01-01", "?day_from=2020-01-02&day_to=2020-01-01", "?day_from=0001-01-01"):
        assert 'role="status"' not in page(client, f"{PAGE}{wrong}")


def test_a_manager_checks_none(scene: Scene) -> None:
    assert at_desk(scene.cast.bob).get(PAGE).status_code == 403


def test_what_was_changed_is_found(scene: Scene) -> None:
    event = Event.objects.filter(data__destination_wallet_id=str(scene.alices.id)).latest("id")
    change = "UPDATE ledger_event SET actor_type = %s WHERE id = %s"
    with superuser() as other:
        other.execute("SET session_replication_role = replica")
        other.execute(change, ["AUDITOR", event.id])
    try:
        text = page(at_desk(scene.cast.audrey), f"{PAGE}{today()}")
        assert f"Leaf {leaf_of(event.id).index} is not as it was sealed." in text
        assert str(event.id) not in text
    finally:
        with superuser() as other:
            other.execute("SET session_replication_role = replica")
            other.execute(change, [event.actor_type, event.id])


def test_it_is_bounded_in_time_and_goes_on_where_it_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(range_verification, "CHUNK", 1)
    size = last_seal().tree_size
    first = verify_range(size - 2, size, patience_seconds=0)
    assert (first.done, first.wrong_at, first.is_signed) == (size - 1, None, True)
    assert verify_range(first.done, size, patience_seconds=0).done == size
    assert connection.in_atomic_block is False
