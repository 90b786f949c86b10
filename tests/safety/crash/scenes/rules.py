"""Requests that say what money may do: budgets, limits, statuses, closings, second persons."""

from __future__ import annotations

from typing import Any

from compliance.core.origin import Origin
from ledger.ids import new_id
from tests.safety.crash.lives import Act, Tell
from tests.safety.crash.scenes.requests import Request, asking, made
from tests.safety.crash.scenes.scene import Scene
from tests.safety.crash.scenes.stage import stage
from tests.wallets.approving import adjustment, ask, make_office
from wallets.models import Wallet
from wallets.services.sweeping import sweep_and_close


def _setting(wallet: Wallet, amount: str = "600", **more: Any) -> Request:
    body = {"wallet_id": str(wallet.id), "total_amount": amount, **more}
    return asking("/v1/budgets", body, by=stage().cast.frida)


def set_budget() -> Act:
    return _setting(stage().wallet("100"))


def change_budget() -> Act:
    budget = made(_setting(stage().wallet("100")))
    body = {"total_amount": "200", "reason": "Less.", "effective": "NOW"}
    path = f"/v1/budgets/{budget['budget_id']}"
    return Request(stage().client(stage().cast.frida), path, body, None, method="put", if_match="*")


def adjust_budget() -> Act:
    budget = made(_setting(stage().wallet("100")))
    body = {"amount": "40", "reason": "Once."}
    return asking(f"/v1/budgets/{budget['budget_id']}/adjustments", body, by=stage().cast.frida)


def move_budget() -> Act:
    wallet = stage().wallet("100")
    meals, travel = (made(_setting(wallet, categories=[name])) for name in ("meals", "travel"))
    named = {"from_budget_id": meals["budget_id"], "to_budget_id": travel["budget_id"]}
    return asking("/v1/budget-transfers", {**named, "amount": "40", "reason": "A trip."}, by=stage().cast.frida)


def set_limit() -> Act:
    body = {"user_id": str(stage().person().id), "window": "DAILY", "currency": "EUR", "max_amount": "50"}
    return Request(stage().client(stage().cast.frida), "/v1/limits", {**body, "reason": "A test."}, None, method="put")


def freeze() -> Act:
    path = f"/v1/wallets/{stage().wallet('100').id}/status"
    body = {"status": "FROZEN", "reason": "Phone lost."}
    return Request(stage().client(stage().cast.frida), path, body, None, method="put")


def sweep() -> Act:
    wallet, frida = stage().wallet("100"), stage().cast.frida

    def act(tell: Tell) -> None:
        origin = Origin(actor_id=frida.id, actor_role=frida.role)
        sweep_and_close(caller=frida, wallet_id=wallet.id, reason="Left.", origin=origin)

    return act


def approve_adjustment() -> Act:
    """A second person agrees, and the money moves with it."""
    office = make_office()
    approval = ask("adjustment.post", office.frida, adjustment(office.scene.alices))
    path = f"/v1/approvals/{approval.id}/approve"
    client = stage().client(office.fiona)
    return Request(client, path, {"reason": "Seen."}, None)


def approve_more() -> Act:
    """Somebody has asked a budget for more, and gets it."""
    budget = made(_setting(stage().wallet("100")))
    wanted = {"budget_id": budget["budget_id"], "kind": "PERMANENT", "amount": "5", "reason": "More."}
    asked = made(Request(stage().client(stage().cast.bob), "/v1/budget-requests", wanted, new_id().hex))
    path = f"/v1/budget-requests/{asked['request_id']}/approve"
    return Request(stage().client(stage().cast.frida), path, {"reason": "So be it."}, None)


def close_books() -> Act:
    """Of a company of its own, so that the others may go on."""
    office = make_office()
    body = {"closed_until": "2026-01-01T00:00:00Z", "reason": "Audited."}
    return Request(stage().client(office.frida), "/v1/closings", body, None)


RULES = (
    Scene("setting a budget", set_budget),
    Scene("changing a budget", change_budget),
    Scene("adjusting a budget", adjust_budget),
    Scene("moving a budget", move_budget),
    Scene("setting a limit", set_limit),
    Scene("freezing a wallet", freeze, has_key=False),
    Scene("sweeping and closing a wallet", sweep, has_key=False),
    Scene("approving an adjustment", approve_adjustment, is_repeatable=False),
    Scene("granting a request for more", approve_more, is_repeatable=False),
    Scene("closing the books", close_books, is_repeatable=False),
)
