""" "Why can't this wallet pay 90?": the answer of a real spend, without its effect."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from compliance.models import User
from tests.wallets.admin.staff import at_desk, page, wallet_path
from tests.wallets.budgets import pay, set_budget, set_limit
from tests.wallets.held import hold
from tests.wallets.scene import Scene, make_scene, nothing_recorded, set_status
from wallets.models import Wallet

YES = "Yes, it would go through: nothing stands in the way."


def ask(user: User, wallet: Wallet, amount: str = "90", **more: str) -> str:
    return page(at_desk(user), f"{wallet_path(wallet, 'ask')}?{urlencode({'amount': amount, **more})}")


def test_a_budget_that_is_nearly_used_up(scene: Scene) -> None:
    """The journey: weekly 200, 140 spent; 90 more are 30 too many."""
    scene_budget = set_budget(scene.cast.frida, scene.alices, "90", period_type="WEEKLY")
    assert pay(scene, "30").status_code == 201
    with nothing_recorded():
        text = ask(scene.cast.bob, scene.alices, "65")
    assert "Refused: Weekly budget has 60.00 EUR left, this needs 65.00. Resets Monday " in text
    assert f"/admin/budgets/budget/{scene_budget['budget_id']}/change/" in text
    for words in ("Is enough there?", "Does the budget allow it?", "65.00 EUR", "60.00 EUR", "5.00 EUR", "NOT MET"):
        assert words in text
    assert f"{YES}" in ask(scene.cast.bob, scene.alices, "60")


def test_every_reason_in_plain_words(scene: Scene) -> None:
    bob = scene.cast.bob
    assert "Refused: 100.00 EUR available, this needs 100.01 EUR." in ask(bob, scene.alices, "100.01")
    set_limit(scene.cast.frida, scene, max_amount="50")
    assert "Does the limit allow it?" in ask(bob, scene.alices, "51")
    set_status(scene.alices, "FROZEN", by=bob)
    assert "Refused: The wallet is frozen." in ask(bob, scene.alices, "1")


def test_categories_and_receivers(scene: Scene) -> None:
    set_budget(scene.cast.frida, scene.alices, "10", categories=["meals"])
    assert "has 10.00 EUR left" in ask(scene.cast.bob, scene.alices, "20", category="meals")
    assert YES in ask(scene.cast.bob, scene.alices, "20", category="travel")
    for to in (scene.cast.bob.email, str(scene.bobs.id), str(scene.charlies.id)):
        assert YES in ask(scene.cast.bob, scene.alices, "20", type="TRANSFER", to=to)
    for wrong in (
        {"type": "TRANSFER", "to": scene.cast.charlie.email},
        {"type": "TRANSFER", "to": str(make_scene().alices.id)},
        {"type": "TRANSFER"},
        {"to": scene.cast.bob.email},
    ):
        assert 'role="status"' not in ask(scene.cast.bob, scene.alices, "20", **wrong)


def test_a_budget_that_only_warns_is_no_plain_yes(scene: Scene) -> None:
    set_budget(scene.cast.frida, scene.alices, "10", enforcement="WARN")
    text = ask(scene.cast.bob, scene.alices, "20")
    assert YES in text
    assert "ONLY WARNS" in text


@pytest.mark.parametrize("amount", ["0", "-1", "1,5", "1e1", "NaN", "0.00001", "9" * 41, ""])
def test_amounts_are_as_strict_as_the_interface(scene: Scene, amount: str) -> None:
    text = ask(scene.cast.bob, scene.alices, amount)
    assert 'role="alert"' in text
    assert 'role="status"' not in text


def test_a_lock_is_told_besides(scene: Scene) -> None:
    hold(scene.alices, by=scene.cast.frida)
    assert "Besides, an operation holds this wallet until" in ask(scene.cast.bob, scene.alices)


def test_only_within_ones_scope_and_without_effect(scene: Scene) -> None:
    path = f"{wallet_path(scene.charlies, 'ask')}?amount=1"
    assert at_desk(scene.cast.bob).get(path).status_code == 404
    for client in (Client(), at_desk(scene.cast.alice)):
        response: Any = client.get(f"{wallet_path(scene.alices, 'ask')}?amount=1")
        assert response["Location"].startswith("/admin/login/")
    with nothing_recorded():
        assert ask(scene.cast.audrey, scene.alices, "10")
        page(at_desk(scene.cast.bob), wallet_path(scene.alices, "ask"))


def test_the_page_of_a_wallet_leads_there(scene: Scene) -> None:
    text = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert f'action="{wallet_path(scene.alices, "ask")}"' in text
