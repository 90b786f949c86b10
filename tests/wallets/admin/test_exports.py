"""Lists as files: what stands in them, for whom, that it is written down, and how many rows there may be."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from openpyxl import load_workbook

from compliance.admin import exports as limits
from compliance.models import AuditRecord, DataAccessLog, Team, User
from ledger.admin import exports
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.admin.test_doors import STAFF, may_open
from tests.wallets.notices import frozen
from tests.wallets.scene import Scene, book, give_wallet
from wallets.services.notifications.noting import note

WALLETS, USERS = "/admin/wallets/wallet/", "/admin/compliance/user/"
POSTINGS, TRANSACTIONS = "/admin/ledger/posting/", "/admin/ledger/transaction/"
SCREENS = sorted(f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry)


def taken(client: Client, path: str, form: str = "csv", query: str = "") -> bytes:
    response: Any = client.get(f"{path}export/{form}/{query}")
    assert response.status_code == 200, response.get("Location")
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def rows(client: Client, path: str, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(taken(client, path, query=query).decode())))


def test_the_columns_are_those_of_the_list_with_whole_ids_and_exact_money(scene: Scene) -> None:
    (row,) = rows(at_desk(scene.cast.bob), WALLETS, "?q=alice")
    assert row["Id"] == str(scene.alices.id)
    assert (row["Available"], row["Reserved"], row["Balance"], row["Currency"]) == ("100.00", "0.00", "100.00", "EUR")
    assert (row["Status"], row["Team"]) == ("ACTIVE", scene.cast.alice.team.name if scene.cast.alice.team else "")
    assert row["Owner"] == f"Alice Winter <{scene.cast.alice.email}>"


def test_amounts_are_numbers_whatever_their_sign_and_times_are_utc(scene: Scene) -> None:
    book(scene.alices, "-12.3", key="out")
    lines = rows(at_desk(scene.cast.frida), POSTINGS)
    assert {"-12.30", "12.30", "100.00", "-100.00"} <= {row["Amount"] for row in lines}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["Effective at"]) for row in lines)
    assert all(len(row["Account"]) == 36 and row["Currency"] == "EUR" for row in lines)


@pytest.mark.parametrize("attack", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_text_is_a_formula(scene: Scene, attack: str) -> None:
    book(scene.alices, "1", key="evil", text=attack.strip())
    User.objects.filter(id=scene.cast.alice.id).update(first_name=attack)
    client = at_desk(scene.cast.frida)
    (user,) = rows(client, USERS, f"?q={scene.cast.alice.id}")
    assert user["Person"].startswith("'")
    descriptions = {row["Description"] for row in rows(client, TRANSACTIONS)}
    assert f"'{attack.strip()}" in descriptions
    book_of = load_workbook(BytesIO(taken(client, TRANSACTIONS, "xlsx")), read_only=True)
    cells = [cell for line in book_of.worksheets[0].iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert f"'{attack.strip()}" in {cell.value for cell in cells}


def test_the_filter_and_the_search_hold(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    assert {row["Id"] for row in rows(client, WALLETS)} == {
        str(w.id) for w in (scene.alices, scene.bobs, scene.charlies)
    }
    assert rows(client, WALLETS, "?status__exact=FROZEN") == []
    assert len(rows(client, WALLETS, "?q=charlie")) == 1
    assert client.get(f"{WALLETS}export/csv/?user__password__startswith=a").status_code == 400
    assert client.get(f"{WALLETS}export/pdf/").status_code == 404


def test_a_manager_takes_his_team_only_and_each_person_is_a_look(scene: Scene) -> None:
    assert {row["Id"] for row in rows(at_desk(scene.cast.bob), WALLETS)} == {str(scene.alices.id), str(scene.bobs.id)}
    looks = DataAccessLog.objects.filter(actor_id=scene.cast.bob.id, context=f"GET {WALLETS}export/csv/")
    assert set(looks.values_list("subject_id", flat=True)) == {scene.cast.alice.id}
    assert all(looks.values_list("correlation_id", flat=True))
    assert scene.cast.charlie.email not in taken(at_desk(scene.cast.bob), USERS).decode()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", STAFF)
def test_who_may_open_a_list_may_take_it(scene: Scene, name: str, screen: str) -> None:
    note([frozen(give_wallet(scene.cast.audrey, currency="USD", type="SAVINGS"))])
    client = at_desk(getattr(scene.cast, name))
    if not may_open(name, screen):
        assert client.get(f"/admin/{screen}/export/csv/").status_code == 403
        return
    for form in ("csv", "xlsx"):
        assert taken(client, f"/admin/{screen}/", form)
    assert "export/csv/?" in page(client, f"/admin/{screen}/")


def test_strangers_take_nothing(scene: Scene) -> None:
    for client in (Client(), at_desk(scene.cast.alice)):
        response = client.get(f"{WALLETS}export/csv/")
        assert response["Location"].startswith("/admin/login/")


def test_it_is_written_down_without_what_may_be_a_name(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    taken(client, WALLETS, "xlsx", "?q=alice&status__exact=ACTIVE")
    taken(client, WALLETS, query=f"?q={scene.alices.id}")
    first, second = AuditRecord.objects.filter(event_type="list.exported").order_by("id")
    asked = {"q": "(words)", "status__exact": "ACTIVE"}
    assert first.after == {"screen": "wallets.wallet", "asked": asked, "form": "xlsx", "rows": 1}
    assert (first.actor_id, first.company_id) == (scene.cast.bob.id, scene.cast.company.id)
    assert second.after["asked"] == {"q": str(scene.alices.id)}


def test_too_many_rows_are_refused_in_words(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exports._FORMS, "csv", (2, exports._FORMS["csv"][1]))
    client = at_desk(scene.cast.frida)
    response = client.get(f"{WALLETS}export/csv/?status__exact=ACTIVE")
    assert response["Location"] == f"{WALLETS}?status__exact=ACTIVE"
    assert told(client) == ["More than 2 rows. Narrow the filter, for example to a shorter time, and try again."]
    assert not AuditRecord.objects.filter(event_type="list.exported").exists()


def test_big_files_are_few_an_hour(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BIG", 2)
    monkeypatch.setattr(limits, "MOST_BIG", 1)
    client = at_desk(scene.cast.frida)
    assert len(rows(client, WALLETS)) == 3
    assert client.get(f"{WALLETS}export/csv/").status_code == 302
    (message,) = told(client)
    assert message.startswith("You have taken 1 files of more than 2 rows within an hour.")
    assert len(rows(client, WALLETS, "?q=alice")) == 1
    assert len(rows(at_desk(scene.cast.conny), WALLETS)) == 3


def test_rows_are_read_a_few_at_a_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 2)
    Team.objects.bulk_create(Team(company=scene.cast.company, name=f"T{number}") for number in range(5))
    names = {row["Name"] for row in rows(at_desk(scene.cast.frida), "/admin/compliance/team/")}
    assert {f"T{number}" for number in range(5)} < names


def test_a_sheet_keeps_numbers_it_can_hold_and_texts_it_cannot(scene: Scene) -> None:
    book(scene.alices, "1234567890123456.78", key="huge")
    sheet = load_workbook(BytesIO(taken(at_desk(scene.cast.frida), WALLETS, "xlsx", "?q=alice"))).worksheets[0]
    header, line = list(sheet.iter_rows(values_only=True))
    row = dict(zip(header, line, strict=True))
    assert row["Available"] == "1234567890123556.78"
    assert Decimal(str(row["Reserved"])) == 0
