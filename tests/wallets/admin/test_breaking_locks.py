"""The lock of a wallet at the back office: seen by all who see the wallet, broken by two roles, and written down."""

from __future__ import annotations

import re

import pytest

from compliance.models import AuditRecord
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import WALLETS, at_desk, page, press, told, wallet_path
from tests.wallets.held import hold, let_lapse, presenting
from tests.wallets.scene import Scene, give_wallet, nothing_recorded, problem_of, send, transfer_body
from wallets.models import WalletLock


def locks_shown(scene: Scene, query: str = "") -> int:
    return len(re.findall(r"payroll by SYSTEM", page(at_desk(scene.cast.frida), f"{WALLETS}{query}")))


def test_list_and_page_say_who_holds_a_wallet_until_when(scene: Scene) -> None:
    assert locks_shown(scene) == 0
    hold(scene.alices, by=scene.cast.bookings)
    assert locks_shown(scene) == 1
    for reader in (scene.cast.bob, scene.cast.audrey):
        text = page(at_desk(reader), wallet_path(scene.alices))
        assert re.search(r"payroll by SYSTEM .* until \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", text)
    let_lapse(scene.alices)
    assert locks_shown(scene) == 0


def test_filtering_by_lock(scene: Scene) -> None:
    hold(scene.alices, by=scene.cast.bookings)
    hold(scene.bobs, by=scene.cast.bookings)
    let_lapse(scene.bobs)
    counts = {}
    for query in ("?lock=held", "?lock=free", "?lock=what"):
        response = at_desk(scene.cast.frida).get(f"{WALLETS}{query}")
        counts[query] = {wallet.id for wallet in response.context["cl"].result_list}
    alices, bobs, charlies = scene.alices.id, scene.bobs.id, scene.charlies.id
    assert counts == {
        "?lock=held": {alices},
        "?lock=free": {bobs, charlies},
        "?lock=what": {alices, bobs, charlies},
    }


@pytest.mark.parametrize("name", ["frida", "conny"])
def test_breaking_a_lock_lets_others_in_and_its_holder_out(scene: Scene, name: str) -> None:
    held = hold(scene.alices, by=scene.cast.bookings)
    keeper = getattr(scene.cast, name)
    client = at_desk(keeper)
    response = press(client, scene.alices, "break_lock", "The job has died.")
    assert response.headers["HX-Redirect"] == wallet_path(scene.alices)
    assert told(client) == ["The lock is broken."]

    holder = presenting(api_as(scene.cast.bookings), held.lock_id)
    body = transfer_body(scene.alices, scene.bobs)
    problem_of(send(holder, "/v1/transfers", body), 412, "precondition.failed")
    assert send(api_as(scene.cast.frida), "/v1/transfers", body).status_code == 201

    record = AuditRecord.objects.get(event_type="wallet.lock_broken")
    assert (record.entity_type, record.entity_id, record.reason) == ("Wallet", scene.alices.id, "The job has died.")
    assert (record.actor_id, record.actor_role, record.company_id) == (keeper.id, keeper.role, scene.cast.company.id)
    assert record.before == {"operation": "payroll", "holder_id": str(scene.cast.bookings.id), "fencing_token": 1}


def buttons(scene: Scene, name: str) -> bool:
    text = page(at_desk(getattr(scene.cast, name)), wallet_path(scene.alices))
    return f'hx-get="{wallet_path(scene.alices, "break_lock")}"' in text


def test_the_button_is_there_when_there_is_something_to_break(scene: Scene) -> None:
    assert not buttons(scene, "frida")
    hold(scene.alices, by=scene.cast.bookings)
    shown = {name: buttons(scene, name) for name in ("bob", "frida", "conny", "audrey")}
    assert shown == {"bob": False, "frida": True, "conny": True, "audrey": False}
    let_lapse(scene.alices)
    assert not buttons(scene, "frida")


def test_a_lock_that_ended_meanwhile_is_not_broken(scene: Scene) -> None:
    hold(scene.alices, by=scene.cast.bookings)
    let_lapse(scene.alices)
    client = at_desk(scene.cast.frida)
    press(client, scene.alices, "break_lock")
    assert told(client) == ["Nobody holds this wallet any more."]
    assert not AuditRecord.objects.filter(event_type="wallet.lock_broken").exists()


def test_others_press_in_vain(scene: Scene) -> None:
    held = hold(scene.alices, by=scene.cast.bookings)
    elsewhere = give_wallet(make_cast().alice)
    with nothing_recorded():
        for name in ("bob", "audrey"):
            assert press(at_desk(getattr(scene.cast, name)), scene.alices, "break_lock").status_code == 403
        assert press(at_desk(scene.cast.frida), elsewhere, "break_lock").status_code == 404
        assert press(at_desk(scene.cast.frida, checks_csrf=True), scene.alices, "break_lock").status_code == 403
        looked = at_desk(scene.cast.frida).get(
            wallet_path(scene.alices, "break_lock"), {"reason": "By link.", "_form_submitted": "True"}
        )
        assert b'id="dialog-form"' in looked.content
        assert "HX-Redirect" not in press(at_desk(scene.cast.frida), scene.alices, "break_lock", " ").headers
    assert WalletLock.objects.get(wallet=scene.alices).expires_at == held.expires_at
