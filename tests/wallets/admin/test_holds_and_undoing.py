"""Reservations in the back office, and the buttons that release, refund and reverse."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.models import User
from ledger.ids import new_id
from ledger.models import Event, Reservation, Transaction
from tests.compliance.clients import api_as
from tests.wallets.admin.staff import at_desk, page, told, wallet_path
from tests.wallets.holds import figures, let_expire, reserve, step
from tests.wallets.scene import (
    Scene,
    available,
    make_scene,
    nothing_moved,
    nothing_recorded,
    send,
    set_status,
    transfer_body,
)

BUTTONS = {"release": "reservation", "refund": "transaction", "reverse": "transaction"}


def path_of(screen: str, id: Any, name: str = "change") -> str:
    return f"/admin/ledger/{screen}/{id}/{name}/"


def press(client: Client, button: str, id: Any, *, key: str = "", **fields: str) -> Any:
    """Send a button's dialog, which brings a key of its own."""
    form = {"reason": "Asked for.", "key": key or str(new_id()), "_form_submitted": "True", **fields}
    form |= {"amount": "1"} if button == "refund" and "amount" not in fields else {}
    return client.post(path_of(BUTTONS[button], id, button), form)


def buttons_on(user: User, screen: str, id: Any) -> set[str]:
    text = page(at_desk(user), path_of(screen, id))
    return set(re.findall(rf'hx-get="{path_of(screen, id, "([a-z]+)")}"', text))


@pytest.fixture
def held(scene: Scene) -> Reservation:
    """Alice has 30.00 reserved for charlie."""
    made = reserve(
        scene.cast.alice, scene.alices, purpose="Hotel deposit", destination_wallet_id=str(scene.charlies.id)
    )
    return Reservation.objects.get(id=made["reservation_id"])


@pytest.fixture
def paid(scene: Scene) -> UUID:
    """Alice has paid charlie 10.00."""
    body = transfer_body(scene.alices, scene.charlies)
    return UUID(send(api_as(scene.cast.alice), "/v1/transfers", body, key="pay").json()["txn_id"])


def target(button: str, held: Reservation, paid: UUID) -> UUID:
    return held.id if button == "release" else paid


def listed(user: User) -> list[UUID]:
    response: Any = at_desk(user).get("/admin/ledger/reservation/")
    return [row.id for row in response.context["cl"].result_list]


def test_each_sees_the_holds_of_his_people(scene: Scene, held: Reservation) -> None:
    cast = scene.cast
    for member in (cast.bob, cast.frida, cast.conny, cast.audrey):
        assert listed(member) == [held.id]
        assert "Hotel deposit" in page(at_desk(member), path_of("reservation", held.id))
    other = make_scene().cast
    assert listed(other.frida) == []
    assert at_desk(other.frida).get(path_of("reservation", held.id)).status_code == 404


def test_a_manager_of_the_receiver_sees_the_document_only(scene: Scene) -> None:
    """Charlie holds money for alice, who is of bob's team."""
    body = transfer_body(scene.alices, scene.charlies, "20")
    send(api_as(scene.cast.alice), "/v1/transfers", body, key="fund")
    made = reserve(scene.cast.charlie, scene.charlies, "15", destination_wallet_id=str(scene.alices.id))
    set_status(scene.charlies, "FROZEN", by=scene.cast.frida)
    step(api_as(scene.cast.frida), made, "capture")
    bob, id = at_desk(scene.cast.bob), made["reservation_id"]
    assert listed(scene.cast.bob) == []
    assert bob.get(path_of("reservation", id)).status_code == 404
    text, everything = (
        page(client, path_of("transaction", made["txn_id"])) for client in (bob, at_desk(scene.cast.frida))
    )
    for hidden in ("wallet.frozen", "ReservationRefused", path_of("reservation", id), "20.00 EUR"):
        assert (hidden in text, hidden in everything) == (False, True), hidden
    refused = Event.objects.get(stream_id=made["txn_id"], type="ReservationRefused")
    assert bob.get(path_of("event", refused.id)).status_code == 404
    assert at_desk(scene.cast.frida).get(path_of("event", refused.id)).status_code == 200


@pytest.mark.parametrize("name", ["bob", "frida"])
def test_release(scene: Scene, held: Reservation, name: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    response = press(client, "release", held.id, reason="The guest left.")
    assert response.headers["HX-Redirect"] == path_of("reservation", held.id)
    assert told(client) == ["The reservation is released."]
    assert (figures(scene.alices), figures(scene.charlies)) == ((100, 0, 0), (0, 0, 0))
    last = Event.objects.filter(stream_id=held.transaction_id).latest("seq")
    assert (last.type, last.data["reason"]) == ("ReservationReleased", "The guest left.")
    assert last.actor_id == getattr(scene.cast, name).id
    assert buttons_on(getattr(scene.cast, name), "reservation", held.id) == set()


def test_refund_and_the_way_to_it(scene: Scene, paid: UUID) -> None:
    client = at_desk(scene.cast.frida)
    press(client, "refund", paid, amount="2.5")
    assert told(client) == ["The transaction is refunded."]
    assert (available(scene.alices), available(scene.charlies)) == (92.5, 7.5)
    made = Transaction.objects.get(original_transaction_id=paid)
    assert path_of("transaction", made.id) in page(client, path_of("transaction", paid))
    assert path_of("transaction", paid) in page(client, path_of("transaction", made.id))
    assert buttons_on(scene.cast.frida, "transaction", paid) == {"refund"}
    assert buttons_on(scene.cast.frida, "transaction", made.id) == set()


def test_reverse(scene: Scene, paid: UUID) -> None:
    client = at_desk(scene.cast.frida)
    assert buttons_on(scene.cast.frida, "transaction", paid) == {"refund", "reverse"}
    press(client, "reverse", paid)
    assert told(client) == ["The transaction is reversed."]
    assert (available(scene.alices), available(scene.charlies)) == (100, 0)
    assert buttons_on(scene.cast.frida, "transaction", paid) == set()


def test_what_is_refused_is_told(scene: Scene, held: Reservation, paid: UUID) -> None:
    client = at_desk(scene.cast.frida)
    let_expire({"reservation_id": held.id})
    with nothing_moved():
        press(client, "release", held.id)
        press(client, "refund", paid, amount="10.01")
        press(client, "refund", paid, amount="0.00001")
    assert told(client) == [
        "Refused: The deadline of the reservation has passed.",
        "Refused: 10.00 EUR available, this needs 10.01 EUR.",
        "EUR has 4 decimals; this amount is finer.",
    ]


@pytest.mark.parametrize("button", BUTTONS)
def test_a_dialog_that_is_sent_twice_acts_once(scene: Scene, held: Reservation, paid: UUID, button: str) -> None:
    client, id, key = at_desk(scene.cast.frida), target(button, held, paid), str(new_id())
    press(client, button, id, key=key)
    with nothing_recorded():
        press(client, button, id, key=key)
        press(client, button, id, key=key, reason="Something else.")
    assert [text.startswith("The ") for text in told(client)] == [True, True, False]


@pytest.mark.parametrize("button", BUTTONS)
def test_each_dialog_brings_a_key(scene: Scene, held: Reservation, paid: UUID, button: str) -> None:
    client, id = at_desk(scene.cast.frida), target(button, held, paid)
    with nothing_recorded():
        texts = [client.get(path_of(BUTTONS[button], id, button)).content.decode() for _ in range(2)]
        assert press(client, button, id, key="not one").status_code == 200
    keys = {re.search(r'name="key" value="([^"]+)"', text)[1] for text in texts}  # type: ignore[index]
    assert len(keys) == 2


@pytest.mark.parametrize("button", BUTTONS)
def test_looking_changes_nothing(scene: Scene, held: Reservation, paid: UUID, button: str) -> None:
    client, path = at_desk(scene.cast.frida), path_of(BUTTONS[button], target(button, held, paid), button)
    sent = {"reason": "By link.", "key": "k", "amount": "1", "_form_submitted": "True"}
    with nothing_recorded():
        assert b'id="dialog-form"' in client.get(path, sent).content
        assert client.head(path).status_code == 200


@pytest.mark.parametrize("button", BUTTONS)
def test_a_form_needs_its_token_its_reason_and_its_amount(
    scene: Scene, held: Reservation, paid: UUID, button: str
) -> None:
    id = target(button, held, paid)
    with nothing_recorded():
        assert press(at_desk(scene.cast.frida, checks_csrf=True), button, id).status_code == 403
        for wrong in ({"reason": ""}, {"reason": "x" * 501}, {"key": "two words"}):
            assert "HX-Redirect" not in press(at_desk(scene.cast.frida), button, id, **wrong).headers
        for amount in ("0", "-1", "1,5", "1e1", "NaN", "", "9" * 41) if button == "refund" else ():
            assert "HX-Redirect" not in press(at_desk(scene.cast.frida), button, id, amount=amount).headers


@pytest.mark.parametrize("button", BUTTONS)
def test_who_may_press(scene: Scene, held: Reservation, paid: UUID, button: str) -> None:
    id, cast = target(button, held, paid), scene.cast
    forbidden = [cast.conny, cast.audrey] if button == "release" else [cast.bob, cast.conny, cast.audrey]
    elsewhere = make_scene()
    with nothing_recorded():
        for user in forbidden:
            assert press(at_desk(user), button, id).status_code == 403
            assert buttons_on(user, BUTTONS[button], id) == set()
        for user, hidden in ((elsewhere.cast.frida, id), (elsewhere.cast.audrey, id), (cast.frida, new_id())):
            assert press(at_desk(user), button, hidden).status_code == 404
            assert at_desk(user).get(path_of(BUTTONS[button], hidden, button)).status_code == 404
        for client in (Client(), at_desk(cast.alice)):
            assert press(client, button, id)["Location"].startswith("/admin/login/")


def test_the_page_of_a_transaction_says_why(scene: Scene, held: Reservation) -> None:
    step(api_as(scene.cast.alice), str(held.id), "capture", key="1", amount="31")
    step(api_as(scene.cast.alice), str(held.id), "capture", key="2", amount="20")
    text = page(at_desk(scene.cast.bob), path_of("transaction", held.transaction_id))
    for expected in ("Decision: capture", "reservation.capture_exceeds", "100.00 EUR", "ReservationCaptured"):
        assert expected in text
    assert path_of("reservation", held.id) in text


def test_the_page_of_a_wallet_shows_what_is_held(scene: Scene, held: Reservation) -> None:
    text = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert "Open reservations" in text
    assert path_of("reservation", held.id) in text
    press(at_desk(scene.cast.bob), "release", held.id)
    assert "Open reservations" not in page(at_desk(scene.cast.bob), wallet_path(scene.alices))


def test_pages_stay_cheap(scene: Scene, held: Reservation, paid: UUID) -> None:
    for key in range(12):
        step(api_as(scene.cast.alice), str(held.id), "capture", key=str(key), amount="31")
    client = at_desk(scene.cast.frida)
    for path in (path_of("transaction", held.transaction_id), path_of("reservation", held.id)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert len(queries) <= 30
