"""Freeze, suspend, reactivate, close: who may, on what, and what people are told."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from compliance.models import User
from ledger.ids import new_id
from ledger.selectors.lifecycle import status_history
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, make_cast
from tests.wallets.admin.staff import at_desk, page, press, told, wallet_path
from tests.wallets.scene import Scene, available, give_wallet, nothing_recorded, set_status
from wallets.models import Wallet

BUTTONS = {"freeze": "FROZEN", "suspend": "SUSPENDED", "reactivate": "ACTIVE", "close": "CLOSED"}


def status_of(wallet: Wallet) -> str:
    return Wallet.objects.get(id=wallet.id).status


def buttons_on(user: User, wallet: Wallet) -> set[str]:
    return set(re.findall(rf'hx-get="{wallet_path(wallet, "([a-z]+)")}"', page(at_desk(user), wallet_path(wallet))))


@pytest.mark.parametrize("name", ["bob", "frida", "conny"])
@pytest.mark.parametrize("button", ["freeze", "suspend", "close"])
def test_keepers_change_a_status_with_a_reason(scene: Scene, name: str, button: str) -> None:
    wallet = scene.bobs if name != "bob" else give_wallet(scene.cast.alice, type="SAVINGS")
    keeper: User = getattr(scene.cast, name)
    client = at_desk(keeper)
    response = press(client, wallet, button, "Phone lost.")
    assert response.headers["HX-Redirect"] == wallet_path(wallet)
    assert told(client) == [f"The wallet is now {BUTTONS[button].lower()}."]
    assert status_of(wallet) == BUTTONS[button]
    (change, _) = status_history(wallet.id, wallet.currency)
    assert (change.status, change.reason) == (BUTTONS[button], "Phone lost.")
    assert (change.actor_type, change.actor_id) == (keeper.role, keeper.id)


def test_lifting_lets_money_move_again(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    press(client, scene.alices, "freeze")
    assert debit(scene).json()["code"] == "wallet.frozen"
    press(client, scene.alices, "reactivate")
    assert debit(scene, "second").status_code == 201


def debit(scene: Scene, reference: str = "first"):  # type: ignore[no-untyped-def]  # a response of REST framework
    booking = {
        "type": "DEBIT",
        "amount": "1.00",
        "currency": "EUR",
        "reference_type": "test",
        "reference_id": reference,
    }
    return api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.alices.id}/transactions", booking)


def elsewhere() -> UUID:
    return give_wallet(make_cast().alice).id


@pytest.mark.parametrize("button", BUTTONS)
def test_what_one_may_not_see_is_not_there(scene: Scene, button: str) -> None:
    hidden = [(scene.cast.bob, scene.charlies.id), (scene.cast.bob, elsewhere()), (scene.cast.frida, elsewhere())]
    hidden += [(scene.cast.audrey, elsewhere()), (scene.cast.frida, new_id())]
    with nothing_recorded():
        for user, wallet_id in hidden:
            assert press(at_desk(user), wallet_id, button).status_code == 404
            assert at_desk(user).get(wallet_path(wallet_id, button)).status_code == 404
        assert at_desk(scene.cast.frida).post("/admin/wallets/wallet/%00x/freeze/").status_code == 404


@pytest.mark.parametrize("button", BUTTONS)
def test_the_auditor_looks_and_touches_nothing(scene: Scene, button: str) -> None:
    with nothing_recorded():
        assert press(at_desk(scene.cast.audrey), scene.alices, button).status_code == 403
    assert buttons_on(scene.cast.audrey, scene.alices) == set()


@pytest.mark.parametrize("button", BUTTONS)
def test_looking_at_a_dialog_changes_nothing(scene: Scene, button: str) -> None:
    client = at_desk(scene.cast.bob)
    with nothing_recorded():
        response = client.get(wallet_path(scene.alices, button), {"reason": "By link.", "_form_submitted": "True"})
        assert b'id="dialog-form"' in response.content
        assert client.head(wallet_path(scene.alices, button)).status_code == 200


@pytest.mark.parametrize("button", BUTTONS)
def test_a_form_needs_its_token_and_its_reason(scene: Scene, button: str) -> None:
    with nothing_recorded():
        assert press(at_desk(scene.cast.bob, checks_csrf=True), scene.alices, button).status_code == 403
        for reason in ("", "   ", "x" * 501, "nul\x00"):
            response = press(at_desk(scene.cast.bob), scene.alices, button, reason)
            assert "HX-Redirect" not in response.headers


def test_nobody_lifts_what_is_his_own(scene: Scene) -> None:
    bob, client = scene.cast.bob, at_desk(scene.cast.bob)
    assert buttons_on(bob, scene.bobs) == {"suspend"}
    press(client, scene.bobs, "suspend")
    assert status_of(scene.bobs) == "SUSPENDED"
    told(client)
    with nothing_recorded():
        press(client, scene.bobs, "reactivate")
    assert told(client) == ["You may see this, but your role may not do that."]


def test_a_wallet_with_money_is_not_closed(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    press(client, scene.alices, "close")
    (text,) = told(client)
    assert text.startswith("Refused: The wallet still holds money")
    assert text.endswith("Left: 100.00 available.")
    assert (status_of(scene.alices), available(scene.alices)) == ("ACTIVE", 100)


def test_a_closed_wallet_stays_closed(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    press(client, scene.bobs, "close")
    assert buttons_on(scene.cast.frida, scene.bobs) == set()
    told(client)
    press(client, scene.bobs, "reactivate")
    assert told(client) == ["Refused: A closed wallet stays closed."]
    assert status_of(scene.bobs) == "CLOSED"


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("ACTIVE", {"freeze", "suspend", "close"}),
        ("SUSPENDED", {"freeze", "reactivate", "close"}),
        ("FROZEN", {"suspend", "reactivate", "close"}),
    ],
)
def test_the_buttons_that_make_sense(scene: Scene, status: str, offered: set[str]) -> None:
    if status != "ACTIVE":
        set_status(scene.alices, status, by=scene.cast.bob)
    for keeper in (scene.cast.bob, scene.cast.frida, scene.cast.conny):
        assert buttons_on(keeper, scene.alices) & set(BUTTONS) == offered


def test_the_same_status_again_records_nothing(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    press(client, scene.alices, "freeze")
    events = len(status_history(scene.alices.id, "EUR"))
    press(client, scene.alices, "freeze")
    assert len(status_history(scene.alices.id, "EUR")) == events


def test_a_member_of_staff_who_is_suspended_presses_in_vain(scene: Scene) -> None:
    cast: Cast = scene.cast
    client = at_desk(cast.bob)
    User.objects.filter(id=cast.bob.id).update(status="SUSPENDED")
    with nothing_recorded():
        assert press(client, scene.alices, "freeze")["Location"].startswith("/admin/login/")
