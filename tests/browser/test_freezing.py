"""The foundation's last proof: a manager freezes a wallet with the mouse, and the next debit is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from playwright.sync_api import expect

from compliance.models import ServiceAccount, User
from tests.browser.conftest import Observed
from tests.compliance.desk import fresh_code, give_app
from tests.compliance.factories import PASSWORD, SECRET
from tests.wallets.scene import available, make_scene
from wallets.models import Wallet, WalletStatus


def log_in(observed: Observed, user: User) -> None:
    give_app(user)
    observed.visit("/admin/")
    observed.page.get_by_label("Email").fill(user.email)
    observed.page.get_by_label("Password").fill(PASSWORD)
    observed.page.get_by_role("button", name="Log in").click()
    observed.page.get_by_label("Code").fill(fresh_code(user))
    observed.page.get_by_role("button", name="Go on").click()
    expect(observed.page.locator("#nav-sidebar-apps")).to_be_visible()


def post(observed: Observed, path: str, body: dict[str, Any], token: str = "") -> tuple[int, dict[str, Any]]:
    """POST over HTTP, as another service would."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = observed.page.request.post(f"{observed.address}{path}", data=body, headers=headers)
    return response.status, response.json()


def debit(observed: Observed, wallet: Wallet, by: ServiceAccount, reference: str) -> tuple[int, dict[str, Any]]:
    status, tokens = post(observed, "/v1/auth/token", {"client_id": by.client_id, "client_secret": SECRET})
    assert status == 200, tokens
    body = {"type": "DEBIT", "amount": "10.00", "currency": "EUR"}
    body |= {"reference_type": "booking", "reference_id": reference}
    return post(observed, f"/v1/wallets/{wallet.id}/transactions", body, tokens["access"])


def test_a_frozen_wallet_refuses_the_next_debit(observed: Observed) -> None:
    scene, page = make_scene(), observed.page
    before, _ = debit(observed, scene.alices, scene.cast.bookings, "before")
    log_in(observed, scene.cast.bob)

    page.locator("#nav-sidebar-apps").get_by_role("link", name="Wallets").click()
    page.get_by_role("link", name=scene.cast.alice.email).click()
    page.get_by_role("link", name="Freeze").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Freeze").click()
    expect(dialog.get_by_text("This field is required.")).to_be_visible()
    dialog.get_by_label("Reason").fill("Phone lost on the train.")
    dialog.get_by_role("button", name="Freeze").click()

    expect(page.get_by_text("The wallet is now frozen.")).to_be_visible()
    expect(page.get_by_role("cell", name="Phone lost on the train.")).to_be_visible()
    assert Wallet.objects.get(id=scene.alices.id).status == WalletStatus.FROZEN
    after, problem = debit(observed, scene.alices, scene.cast.bookings, "after")
    assert (before, after, problem["code"]) == (201, 422, "wallet.frozen")
    assert available(scene.alices) == Decimal(90)
    assert (observed.errors, observed.strangers) == ([], [])
