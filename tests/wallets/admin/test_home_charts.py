"""The charts of the home page: their figures are the ledger's, within the scope, and their files say the same."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.models import AuditRecord, Team, User
from ledger.selectors.clock import database_now
from ledger.selectors.holds import open_holds_by_age
from ledger.services.read_models import refresh_read_models
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.budgets import pay, set_budget
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, give_wallet, send, transfer_body
from wallets.admin.drawings import Chart
from wallets.selectors.scope import ledger_scope
from walletsite.back_office import charts, sight
from walletsite.back_office.charts import CHARTS

MOST_QUERIES = 30
STAFF = ("bob", "frida", "conny", "audrey")
FIRST = {"bob": "Waits for you", "frida": "Waits for you", "conny": "Wallets by status", "audrey": "Last run of each"}


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """Alice has spent 40.00 of 60.00 EUR, 10.00 are held, and 30.00 were refused, for which she asks for more; charlie,
    of another team, has 7.00 EUR and a budget of 50.00."""
    set_budget(scene.cast.frida, scene.alices, "60", name="Meals")
    set_budget(scene.cast.frida, scene.charlies, "50", name="Not for Bob")
    give_wallet(scene.cast.charlie, "7", type="SAVINGS")
    assert pay(scene, "40").status_code == 201
    reserve(scene.cast.bookings, scene.alices, "10")
    refused = pay(scene, "30", reference="b-2").json()
    body = {"txn_id": refused["txn_id"], "kind": "ONCE", "reason": "Dinner."}
    assert api_as(scene.cast.alice).post("/v1/budget-requests", body).status_code == 201
    refresh_read_models()
    return scene


def home_of(user: User, query: str = "") -> Any:
    response: Any = at_desk(user).get(f"/admin/{query}")
    assert response.status_code == 200
    return response.context


def rows_of(user: User, name: str, query: str = "") -> list[tuple[str, ...]]:
    found = [part["chart"] for part in home_of(user, query)["parts"] if "chart" in part]
    (chart,) = [chart for chart in found if chart.name == name]
    assert isinstance(chart, Chart)
    return [tuple(row) for row in chart.rows]


def file_of(client: Client, name: str, query: str = "") -> list[list[str]]:
    response = client.get(f"/admin/home/{name}.csv{query}")
    assert response.status_code == 200, (name, response.status_code)
    return list(csv.reader(StringIO(response.content.decode())))


@pytest.mark.parametrize("name", STAFF)
def test_each_role_sees_its_own_first_and_all_charts(busy: Scene, name: str) -> None:
    text = page(at_desk(getattr(busy.cast, name)), "/admin/")
    titles = [
        text.index(title)
        for title in ("Waits for you", "Held in wallets", "Wallets by status", "Last run of each job")
        if title in text
    ]
    assert text.index(FIRST[name]) == min(titles)
    assert ("Last run of each job" in text) == (name != "bob")
    for chart in CHARTS:
        assert f'id="{chart}"' in text
        assert f'href="/admin/home/{chart}.csv"' in text
    assert text.count("The same as a table") == len(CHARTS)


def test_the_figures_are_the_ledgers(busy: Scene) -> None:
    bob, frida = busy.cast.bob, busy.cast.frida
    team, other = (str(user.team) for user in (bob, busy.cast.charlie))
    assert rows_of(bob, "balances") == [("EUR", "50.00", "10.00", "0.00", "60.00")]
    assert rows_of(frida, "balances") == [("EUR", "57.00", "10.00", "0.00", "67.00", "-67.00")]
    (mine,) = rows_of(bob, "teams")
    assert mine[:8] == (team, "EUR", "1", "60.00", "40.00", "10.00", "10.00", "66")
    assert [row[:7] for row in rows_of(frida, "teams")] == [
        (team, "EUR", "1", "60.00", "40.00", "10.00", "10.00"),
        (other, "EUR", "1", "50.00", "0.00", "0.00", "50.00"),
    ]
    assert rows_of(bob, "holds") == [("Less than a day", "EUR", "1", "10.00", "1")]


def test_spends_of_a_day_by_what_became_of_them(busy: Scene) -> None:
    send(api_as(busy.cast.alice), "/v1/transfers", transfer_body(busy.alices, busy.bobs, "1000"), key="too-much")
    refresh_read_models()
    today = f"{datetime.now(UTC).date()}"
    for user in (busy.cast.bob, busy.cast.frida):
        rows = rows_of(user, "bookings")
        assert rows[-1] == (today, "2", "1", "1", "50")
        assert len(rows) == 30
        assert {row[1:] for row in rows[:-1]} == {("0", "0", "0", "")}
    assert rows_of(busy.cast.bob, "activity")[-1] == (today, "5")  # its funding too
    assert rows_of(busy.cast.frida, "activity")[-1] == (today, "6")


def test_budgets_are_used_up_day_by_day(busy: Scene) -> None:
    mine, all_of_them = (rows_of(user, "burn", "?period=this-month")[-1] for user in (busy.cast.bob, busy.cast.frida))
    assert mine[:4] == all_of_them[:4] == (mine[0], "EUR", "40.00", "40.00")
    assert mine[0] == f"{datetime.now(UTC).date()}"
    assert rows_of(busy.cast.bob, "burn", "?period=last-month") == []


def test_what_waits_is_for_who_may_decide_it(busy: Scene) -> None:
    for name, waits in (("bob", True), ("frida", True), ("conny", False), ("audrey", False)):
        waiting = home_of(getattr(busy.cast, name))["waiting"]
        assert [one.what for one, *_ in waiting] == (["More of Meals"] if waits else [])
    ((one, person, _),) = home_of(busy.cast.bob)["waiting"]
    assert one.about == "20.00 EUR; once, for this spend"
    assert "Alice Winter" in person


def test_a_team_is_looked_at_alone(busy: Scene) -> None:
    frida, team = busy.cast.frida, busy.cast.bob.team_id
    assert rows_of(frida, "balances", f"?team={team}") == [("EUR", "50.00", "10.00", "0.00", "60.00")]
    assert len(rows_of(frida, "teams", f"?team={team}")) == 1
    context = home_of(frida, f"?team={team}&period=this-quarter")
    assert "Sum of all postings" not in [tile.title for tile in context["tiles"]]
    assert [row["count"] for row in context["statuses"]] == [2, 0, 0, 0]


@pytest.mark.parametrize("query", ["?period=for-ever", "?team=nonsense", "?team={stranger}"])
def test_what_one_may_not_ask_for_is_not_there(busy: Scene, query: str) -> None:
    client, asked = at_desk(busy.cast.bob), query.format(stranger=busy.cast.charlie.team_id)
    for path in (f"/admin/{asked}", f"/admin/home/balances.csv{asked}"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", sorted(CHARTS))
@pytest.mark.parametrize("user", STAFF)
def test_a_file_says_what_the_chart_says(busy: Scene, user: str, name: str) -> None:
    caller = getattr(busy.cast, user)
    header, *rows = file_of(at_desk(caller), name, "?period=this-month")
    assert [tuple(row) for row in rows] == rows_of(caller, name, "?period=this-month")
    assert len(header) == len(rows[0])
    record = AuditRecord.objects.filter(event_type="list.exported").latest("id")
    assert (record.actor_id, record.entity_id) == (caller.id, caller.company_id)
    asked = {"period": "this-month"}
    assert record.after == {"screen": name, "asked": asked, "form": "csv", "rows": len(rows)}


def test_files_name_nobody_and_begin_no_formula(busy: Scene) -> None:
    Team.objects.filter(members=busy.cast.bob).update(name="=1+1")
    client = at_desk(busy.cast.bob)
    assert file_of(client, "teams")[1][0] == "'=1+1"
    for name in CHARTS:
        text = client.get(f"/admin/home/{name}.csv").content.decode()
        assert not [word for word in ("Alice", "Winter", "Charlie", "Not for Bob", "@") if word in text]
    for stranger in (Client(), at_desk(busy.cast.alice)):
        assert stranger.get("/admin/home/balances.csv").status_code == 302
    assert client.get("/admin/home/nonsense.csv").status_code == 404


@pytest.mark.parametrize("name", STAFF)
@pytest.mark.parametrize("query", ["", "?period=this-year", "team"])
def test_the_page_costs_the_same_however_much_there_is(busy: Scene, name: str, query: str) -> None:
    client, wanted = at_desk(getattr(busy.cast, name)), query
    if query == "team":
        wanted = f"?team={busy.cast.bob.team_id}"
    before = cost(client, wanted)
    for number in range(4):
        owner = UserFactory(company=busy.cast.company, team=busy.cast.alice.team)
        wallet = give_wallet(owner, "10")
        set_budget(busy.cast.frida, wallet, name=f"More {number}")
        set_budget(busy.cast.frida, wallet, name=f"Weekly {number}", period_type="WEEKLY")
        reserve(busy.cast.bookings, wallet, "1", key=f"hold-{number}")
        asked = {"budget_id": str(set_budget(busy.cast.frida, wallet, categories=["x"])["budget_id"])}
        wish = {**asked, "kind": "PERMANENT", "amount": "5", "reason": "More."}
        assert api_as(owner).post("/v1/budget-requests", wish).status_code == 201
    refresh_read_models()
    assert cost(client, wanted) == before <= MOST_QUERIES


def cost(client: Client, query: str) -> int:
    page(client, f"/admin/{query}")
    with CaptureQueriesContext(connection) as queries:
        page(client, f"/admin/{query}")
    return len(queries)


def test_a_company_too_large_to_add_up_has_its_page(busy: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise OperationalError

    for module, name in (
        *((sight, name) for name in ("holdings", "pace_of_budgets", "transaction_totals")),
        *((charts, name) for name in ("burn_of_budgets", "open_holds_by_age")),
    ):
        monkeypatch.setattr(module, name, slow)
    client = at_desk(busy.cast.frida)
    assert page(client, "/admin/").count(charts.TOO_MUCH) == len(CHARTS)
    assert file_of(client, "balances") == [["asset", "available", "reserved", "pending", "total", "company_accounts"]]


def test_when_time_is_up_nothing_large_is_begun(busy: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "PATIENCE_SECONDS", -1)
    assert page(at_desk(busy.cast.bob), "/admin/").count(charts.TOO_MUCH) == len(CHARTS)


def test_a_company_of_nobody_has_a_page(scene: Scene) -> None:
    text = page(at_desk(UserFactory(first_name="Nina", role="FINANCE")), "/admin/")
    for words in ("Nothing yet.", "No budget has a current period.", "Nothing is set aside.", "Nothing waits for you."):
        assert words in text


@pytest.mark.parametrize(("later", "age"), [(0, 0), (2, 1), (5, 2), (29, 3), (31, 4)])
def test_holds_grow_old(busy: Scene, later: int, age: int) -> None:
    now = database_now() + timedelta(days=later)
    (found,) = open_holds_by_age(ledger_scope(busy.cast.bob), now, charts.AGES)
    assert (found.asset, found.age, found.holds, found.left, found.due) == ("EUR", age, 1, 10, 1)
