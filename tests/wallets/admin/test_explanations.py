"""The chart on a wallet's page, and the page that explains its balance: to look at, for those who may."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from compliance.models import DataAccessLog
from ledger.selectors.clock import database_now
from tests.wallets.admin.staff import at_desk, page, wallet_path
from tests.wallets.scene import Scene, book
from wallets.admin import wallets
from wallets.admin.charts import balance_chart
from wallets.admin.drawings import HEIGHT, WIDTH, Chart


def points(chart: Chart) -> list[tuple[int, int]]:
    """Of its line."""
    found = re.search(r'<polyline class="line" points="([^"]+)"', chart.drawing)
    assert found
    return [(int(x), int(y)) for x, y in (pair.split(",") for pair in found[1].split())]


def test_the_chart_of_ninety_days(scene: Scene) -> None:
    now = database_now()
    for days, amount in ((60, "300"), (30, "-100")):
        book(scene.bobs, amount, key=amount, effective_at=now - timedelta(days=days))
    chart = balance_chart(scene.bobs, database_now())
    drawn = points(chart)
    two_thirds = HEIGHT - HEIGHT * 2 // 3
    assert (drawn[0], drawn[-1]) == ((0, HEIGHT), (WIDTH, two_thirds))
    assert sorted({y for _, y in drawn}) == [0, two_thirds, HEIGHT]
    assert "between 0.00 EUR and 300.00 EUR" in chart.words
    assert (chart.rows[0][1:], chart.rows[-1][1:]) == (("EUR", "0.00"), ("EUR", "200.00"))


def test_a_wallet_that_never_held_anything_is_drawn_at_the_bottom(scene: Scene) -> None:
    assert {y for _, y in points(balance_chart(scene.charlies, database_now()))} == {HEIGHT}


def test_the_page_of_a_wallet_leads_to_the_explanation(scene: Scene) -> None:
    text = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert '<polyline class="line" points="0,' in text
    assert wallet_path(scene.alices, "explain") in text


def test_a_wallet_with_too_much_to_draw_has_its_page_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(wallets, "balance_chart", slow)
    assert "Too much to draw just now." in page(at_desk(scene.cast.bob), wallet_path(scene.alices))


def test_the_explanation_lists_every_part(scene: Scene) -> None:
    book(scene.alices, "-12.5", key="lunch", text="Lunch in Hamburg")
    response: Any = at_desk(scene.cast.bob).get(wallet_path(scene.alices, "explain"))
    total, parts = response.context["tables"]
    assert [row[-1] for row in total.rows] == ['<span class="money">0</span>', '<span class="money">2</span>', ""]
    text = response.content.decode()
    for expected in ("Alice Winter", "100.00 EUR", "−12.50 EUR", "87.50 EUR", "Lunch in Hamburg"):
        assert expected in text
    assert len(parts.rows) == 2
    look = DataAccessLog.objects.filter(actor_id=scene.cast.bob.id).latest("id")
    assert (look.subject_id, look.context) == (scene.cast.alice.id, f"GET {wallet_path(scene.alices, 'explain')}")


def test_nobody_else_sees_it_and_nobody_changes_it(scene: Scene) -> None:
    assert at_desk(scene.cast.bob).get(wallet_path(scene.charlies, "explain")).status_code == 404
    assert at_desk(scene.cast.alice).get(wallet_path(scene.alices, "explain")).status_code in {302, 403}
    assert at_desk(scene.cast.audrey).get(wallet_path(scene.charlies, "explain")).status_code == 200


def test_the_chart_as_a_file(scene: Scene) -> None:
    path = wallet_path(scene.alices, "balance")
    answer = at_desk(scene.cast.bob).get(path)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="balance-{scene.alices.id.hex[-8:]}.csv"'
    assert answer.content.decode().splitlines()[-1].endswith(",EUR,100.00")
    assert at_desk(scene.cast.bob).get(wallet_path(scene.charlies, "balance")).status_code == 404
