"""A manager raises a budget with the mouse and sees the new bar; what is another team's is not there."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from budgets.models import Budget
from tests.browser.conftest import Observed
from tests.browser.test_freezing import log_in
from tests.wallets.budgets import pay, set_budget
from tests.wallets.scene import make_scene


def test_a_manager_raises_a_budget(observed: Observed) -> None:
    scene, page = make_scene(), observed.page
    meals = set_budget(scene.cast.frida, scene.alices, "60", name="Meals")
    foreign = set_budget(scene.cast.frida, scene.charlies, "60", name="Not for Bob")
    assert pay(scene, "45").status_code == 201
    log_in(observed, scene.cast.bob)

    page.locator("#nav-sidebar-apps").get_by_role("link", name="Budgets").click()
    row = page.get_by_role("row", name="Meals")
    expect(row.locator(".bar-words")).to_contain_text("15.00 EUR left of 60.00")
    expect(row.get_by_role("img")).to_have_accessible_name(re.compile("15.00 EUR left of 60.00; 45.00 spent"))
    expect(page.get_by_text("Not for Bob")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    row.get_by_role("link", name="Meals").click()
    page.get_by_role("link", name="Raise or lower").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("New amount").fill("90")
    dialog.get_by_label("Reason").fill("One more customer to see.")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_role("row", name="Left of it")).to_contain_text("45.00 EUR")
    assert Budget.objects.get(id=meals["budget_id"]).amount == 60
    dialog.get_by_role("button", name="Go on").click()

    expect(page.get_by_text("The budget is changed.")).to_be_visible()
    expect(page.locator(".budget-now .bar-words")).to_contain_text("45.00 EUR left of 90.00")
    expect(page.get_by_role("cell", name="One more customer to see.")).to_be_visible()
    drawn = page.locator(".budget-now .spent")
    expect(drawn).to_have_attribute("width", "50.0%")
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("cell", name="45.00 EUR").first).to_be_visible()
    assert (observed.errors, observed.strangers) == ([], [])

    answer = page.goto(f"{observed.address}/admin/budgets/budget/{foreign['budget_id']}/change/")
    assert answer is not None
    assert answer.status == 404


def test_a_long_dialog_can_be_sent(observed: Observed) -> None:
    """It is higher than the window: its last button has to be within reach of a mouse."""
    scene, page = make_scene(), observed.page
    log_in(observed, scene.cast.bob)
    observed.visit(f"/admin/wallets/wallet/{scene.alices.id}/change/")
    page.get_by_role("link", name="New budget").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Amount").fill("75")
    dialog.get_by_label("Reason").fill("For the fair.")
    dialog.get_by_role("button", name="Set").click()
    expect(dialog).to_be_hidden()
    budget = Budget.objects.get(wallet_id=scene.alices.id)
    assert (budget.amount, budget.currency) == (75, "EUR")
    assert (observed.errors, observed.strangers) == ([], [])
