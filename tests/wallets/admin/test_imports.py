"""Files at the back office: what they may look like, what is wrong with them, and that looking changes nothing."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.test import Client
from openpyxl import load_workbook

from compliance.models import AuditRecord, User
from tests.compliance.factories import TeamFactory, make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.importing import (
    NEW,
    csv_of,
    import_path,
    mistakes,
    top_ups,
    upload,
    uploaded,
    xlsx_of,
)
from tests.wallets.scene import Scene, available, nothing_moved, set_status
from wallets.models import Import, Wallet
from wallets.services.imports import reading
from wallets.services.imports.columns import FORMATS

HEADER = ["wallet", "amount", "currency", "description", "reference"]
LIST = "/admin/wallets/import/"


def refused_file(client: Client, kind: str, data: bytes) -> str:
    """What the page says about a file that cannot be read; nothing of it is kept."""
    before = Import.objects.count()
    response: Any = upload(client, kind, data)
    assert response.status_code == 200
    assert Import.objects.count() == before
    (message,) = (str(message) for message in response.context["messages"])
    return message


def test_a_file_is_tried_out_and_nothing_happens(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    data = top_ups(f"{scene.cast.alice.email},10.50,EUR,Allowance,2026-12", f"{scene.bobs.id},20,EUR,,2026-12")
    with nothing_moved():
        row = uploaded(client, "TOP_UPS", data, "december.csv")
    assert (row.state, row.row_count, row.totals) == ("CHECKED", 2, {"EUR": "30.5"})
    assert row.teams == {str(scene.cast.alice.team_id): 2}
    text = page(client, import_path(row))
    for words in ("All 2 rows can be applied. Nothing has been yet.", "30.5 EUR", "december.csv", "Frida Winter"):
        assert words in text
    assert available(scene.alices) == 100
    (record,) = AuditRecord.objects.filter(entity_id=row.id)
    assert (record.event_type, record.after["rows"]) == ("import.uploaded", 2)


def test_each_mistake_is_told_with_its_line_and_column(scene: Scene) -> None:
    set_status(scene.bobs, "FROZEN", by=scene.cast.frida)
    client = at_desk(scene.cast.frida)
    data = top_ups(
        "nobody@nordwind.example,10,EUR,,",
        f'{scene.alices.id},"1,000.50",EUR,,',
        f"{scene.alices.id},10.0000000000001,EUR,,",
        f"{scene.alices.id},10,USD,,",
        f"{scene.alices.id},-5,XXX,,",
        f"{scene.bobs.id},10,EUR,,",
        f"{scene.alices.id},10,EUR,,fine",
        f"{make_cast().company.id},10,EUR,,",
    )
    row = uploaded(client, "TOP_UPS", data)
    wrong = mistakes(row)
    assert [(line, column) for line, column, _ in wrong] == [
        (2, "wallet"),
        (3, "amount"),
        (4, "amount"),
        (5, "currency"),
        (6, "amount"),
        (6, "currency"),
        (7, ""),
        (9, "wallet"),
    ]
    assert wrong[1][2] == "Write the amount with a point and nothing else, such as 1234.50."
    assert wrong[6][2] == "Refused: The wallet is frozen."
    assert "nobody@" not in str(row.errors)
    assert row.state == "CHECKED"
    text = page(client, import_path(row))
    assert "Nothing was applied. Correct the lines below" in text
    assert "There is no such person, or none with a PRIMARY wallet." in text
    response: Any = client.get(import_path(row, "errors"))
    assert len(list(csv.DictReader(StringIO(response.content.decode())))) == 8


def test_what_is_wrong_with_the_whole_file_is_said_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    client = at_desk(scene.cast.frida)
    said = {
        b"": "The file is empty.",
        b"wallet,amount,currency\r\n": "The file has a first line, but no rows below it.",
        b"wallet,amount\r\na,1": "The first line lacks: currency. Begin with the template.",
        b"wallet,amount,currency,colour\r\na,1,EUR,red": "The first line names the column colour. Known are: "
        "wallet, amount, currency, description, reference.",
        b"wallet,amount,currency,wallet\r\na,1,EUR,b": "The first line names a column twice.",
        b"wallet,amount,currency\r\na,1,EUR,more": "Line 2 has more cells than the first line has names.",
        "wallet,amount,currency\r\nJürgen,1,EUR".encode("latin-1"): "The file is not UTF-8. Save it as “CSV UTF-8”, "
        "or as XLSX.",
        b'wallet,amount,currency\r\n"a,1,EUR': "Line 2 is no CSV: a quote is open, or stands in the wrong place.",
        b"PK\x03\x04nonsense": "This XLSX file cannot be read. Save it again, or as CSV.",
        b"\x00\x01": "This is neither a CSV nor an XLSX file.",
    }
    for data, words in said.items():
        assert refused_file(client, "TOP_UPS", data) == words
    monkeypatch.setattr(reading, "MOST_ROWS", 1)
    assert (
        refused_file(client, "TOP_UPS", top_ups("a,1,EUR,,", "b,1,EUR,,")) == "The file has more than 1 rows. Split it."
    )


def test_a_file_that_is_too_large_is_dropped(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    assert refused_file(client, "TOP_UPS", b"x" * (reading.MOST_BYTES + 1)) == "The file is larger than 2 MB. Split it."
    assert refused_file(client, "TOP_UPS", b"x" * 4 * 1024 * 1024) == "Choose a kind and a file of at most 2 MB."


def archive_of(**parts: bytes) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_bombs_do_not_go_off(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    bomb = archive_of(sheet=b"0" * (reading.MOST_UNPACKED + 1))
    assert len(bomb) < reading.MOST_BYTES
    assert refused_file(client, "TOP_UPS", bomb) == "The XLSX file unpacks to more than a sheet of rows needs."
    good, evil = ZipFile(BytesIO(xlsx_of(HEADER, ["a", "1", "EUR"]))), BytesIO()
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with ZipFile(evil, "w") as archive:
        for part in good.namelist():
            data = good.read(part)
            is_sheet = part == "xl/worksheets/sheet1.xml"
            archive.writestr(part, entity + data if is_sheet else data)
    assert refused_file(client, "TOP_UPS", evil.getvalue()) in (
        "The file defines XML entities, which no spreadsheet needs.",
        "This XLSX file cannot be read. Save it again, or as CSV.",
    )


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_the_ways_in_which_spreadsheets_write_csv(scene: Scene, separator: str, bom: bytes) -> None:
    lines = ["Amount,CURRENCY,wallet", f"10.50,EUR,{scene.alices.id}", ",,", f"0.25,EUR,{scene.bobs.id}"]
    row = uploaded(at_desk(scene.cast.frida), "TOP_UPS", bom + csv_of(*lines).replace(b",", separator.encode()))
    assert (row.errors, row.totals, row.row_count) == ([], {"EUR": "10.75"}, 2)


def test_numbers_of_a_sheet_are_read_to_the_last_digit(scene: Scene) -> None:
    rows = [[str(scene.alices.id), amount, "EUR"] for amount in (0.1, 10, 1234567890.12, "7.05", 4.35)]
    row = uploaded(at_desk(scene.cast.frida), "TOP_UPS", xlsx_of(HEADER[:3], *rows), "sheet.xlsx")
    assert (row.errors, row.totals) == ([], {"EUR": "1234567911.62"})
    for value, words in ((0.1234567890123456, "of more digits"), (1e22, "of more digits"), ("=1+1", "a formula")):
        data = xlsx_of(HEADER[:3], [str(scene.alices.id), value, "EUR"])
        assert words in refused_file(at_desk(scene.cast.frida), "TOP_UPS", data)


def test_the_same_rows_are_the_same_file_in_any_form(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    cells = [str(scene.alices.id), "10.50", "EUR"]
    first = uploaded(client, "TOP_UPS", csv_of("wallet,amount,currency", ",".join(cells)))
    second = uploaded(client, "TOP_UPS", xlsx_of(HEADER[:3], cells))
    assert first.file_hash == second.file_hash
    assert uploaded(client, "TOP_UPS", top_ups(f"{scene.alices.id},10.50,EUR,,again")).file_hash != first.file_hash


def test_people_wallets_and_budgets(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    team = TeamFactory(company=scene.cast.company, name="Harbour")
    joiners = csv_of(
        "email,first_name,last_name,role,team,currency",
        "new.one@nordwind.example,New,One,,harbour,EUR",
        "NEW.ONE@nordwind.example,New,Twin,,,",
        f"{scene.cast.alice.email},Alice,Again,,,",
        "boss@nordwind.example,The,Boss,FINANCE,,",
        "lost@nordwind.example,Lost,One,,Nowhere,",
    )
    row = uploaded(client, "JOINERS", joiners)
    assert [(line, column) for line, column, _ in mistakes(row)] == [
        (3, "email"),
        (4, "email"),
        (5, "role"),
        (6, "team"),
    ]
    assert row.teams == {str(team.id): 1}
    wallets = csv_of(
        "owner,currency,type,initial_balance",
        f"{scene.cast.alice.email},USD,SAVINGS,5.00",
        f"{scene.cast.bob.id},EUR,,",
        f"{scene.cast.bob.id},USD,SAVINGS,1e3",
    )
    row = uploaded(client, "WALLETS", wallets)
    assert [(line, words) for line, _, words in mistakes(row)][0] == (3, "This person already has such a wallet.")
    assert (row.totals, mistakes(row)[1][:2]) == ({"USD": "5"}, (4, "initial_balance"))
    budgets = csv_of(
        "wallet,team,amount,period,categories,mode,end_date",
        f"{scene.cast.alice.email},,600,MONTHLY,meals|travel,,",
        ",Harbour,5000.00,QUARTERLY,,WARN,",
        ",,10000,YEARLY,,,",
        f"{scene.cast.alice.email},,70,MONTHLY,travel|meals,,",
        f"{scene.alices.id},Harbour,70,,,,",
        f"{scene.alices.id},,70,CUSTOM,,,",
    )
    row = uploaded(client, "BUDGETS", budgets)
    assert [line for line, _, _ in mistakes(row)] == [5, 6, 7]
    assert not User.objects.filter(email__startswith="new.one").exists()
    assert Wallet.objects.filter(user=scene.cast.alice).count() == 1


@pytest.mark.parametrize("kind", sorted(format.value for format in FORMATS))
def test_templates_are_read_by_what_reads_files(scene: Scene, kind: str) -> None:
    client = at_desk(scene.cast.frida)
    assert f"template/{kind.lower()}/xlsx/" in page(client, NEW)
    response: Any = client.get(f"/admin/wallets/import/template/{kind.lower()}/csv/")
    row = uploaded(client, kind, response.content)
    assert {column for _, column, _ in mistakes(row)} <= {"wallet", "owner", "team"}
    sheet = client.get(f"/admin/wallets/import/template/{kind.lower()}/xlsx/").content
    assert load_workbook(BytesIO(sheet)).sheetnames[1] == "Help"
    assert uploaded(client, kind, sheet).file_hash == row.file_hash
    assert client.get(f"/admin/wallets/import/template/{kind.lower()}/pdf/").status_code == 404


@pytest.mark.parametrize("name", ["bob", "conny", "audrey"])
def test_only_finance_imports(scene: Scene, name: str) -> None:
    row = uploaded(at_desk(scene.cast.frida), "TOP_UPS", top_ups(f"{scene.alices.id},1,EUR,,"))
    client = at_desk(getattr(scene.cast, name))
    assert client.get(NEW).status_code == 403
    assert upload(client, "TOP_UPS", top_ups(f"{scene.alices.id},2,EUR,,")).status_code == 403
    assert client.post(import_path(row, "discard"), {"reason": "No.", "_form_submitted": "True"}).status_code == 403
    assert client.get(import_path(row)).status_code == (403 if name == "bob" else 200)
    assert client.get(import_path(row, "errors")).status_code == (403 if name == "bob" else 200)
    assert Import.objects.get().state == "CHECKED"


def test_another_companys_are_not_there(scene: Scene) -> None:
    row = uploaded(at_desk(scene.cast.frida), "TOP_UPS", top_ups(f"{scene.alices.id},1,EUR,,"))
    stranger = at_desk(make_cast().frida)
    for name in ("change", "errors", "results", "discard"):
        assert stranger.get(import_path(row, name)).status_code == 404
    wrong = uploaded(stranger, "TOP_UPS", top_ups(f"{scene.alices.id},1,EUR,,"))
    assert [(line, column) for line, column, _ in mistakes(wrong)] == [(2, "wallet")]


def test_an_import_is_discarded_once_and_its_rows_with_it(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    row = uploaded(client, "TOP_UPS", top_ups(f"{scene.cast.alice.email},1,EUR,,"))
    for _ in range(2):
        client.post(import_path(row, "discard"), {"reason": "A mistake.", "_form_submitted": "True"})
    row.refresh_from_db()
    assert (row.state, row.outcome, row.rows) == ("REJECTED", "A mistake.", [])
    assert told(client) == [
        "The import is discarded. Nothing of it was applied.",
        "This import is under way or has ended.",
    ]
    assert AuditRecord.objects.filter(entity_id=row.id, event_type="import.discarded").count() == 1


def test_the_form_needs_its_token(scene: Scene) -> None:
    client = at_desk(scene.cast.frida, checks_csrf=True)
    assert upload(client, "TOP_UPS", top_ups(f"{scene.alices.id},1,EUR,,")).status_code == 403
    assert not Import.objects.exists()
