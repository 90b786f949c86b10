"""What one asks for with the mouse, another approves with the mouse: a reversal, and a raise of a budget."""

from __future__ import annotations

from playwright.sync_api import expect

from budgets.models import Budget
from compliance.models import User
from tests.browser.conftest import Observed
from tests.browser.test_freezing import log_in
from tests.wallets.admin.checking import document_path, pay, with_rules
from tests.wallets.budgets import set_budget
from tests.wallets.scene import available, make_scene


def change_places(observed: Observed, user: User) -> None:
    """Somebody else sits down at a machine of his own."""
    observed.page.context.clear_cookies()
    log_in(observed, user)


def approve_what_waits(observed: Observed, reason: str) -> None:
    """From the navigation to the one request that waits, which is looked at and approved."""
    page = observed.page
    entry = page.locator("#nav-sidebar-apps").get_by_role("link", name="My approvals")
    expect(entry).to_contain_text("1")
    entry.click()
    expect(page.get_by_role("link", name="Waiting for me")).to_have_attribute("aria-current", "page")
    page.locator("#result_list").get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Reject")).to_be_visible()
    page.get_by_role("link", name="Approve").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("It is approved, and it is done.")).to_be_visible()
    expect(page.get_by_role("cell", name=reason)).to_be_visible()


def test_a_reversal_takes_two(observed: Observed) -> None:
    scene, page = make_scene(), observed.page
    felix, paid = with_rules(scene), pay(scene)
    assert available(scene.alices) == 90

    log_in(observed, scene.cast.frida)
    observed.visit(document_path(paid))
    page.get_by_role("link", name="Reverse").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("sent for approval")).to_be_visible()
    expect(dialog.get_by_role("row", name="Payer: available")).to_contain_text("100.00 EUR")
    dialog.get_by_label("Reason").fill("Paid to the wrong person.")
    dialog.get_by_role("button", name="Reverse").click()
    expect(page.get_by_text("Sent for approval: it needs one other person of finance.")).to_be_visible()
    expect(page.get_by_text("Waiting for approval:")).to_be_visible()
    assert available(scene.alices) == 90

    change_places(observed, felix)
    approve_what_waits(observed, "I have called her.")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert (available(scene.alices), available(scene.charlies)) == (100, 0)
    assert (observed.errors, observed.strangers) == ([], [])


def test_a_large_raise_takes_two(observed: Observed) -> None:
    scene, page = make_scene(), observed.page
    felix = with_rules(scene)
    trips = set_budget(scene.cast.frida, scene.alices, "600", name="Trips")

    log_in(observed, scene.cast.bob)
    observed.visit(f"/admin/budgets/budget/{trips['budget_id']}/change/")
    page.get_by_role("link", name="Raise or lower").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("New amount").fill("2000")
    dialog.get_by_label("Reason").fill("The fair in Lisbon.")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text("sent for approval")).to_be_visible()
    dialog.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Sent for approval: it needs one other person of finance or the managers.")).to_be_visible()
    assert Budget.objects.get(id=trips["budget_id"]).amount == 600

    change_places(observed, felix)
    approve_what_waits(observed, "It was agreed in May.")
    assert Budget.objects.get(id=trips["budget_id"]).amount == 2000
    assert (observed.errors, observed.strangers) == ([], [])
