"""Budgets and limits set over the interface, and bookings that they have to let through."""

from __future__ import annotations

from typing import Any

from compliance.models import Caller
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene
from wallets.models import Wallet

EVERY_FIELD = {
    *("budget_id", "scope", "wallet_id", "user_id", "team_id", "parent_id", "children_mode", "name"),
    *("total_amount", "base_amount", "carry_in", "adjustments", "used_amount", "reserved_amount", "remaining_amount"),
    *("used_percent", "elapsed_percent", "currency", "period_type", "start_date", "end_date", "period", "status"),
    *("enforcement", "buffer_amount", "buffer_percent", "thresholds", "rollover", "rollover_cap", "refunds_to"),
    *("grace_days", "categories", "created_by", "created_at", "updated_at", "version"),
}


def budget_body(wallet: Wallet, amount: str = "600", **more: Any) -> dict[str, Any]:
    return {"wallet_id": str(wallet.id), "total_amount": amount, **more}


def set_budget(by: Caller, wallet: Wallet, amount: str = "600", **more: Any) -> dict[str, Any]:
    """Set a budget of a wallet, and return the answer."""
    response = api_as(by).post("/v1/budgets", budget_body(wallet, amount, **more))
    body: dict[str, Any] = response.json()
    assert response.status_code == 201, body
    return body


def set_limit(by: Caller, scene: Scene, **more: Any) -> dict[str, Any]:
    """Limit alice to 50.00 EUR a day, or whatever else is said, and return the answer."""
    usual = {"user_id": str(scene.cast.alice.id), "window": "DAILY", "currency": "EUR", "max_amount": "50"}
    response = api_as(by).put("/v1/limits", {**usual, "reason": "A test.", **more})
    body: dict[str, Any] = response.json()
    assert response.status_code == 200, body
    return body


def pay(scene: Scene, amount: str, *, reference: str = "b-1", category: str = "") -> Any:
    """A booking out of alice's wallet."""
    body = {"type": "DEBIT", "amount": amount, "currency": "EUR", "reference_type": "booking"}
    metadata = {"category": category} if category else {}
    path = f"/v1/wallets/{scene.alices.id}/transactions"
    return api_as(scene.cast.bookings).post(path, {**body, "reference_id": reference, "metadata": metadata})


def give_rules(scene: Scene) -> None:
    """One of each kind: a budget and a limit of alice's, a request of hers for more, and a template of the company."""
    budget = set_budget(scene.cast.frida, scene.alices, "1")
    set_limit(scene.cast.frida, scene)
    wanted = {"budget_id": budget["budget_id"], "kind": "PERMANENT", "amount": "5", "reason": "More."}
    assert api_as(scene.cast.alice).post("/v1/budget-requests", wanted).status_code == 201
    template = {"name": "Meals", "total_amount": "600", "currency": "EUR"}
    assert api_as(scene.cast.frida).post("/v1/budget-templates", template).status_code == 201
