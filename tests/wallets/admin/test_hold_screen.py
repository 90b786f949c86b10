"""The list of holds, and the buttons that capture one and give it more time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.models import BudgetPeriod
from compliance.models import AuditRecord
from ledger.ids import new_id
from ledger.models import Event, Reservation
from ledger.selectors.clock import database_now
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.budgets import set_budget
from tests.wallets.holds import figures, let_expire, reserve
from tests.wallets.scene import Scene, make_scene, nothing_recorded
from wallets.admin import hold_filters

LIST = "/admin/ledger/reservation/"
WRONG: dict[str, list[dict[str, str]]] = {
    "capture": [{"reason": ""}, {"amount": "0"}, {"amount": "1e1"}, {"key": "two words"}],
    "extend": [{"reason": "", "hours": "5"}, {"hours": "0"}, {"hours": "721"}, {"hours": ""}],
}


def path_of(hold: Reservation, name: str = "change") -> str:
    return f"{LIST}{hold.id}/{name}/"


def press(client: Client, hold: Reservation, button: str, **fields: str) -> Any:
    form = {"reason": "The guest stays.", "key": str(new_id()), "is_final": "on", "_form_submitted": "True"}
    return client.post(path_of(hold, button), {**form, **fields})


@pytest.fixture
def held(scene: Scene) -> Reservation:
    made = reserve(scene.cast.alice, scene.alices, "30", purpose="Hotel deposit", reference_id="stay-1")
    return Reservation.objects.get(id=made["reservation_id"])


def test_the_columns(scene: Scene) -> None:
    set_budget(scene.cast.frida, scene.alices)
    reserve(scene.cast.alice, scene.alices, purpose="Hotel deposit", reference_id="stay-1", expires_in=3 * 3600 + 90)
    response: Any = at_desk(scene.cast.bob).get(LIST)
    (row,) = response.context["cl"].result_list
    assert [period.key for period in row.periods] == [BudgetPeriod.objects.get(budget__wallet_id=scene.alices.id).key]
    text = response.content.decode().replace("\xa0", " ")
    expected = ("stay-1", "Hotel deposit", "30.00 EUR", "3 hours", row.periods[0].key, "ACTIVE")
    assert [words for words in expected if words not in text] == []


def found(scene: Scene, query: str) -> set[int]:
    response: Any = at_desk(scene.cast.frida).get(f"{LIST}?{query}")
    return {int(row.amount) for row in response.context["cl"].result_list}


def test_the_filters(scene: Scene, held: Reservation) -> None:
    reserve(scene.cast.alice, scene.alices, "5", key="long", expires_in=5 * 86_400)
    let_expire(reserve(scene.cast.alice, scene.alices, "6", key="over"))
    answers = {
        "deadline=soon": {30},
        "deadline=over": {6},
        "age=day": set(),
        "age=nonsense": {30, 5, 6},
        f"team={scene.cast.alice.team_id}": {30, 5, 6},
        f"team={scene.cast.charlie.team_id}": set(),
        "team=none": set(),
    }
    assert {query: found(scene, query) for query in answers} == answers


def test_those_that_are_older(scene: Scene, held: Reservation, monkeypatch: pytest.MonkeyPatch) -> None:
    later = database_now() + timedelta(days=8)
    monkeypatch.setattr(hold_filters, "database_now", lambda: later)
    answers = {"age=day": {30}, "age=week": {30}, "age=month": set()}
    assert {query: found(scene, query) for query in answers} == answers


def test_capture(scene: Scene, held: Reservation) -> None:
    client = at_desk(scene.cast.bob)
    assert press(client, held, "capture", amount="20").headers["HX-Redirect"] == path_of(held)
    assert told(client) == ["The reservation is captured."]
    assert figures(scene.alices) == (80, 0, 0)
    last = Event.objects.filter(stream_id=held.transaction_id).latest("seq")
    assert (last.type, last.actor_id) == ("ReservationCaptured", scene.cast.bob.id)
    record = AuditRecord.objects.get(event_type="wallet.hold_captured")
    assert (record.reason, record.after, record.actor_id) == (
        "The guest stays.",
        {"reservation_id": str(held.id)},
        scene.cast.bob.id,
    )
    assert "Hold captured here" in page(client, f"/admin/wallets/wallet/{scene.alices.id}/change/")


def test_capture_of_a_part_that_leaves_the_rest_held(scene: Scene, held: Reservation) -> None:
    press(at_desk(scene.cast.frida), held, "capture", amount="20", is_final="")
    assert figures(scene.alices) == (70, 10, 0)


def test_extend(scene: Scene, held: Reservation) -> None:
    client = at_desk(scene.cast.frida)
    press(client, held, "extend", hours="48")
    assert told(client) == ["The reservation has more time."]
    held.refresh_from_db()
    assert timedelta(hours=47) < held.expires_at - database_now() <= timedelta(hours=48)
    assert AuditRecord.objects.get(event_type="wallet.hold_extended").reason == "The guest stays."


def test_what_is_refused_is_told_and_leaves_no_record(scene: Scene, held: Reservation) -> None:
    client = at_desk(scene.cast.frida)
    press(client, held, "capture", amount="30.01")
    press(client, held, "capture", amount="0.00001")
    assert told(client) == [
        "Refused: 30.00 EUR available, this needs 30.01 EUR.",
        "EUR has 4 decimals; this amount is finer.",
    ]
    assert not AuditRecord.objects.filter(event_type="wallet.hold_captured").exists()


def test_a_refusal_shows_its_gates(scene: Scene, held: Reservation) -> None:
    client = at_desk(scene.cast.frida)
    press(client, held, "capture", amount="30.01")
    text = page(client, path_of(held))
    assert "Refused: 30.00 EUR available, this needs 30.01 EUR." in text
    assert "Short by" in text
    assert '<span class="money">0.01</span>' in text


@pytest.mark.parametrize("button", ["capture", "extend"])
def test_a_dialog_that_is_sent_twice_acts_once(scene: Scene, held: Reservation, button: str) -> None:
    client, key = at_desk(scene.cast.frida), str(new_id())
    press(client, held, button, key=key, hours="5")
    records = AuditRecord.objects.count()
    with nothing_recorded():
        press(client, held, button, key=key, hours="5")
    assert AuditRecord.objects.count() == records


@pytest.mark.parametrize("button", ["capture", "extend"])
def test_who_may_press_and_what_a_form_needs(scene: Scene, held: Reservation, button: str) -> None:
    elsewhere = make_scene()
    with nothing_recorded():
        for user in (scene.cast.conny, scene.cast.audrey):
            assert press(at_desk(user), held, button, hours="5").status_code == 403
        assert press(at_desk(elsewhere.cast.frida), held, button, hours="5").status_code == 404
        assert press(at_desk(scene.cast.frida, checks_csrf=True), held, button, hours="5").status_code == 403
        assert press(at_desk(scene.cast.alice), held, button)["Location"].startswith("/admin/login/")
        for wrong in WRONG[button]:
            assert "HX-Redirect" not in press(at_desk(scene.cast.frida), held, button, **wrong).headers


def test_more_holds_cost_no_more_queries(scene: Scene, held: Reservation) -> None:
    set_budget(scene.cast.frida, scene.alices)
    reserve(scene.cast.alice, scene.alices, "1", key="first")
    client = at_desk(scene.cast.frida)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(4):
        reserve(scene.cast.alice, scene.alices, "1", key=f"more-{number}")
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    assert len(many) == len(few)
