"""The home page: sums of what one may see, and whether they add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError
from django.test import Client

from compliance.models import User
from ledger.admin.cells import in_words
from ledger.selectors.totals import Holdings
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.budgets import pay, set_budget
from tests.wallets.scene import Scene, give_wallet, send, set_status, transfer_body
from wallets.admin.drawings import Chart
from walletsite.back_office import sight
from walletsite.back_office.tiles import start_of_day


def context_of(client: Client) -> Any:
    response: Any = client.get("/admin/")
    return response.context


def chart_of(context: Any, name: str) -> Chart:
    (chart,) = [part["chart"] for part in context["parts"] if "chart" in part and part["chart"].name == name]
    assert isinstance(chart, Chart)
    return chart


def tiles(user: User) -> dict[str, tuple[str, str]]:
    return {tile.title: (tile.value, tile.tone) for tile in context_of(at_desk(user))["tiles"]}


def test_the_company_as_finance_sees_it(scene: Scene) -> None:
    give_wallet(scene.cast.charlie, "7.25", currency="USD", type="SAVINGS")
    give_wallet(make_cast().alice, "1000")
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "1000"))
    set_status(scene.bobs, "FROZEN", by=scene.cast.frida)
    shown = tiles(scene.cast.frida)
    assert shown["Transactions today"] == ("3", "")
    assert shown["Refused today"] == ("1", "bad")
    assert shown["Sum of all postings"] == ("0", "good")
    assert shown["Events to publish"][0] != "0"
    assert shown["Newest seal"] == ("none yet", "")
    text = page(at_desk(scene.cast.frida), "/admin/")
    assert chart_of(context_of(at_desk(scene.cast.frida)), "balances").rows == [
        ("EUR", "100.00", "0.00", "0.00", "100.00", "-100.00"),
        ("USD", "7.25", "0.00", "0.00", "7.25", "-7.25"),
    ]
    assert "1000.00 EUR" not in text
    statuses = context_of(at_desk(scene.cast.frida))["statuses"]
    assert [row["count"] for row in statuses] == [3, 0, 1, 0]


def test_the_team_as_its_manager_sees_it(scene: Scene) -> None:
    give_wallet(scene.cast.charlie, "7.25", currency="USD", type="SAVINGS")
    context = context_of(at_desk(scene.cast.bob))
    of_budgets = ["Budgets ahead of time", "Budgets over 80 %", "Requests for more"]
    assert [tile.title for tile in context["tiles"]] == [*of_budgets, "Transactions today", "Refused today"]
    assert chart_of(context, "balances").rows == [("EUR", "100.00", "0.00", "0.00", "100.00")]
    assert [row["count"] for row in context["statuses"]] == [2, 0, 0, 0]


def test_budgets_near_their_end_and_requests(scene: Scene) -> None:
    frida, bob = scene.cast.frida, scene.cast.bob
    set_budget(frida, scene.alices, "60", name="Meals")
    set_budget(frida, scene.charlies, "60", name="Not for Bob")
    assert tiles(bob)["Budgets over 80 %"] == ("0", "")
    pay(scene, "48")
    refused = pay(scene, "20", reference="b-2").json()
    body = {"txn_id": refused["txn_id"], "kind": "ONCE", "reason": "Dinner."}
    assert api_as(scene.cast.alice).post("/v1/budget-requests", body).status_code == 201
    shown = tiles(bob)
    assert shown["Budgets over 80 %"] == ("1", "bad")
    assert shown["Requests for more"] == ("1", "")
    assert shown["Budgets ahead of time"][0].endswith(" of 1")
    assert tiles(frida)["Budgets ahead of time"][0].endswith(" of 2")
    text = page(at_desk(bob), "/admin/")
    assert "12.00 EUR left of 60.00" in text
    assert "Not for Bob" not in text
    names = [str(row[0]) for row in context_of(at_desk(frida))["near"]]
    assert ["Meals" in name for name in names] == [True, False]


def test_money_that_was_made_or_lost_is_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [Holdings("EUR", {"AVAILABLE": Decimal("10.01")}, Decimal(-10)), Holdings("USD", {}, Decimal(0))]
    monkeypatch.setattr(sight, "holdings", lambda scope: wrong)
    assert tiles(scene.cast.audrey)["Sum of all postings"] == (
        '<span class="money">0.01 EUR</span>',
        "bad",
    )


def test_a_ledger_too_large_to_add_up_does_not_break_the_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(scope: object) -> list[Holdings]:
        raise OperationalError

    monkeypatch.setattr(sight, "holdings", slow)
    client = at_desk(scene.cast.audrey)
    assert "Too much to add up here just now." in page(client, "/admin/")
    assert tiles(scene.cast.audrey)["Sum of all postings"] == ("not now", "")


def test_a_day_starts_at_the_companys_midnight() -> None:
    now = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
    assert start_of_day(now, ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
    assert start_of_day(now, ZoneInfo("UTC")) == datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(seconds=120), "2 min"),
        (timedelta(hours=3, minutes=5), "3 h"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_ages_in_words(age: timedelta, words: str) -> None:
    assert in_words(age) == words
