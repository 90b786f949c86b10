"""Finance brings top-ups as a file: first with a mistake, then without; a second person lets them through."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Observed
from tests.browser.test_four_eyes import approve_what_waits, change_places
from tests.browser.test_freezing import log_in
from tests.wallets.approving import make_office
from tests.wallets.importing import import_path, top_ups
from tests.wallets.scene import available
from wallets.models import Import
from wallets.services.imports.stages import work_on_imports


def send(page: Page, file: Path) -> None:
    page.get_by_label("What is in the file").select_option("Top-ups")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()


def test_an_import_with_a_mistake_and_then_without(observed: Observed, tmp_path: Path) -> None:
    office, page = make_office(), observed.page
    wallet, file = office.scene.alices, tmp_path / "december.csv"
    log_in(observed, office.frida)

    page.locator("#nav-sidebar-apps").get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="New import").click()
    with page.expect_download() as waiting:
        page.locator('a[href$="/template/top_ups/csv/"]').click()
    assert waiting.value.suggested_filename == "top_ups-template.csv"

    file.write_bytes(top_ups(f'{wallet.id},"12,50",EUR,Allowance,2026-12'))
    send(page, file)
    expect(page.get_by_text("Nothing was applied. Correct the lines below")).to_be_visible()
    row = page.get_by_role("row", name="Write the amount with a point")
    expect(row.get_by_role("cell", name="amount", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.locator("#nav-sidebar-apps").get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="New import").click()
    file.write_bytes(top_ups(f"{wallet.id},12.50,EUR,Allowance,2026-12"))
    send(page, file)
    expect(page.get_by_text("All 1 rows can be applied. Nothing has been yet.")).to_be_visible()
    page.get_by_role("link", name="Ask for approval").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Reason").fill("The allowance of December.")
    dialog.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("A second person has to approve it.")).to_be_visible()
    assert available(wallet) == 100

    change_places(observed, office.fiona)
    approve_what_waits(observed, "It is the list that we agreed on.")
    observed.visit(import_path(Import.objects.latest("created_at")))
    expect(page.get_by_role("progressbar", name="Rows done")).to_be_visible()
    work_on_imports()
    expect(page.get_by_text("All 1 rows are applied.")).to_be_visible()
    assert available(wallet) == 112.5
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Results as CSV").click()
    assert waiting.value.suggested_filename.endswith("-results.csv")
    assert (observed.errors, observed.strangers) == ([], [])
