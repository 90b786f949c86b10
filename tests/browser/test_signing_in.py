"""A manager comes in for the first time: QR code, recovery codes, and the next day with the app."""

from __future__ import annotations

from base64 import b32decode
from pathlib import Path

from playwright.sync_api import expect

from compliance.models import RecoveryCode, User
from compliance.services.one_time_codes import code_of
from tests.browser.conftest import Observed
from tests.compliance.desk import fresh_code, give_app, now_step
from tests.compliance.factories import PASSWORD
from tests.wallets.scene import make_scene

PHONE = {"width": 375, "height": 740}


def give_password(observed: Observed, user: User) -> None:
    observed.visit("/admin/")
    observed.page.get_by_label("Email").fill(user.email)
    observed.page.get_by_label("Password").fill(PASSWORD)
    observed.page.get_by_role("button", name="Log in").click()


def fits(observed: Observed) -> bool:
    return bool(observed.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_first_log_in_on_a_phone(observed: Observed, tmp_path: Path) -> None:
    scene, page = make_scene(), observed.page
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    give_password(observed, scene.cast.bob)

    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    drawn = page.get_by_role("img", name="QR code for your authenticator app")
    box = drawn.bounding_box()
    assert box is not None
    assert box["width"] == box["height"] > 150
    assert fits(observed)
    page.get_by_text("It cannot scan").click()
    key = b32decode(page.locator(".secret").inner_text().replace(" ", ""))
    observed.visit("/admin/wallets/wallet/")
    expect(page.get_by_label("Password")).to_be_visible()

    observed.visit("/admin/login/set-up/")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_label("Code").fill(code_of(key, now_step()))
    page.get_by_role("button", name="Confirm").click()

    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    shown = codes.all_inner_texts()
    assert fits(observed)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    waiting.value.save_as(tmp_path / "codes.txt")
    kept = (tmp_path / "codes.txt").read_text()
    assert [code for code in shown if code not in kept] == []
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Transactions today")).to_be_visible()
    assert (observed.errors, observed.strangers) == ([], [])


def test_app_recovery_code_and_my_security(observed: Observed) -> None:
    scene, page = make_scene(), observed.page
    bob = scene.cast.bob
    recovery, *_ = give_app(bob)
    give_password(observed, bob)
    page.get_by_role("link", name="Use a recovery code instead").click()
    page.get_by_label("Recovery code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("You used a recovery code; 9 are left.")).to_be_visible()

    page.locator("#nav-sidebar-apps").get_by_role("link", name="My security").click()
    expect(page.get_by_role("row", name="Recovery codes")).to_contain_text("9 not used")
    expect(page.get_by_role("row", name="this one")).to_be_visible()
    page.get_by_role("link", name="New recovery codes").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(fresh_code(bob))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Make new codes").click()
    expect(page.get_by_role("list", name="Recovery codes").get_by_role("listitem")).to_have_count(10)
    assert RecoveryCode.objects.filter(user=bob, used_at=None).count() == 10
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("button", name="End all, this one too").click()
    expect(page.get_by_text("All your sessions have ended.")).to_be_visible()

    give_password(observed, bob)
    page.get_by_label("Code").fill(fresh_code(bob))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Transactions today")).to_be_visible()
    assert (observed.errors, observed.strangers) == ([], [])
