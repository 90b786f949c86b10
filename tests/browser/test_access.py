"""A program gets its log-in by two people, and a manager names who stands in for him: with the mouse."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from compliance.models import Deputy, ServiceAccount
from tests.browser.conftest import Observed
from tests.browser.test_four_eyes import change_places
from tests.browser.test_freezing import post
from tests.compliance.factories import UserFactory, make_cast


def test_a_program_is_prepared_by_one_and_put_to_work_by_another(observed: Observed) -> None:
    cast, page = make_cast(), observed.page
    ines = UserFactory(company=cast.company, first_name="Ines", administers_access=True)
    change_places(observed, ines)
    page.locator("#nav-sidebar-apps").get_by_role("link", name="Service accounts").click()
    page.get_by_role("link", name="New service account").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Name").fill("Payroll")
    dialog.get_by_label("users:read").check()
    dialog.get_by_label("Reason").fill("The payroll program reads people.")
    dialog.get_by_role("button", name="Create").click()

    expect(dialog.get_by_role("heading", name="The secret of Payroll")).to_be_visible()
    expect(dialog.get_by_role("button")).to_have_count(0)
    client_id, secret = dialog.locator("code").all_inner_texts()
    dialog.get_by_role("link", name="I have it").click()
    expect(page.get_by_role("link", name="Suspend")).to_have_count(0)
    expect(page.get_by_text(secret)).to_have_count(0)
    asked = {"client_id": client_id, "client_secret": secret}
    before, _ = post(observed, "/v1/auth/token", asked)

    change_places(observed, cast.frida)
    account = ServiceAccount.objects.get(name="Payroll", company=cast.company)
    observed.visit(f"/admin/compliance/serviceaccount/{account.id}/change/")
    page.get_by_role("link", name="Activate").click()
    dialog.get_by_label("Reason").fill("Agreed.")
    dialog.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("Payroll works.")).to_be_visible()
    after, _ = post(observed, "/v1/auth/token", asked)
    assert (before, after) == (401, 200)
    assert (observed.errors, observed.strangers) == ([], [])


def test_a_manager_names_his_deputy(observed: Observed) -> None:
    cast, page = make_cast(), observed.page
    dora = UserFactory(company=cast.company, first_name="Dora", role="MANAGER")
    change_places(observed, cast.bob)
    page.locator("#nav-sidebar-apps").get_by_role("link", name="Users").click()
    page.get_by_role("link", name=cast.bob.email).click()
    page.get_by_role("link", name="Name a deputy").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("E-mail of the deputy").fill(dora.email)
    dialog.get_by_label("Last day").fill(f"{timezone.now() + timedelta(days=9):%Y-%m-%d}")
    dialog.get_by_label("Reason").fill("On holiday.")
    dialog.get_by_role("button", name="Name").click()
    expect(page.get_by_role("cell", name=dora.email)).to_be_visible()
    assert Deputy.objects.get(principal=cast.bob).deputy == dora
    assert (observed.errors, observed.strangers) == ([], [])
