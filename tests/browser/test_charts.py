"""The home page and a wallet's draw what there is, and what is not one's own is not there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ledger.services.read_models import refresh_read_models
from tests.browser.conftest import Observed
from tests.browser.test_freezing import log_in
from tests.wallets.budgets import pay, set_budget
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, make_scene
from walletsite.back_office.charts import CHARTS

SHAPES = ".//*[local-name()='rect' or local-name()='path' or local-name()='polyline' or local-name()='line']"
PHONE = {"width": 390, "height": 800}


def spent_scene() -> Scene:
    """Alice has spent 45.00 of a budget of 60.00 EUR, and 10.00 of it are held."""
    scene = make_scene()
    set_budget(scene.cast.frida, scene.alices, "60", name="Meals")
    assert pay(scene, "45").status_code == 201
    reserve(scene.cast.bookings, scene.alices, "10")
    refresh_read_models()
    return scene


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_have_data_and_their_tables_open(observed: Observed, scheme: str) -> None:
    scene, page = spent_scene(), observed.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    log_in(observed, scene.cast.frida)
    charts = page.locator("figure.figure")
    assert charts.count() == len(CHARTS)
    for index in range(charts.count()):
        chart = charts.nth(index)
        drawn = chart.locator(f"xpath={SHAPES}")
        sizes = drawn.evaluate_all(
            "shapes => shapes.map(shape => { const b = shape.getBBox(); return b.width + b.height })"
        )
        assert max(sizes) > 0, f"chart {index} draws nothing"
        chart.get_by_text("The same as a table").click()
        expect(chart.get_by_role("cell").first).to_be_visible()
    expect(page.get_by_role("cell", name="45.00").first).to_be_visible()

    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert (observed.errors, observed.strangers) == ([], [])


def test_a_strangers_wallet_is_not_there(observed: Observed) -> None:
    scene, page = make_scene(), observed.page
    log_in(observed, scene.cast.bob)
    own = page.goto(f"{observed.address}/admin/wallets/wallet/{scene.alices.id}/change/")
    assert own is not None
    assert own.status == 200
    expect(page.get_by_role("heading", name="Alice Winter, primary wallet in EUR")).to_be_visible()
    assert (observed.errors, observed.strangers) == ([], [])
    for name in ("change", "ask", "history"):
        answer = page.goto(f"{observed.address}/admin/wallets/wallet/{scene.charlies.id}/{name}/")
        assert answer is not None
        assert answer.status == 404, name
        expect(page.get_by_text("Charlie")).to_have_count(0)
