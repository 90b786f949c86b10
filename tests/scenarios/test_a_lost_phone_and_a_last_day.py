"""Alice loses her phone, and then leaves: her manager and finance do it all at the back office, two by two."""

from __future__ import annotations

from typing import Any

from compliance.models import User
from ledger.ids import new_id
from tests.compliance.clients import api_as
from tests.wallets.admin.checking import answer, submit, with_rules
from tests.wallets.admin.staff import at_desk, page, press, told, wallet_path
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, available, make_scene, problem_of
from wallets.models import Approval, Wallet


def status_of(wallet: Wallet) -> str:
    return Wallet.objects.get(id=wallet.id).status


def booking(scene: Scene, reference: str) -> Any:
    body = {"type": "DEBIT", "amount": "10.00", "currency": "EUR"}
    body |= {"reference_type": "booking", "reference_id": reference}
    return api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.alices.id}/transactions", body)


def agree(by: User) -> None:
    """Whatever waits, this colleague has looked at it."""
    asked = Approval.objects.get(status="PENDING")
    assert told(answer(by, asked, "approve")) == ["It is approved, and it is done."]


def test_her_wallet_is_frozen_emptied_and_closed(db: None) -> None:
    scene = make_scene()
    bob, felix = scene.cast.bob, with_rules(scene)
    held = reserve(scene.cast.alice, scene.alices, "30", purpose="Hotel deposit")["reservation_id"]

    # The phone is gone: one click, and nothing goes out.
    press(at_desk(bob), scene.alices, "freeze", "Device lost.")
    problem_of(booking(scene, "while frozen"), 422, "wallet.frozen")
    assert available(scene.alices) == 70

    # She leaves. What is still held stands in the way, and the dialog says so.
    press(at_desk(bob), scene.alices, "reactivate", "She leaves: the wallet is emptied.")
    sweep = wallet_path(scene.alices, "close_with_sweep")
    dialog = page(at_desk(bob), sweep)
    assert "Open reservations stand in the way" in dialog
    assert "Hotel deposit" in dialog
    submit(at_desk(bob), sweep, reason="Last day.")
    assert (status_of(scene.alices), Approval.objects.count()) == ("ACTIVE", 0)

    # The hold is released by two.
    submit(at_desk(bob), f"/admin/ledger/reservation/{held}/release/", key=str(new_id()), reason="No trip any more.")
    assert available(scene.alices) == 70
    agree(felix)
    assert available(scene.alices) == 100

    # What is left goes to the company, and the wallet is closed; by two as well.
    submit(at_desk(bob), sweep, reason="Last day.")
    assert (status_of(scene.alices), available(scene.alices)) == ("ACTIVE", 100)
    agree(felix)
    assert (status_of(scene.alices), available(scene.alices)) == ("CLOSED", 0)

    # That is for ever; its statement stays.
    client = at_desk(bob)
    press(client, scene.alices, "reactivate", "She came back.")
    (refused,) = told(client)
    assert refused.startswith("Refused: ")
    assert status_of(scene.alices) == "CLOSED"
    statement = at_desk(bob).get(f"/admin/wallets/wallet/{scene.alices.id}/statement/this-month/csv/")
    assert statement.status_code == 200
    assert b"Last day." in b"".join(statement)
