"""The timeline of a wallet: everything that happened to it, who did it and why."""

from __future__ import annotations

import re
from datetime import timedelta

from compliance.core.origin import Origin
from ledger.models import Reservation
from tests.compliance.clients import api_as
from tests.wallets.admin.staff import at_desk, page, wallet_path, write_down
from tests.wallets.budgets import set_budget, set_limit
from tests.wallets.holds import reserve, step
from tests.wallets.scene import Scene, book, send, set_status, transfer_body
from wallets.services.wallet_locks import break_lock, take_lock


def timeline(text: str) -> str:
    """The part of a wallet's page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition('id="timeline"')[2]).split())


def test_everything_is_there(scene: Scene) -> None:
    cast = scene.cast
    book(scene.alices, "-12.5", key="lunch", text="Lunch in Hamburg")
    set_status(scene.alices, "SUSPENDED", by=cast.bob)
    set_status(scene.alices, "ACTIVE", by=cast.frida)
    frida = Origin(actor_id=cast.frida.id, actor_role="FINANCE")
    take_lock(caller=cast.frida, wallet=scene.alices, operation="payroll", lease=timedelta(minutes=1), origin=frida)
    break_lock(caller=cast.frida, wallet=scene.alices, reason="It hangs.", origin=frida)
    set_budget(cast.frida, scene.alices, "300", reason="A start.")
    set_limit(cast.frida, scene, wallet_id=str(scene.alices.id), reason="Careful.")
    held = reserve(cast.alice, scene.alices, "20", purpose="Hotel deposit")
    step(api_as(cast.alice), held, "release", key="1")
    write_down(scene.alices, by=cast.bob)
    told = timeline(page(at_desk(cast.frida), wallet_path(scene.alices)))
    expected = (
        "Transaction completed : 12.50 EUR",
        "Lunch in Hamburg",
        "SUSPENDED",
        "Opened.",
        "Locked: payroll",
        "Lock broken: payroll",
        "It hangs.",
        "set to 300.00 EUR",
        "Limit set",
        "Careful.",
        "Reservation created : 20.00 EUR",
        "Reservation released",
        "The phone is at the desk.",
        "Frida Winter (FINANCE)",
    )
    assert [words for words in expected if words not in told] == []


def test_the_newest_comes_first(scene: Scene) -> None:
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    book(scene.alices, "1", key="later", text="Came in later")
    told = timeline(page(at_desk(scene.cast.bob), wallet_path(scene.alices)))
    assert told.index("Came in later") < told.index("SUSPENDED") < told.index("Opened.")


def test_what_was_refused_to_another_payer_is_not_told(scene: Scene) -> None:
    """Charlie's hold for alice: that a capture of too much was refused is his affair."""
    send(api_as(scene.cast.frida), "/v1/transfers", transfer_body(scene.alices, scene.charlies, "50"), key="fund")
    held = reserve(scene.cast.charlie, scene.charlies, "30", destination_wallet_id=str(scene.alices.id))
    step(api_as(scene.cast.charlie), held, "capture", key="1", amount="31")
    assert Reservation.objects.get(id=held["reservation_id"]).status == "ACTIVE"
    assert "Reservation refused" not in timeline(page(at_desk(scene.cast.bob), wallet_path(scene.alices)))
    assert "Reservation refused" in timeline(page(at_desk(scene.cast.frida), wallet_path(scene.charlies)))
