"""What a page shows of people is written down once, before it leaves; otherwise it does not leave (R189, R190)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries

from compliance.api import looks
from compliance.core.origin import Origin
from compliance.models import DataAccessLog
from compliance.services.audit import record_looks
from ledger.ids import new_id
from tests.wallets.admin.staff import at_desk, wallet_path, write_down
from tests.wallets.scene import Scene, make_scene


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def looks_of(actor: Any) -> list[tuple[Any, list[str], str]]:
    rows = DataAccessLog.objects.filter(actor_id=actor.id).order_by("id")
    return [(row.subject_id, row.fields, row.context) for row in rows]


def test_parts_of_a_page_that_show_the_same_person_are_one_look(scene: Scene) -> None:
    """The heading shows whose wallet it is, the timeline who has written, the note what."""
    write_down(scene.alices, by=scene.cast.bob)
    path = wallet_path(scene.alices)
    assert at_desk(scene.cast.frida).get(path).status_code == 200
    found = {subject: fields for subject, fields, context in looks_of(scene.cast.frida) if context == f"GET {path}"}
    assert len(found) == len(looks_of(scene.cast.frida)) == 2
    assert set(found[scene.cast.alice.id]) >= {"first_name", "last_name", "kyc_status", "notes"}
    assert found[scene.cast.bob.id] == ["email", "first_name", "last_name"]


def test_what_cannot_be_written_down_is_not_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("no room")

    monkeypatch.setattr(looks, "record_looks", fail)
    client = at_desk(scene.cast.frida)
    client.raise_request_exception = False
    answer = client.get(wallet_path(scene.alices))
    assert answer.status_code >= 500
    assert scene.cast.alice.last_name not in answer.content.decode()


def test_looks_of_many_are_one_statement_and_at_oneself_none(
    scene: Scene, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    frida, alice, bob = scene.cast.frida, scene.cast.alice, scene.cast.bob
    origin = Origin(actor_id=frida.id, actor_role=frida.role, ip_address="192.0.2.7", session_id=new_id())
    seen: Mapping[Any, list[str]] = {alice.id: ["last_name", "email"], bob.id: ["phone"], frida.id: ["email"]}
    with django_assert_num_queries(1):
        record_looks(origin=origin, looks=seen, context="GET here")
    assert looks_of(frida) == [
        (alice.id, ["email", "last_name"], "GET here"),
        (bob.id, ["phone"], "GET here"),
    ]
    with django_assert_num_queries(0):
        record_looks(origin=origin, looks={frida.id: ["email"]}, context="GET here")
