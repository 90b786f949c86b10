"""Reports at the back office, and the statements of a month as one file."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client

from compliance.models import AuditRecord, DataAccessLog
from ledger.selectors.clock import database_now
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.budgets import pay, set_budget
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, book
from wallets.api.statement_files.pack import SUMMARY, draw_for_pack
from wallets.models import FilePiece, StatementPack, Wallet
from wallets.services.statement_packs import LEASE, MOST_ATTEMPTS, make_packs, purge_packs

REPORTS = "/admin/wallets/statementpack/"
MONTH = "2026-01"
JANUARY = datetime(2026, 1, 10, tzinfo=UTC)


def lines_of(client: Client, name: str) -> list[dict[str, str]]:
    response: Any = client.get(f"{REPORTS}report/{name}/csv/")
    assert response.status_code == 200
    return list(csv.DictReader(StringIO(response.content.decode())))


def order(client: Client, month: str = MONTH) -> None:
    client.post(f"{REPORTS}pack/", {"month": month, "reason": "Month end.", "_form_submitted": "True"})


def make() -> int:
    return make_packs(draw_for_pack, SUMMARY)


@pytest.fixture
def old(scene: Scene) -> Scene:
    """Wallets that were there in January, and a booking in it."""
    Wallet.objects.update(created_at=datetime(2025, 12, 1, tzinfo=UTC))
    book(scene.alices, "7.50", key="january", effective_at=JANUARY, text="Lunch")
    return scene


def fetched(client: Client) -> ZipFile:
    pack = StatementPack.objects.get()
    response: Any = client.get(f"{REPORTS}{pack.id}/file/")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == f'attachment; filename="statements-{MONTH}.zip"'
    data = b"".join(response.streaming_content)
    assert len(data) == pack.size
    return ZipFile(BytesIO(data))


def test_budget_against_actual_by_team_and_category(scene: Scene) -> None:
    set_budget(scene.cast.frida, scene.alices, "60", categories=["meals"])
    set_budget(scene.cast.frida, scene.charlies, "40", categories=["meals"])
    assert pay(scene, "25", category="meals").status_code == 201
    team = scene.cast.alice.team
    assert team is not None
    lines = {row["Team"]: row for row in lines_of(at_desk(scene.cast.frida), "spend")}
    row = lines[team.name]
    assert (row["Category"], row["Allowed"], row["Spent"], row["Left"], row["Currency"]) == (
        *("meals", "60.00", "25.00", "35.00", "EUR"),
    )
    assert len(lines) == 2
    assert [row["Team"] for row in lines_of(at_desk(scene.cast.bob), "spend")] == [team.name]
    assert "35.00 EUR" in page(at_desk(scene.cast.bob), f"{REPORTS}report/spend/")


def test_holds_by_age(scene: Scene) -> None:
    reserve(scene.cast.alice, scene.alices)
    (row,) = lines_of(at_desk(scene.cast.bob), "holds")
    assert (row["Open for"], row["Holds"], row["Currency"]) == ("under a day", "1", "EUR")
    assert lines_of(at_desk(make_cast().frida), "holds") == []
    assert at_desk(scene.cast.bob).get(f"{REPORTS}report/nothing/").status_code == 404


def test_a_pack_has_every_wallet_and_a_summary(old: Scene) -> None:
    client = at_desk(old.cast.frida)
    order(client)
    assert told(client) == ["The statements of January 2026 are being packed. Come back in a minute."]
    assert (make(), make()) == (1, 0)
    archive = fetched(client)
    assert len(archive.namelist()) == 2 * 3 + 1
    assert archive.testzip() is None
    summary = {row["wallet_id"]: row for row in csv.DictReader(StringIO(archive.read("summary.csv").decode()))}
    row = summary[str(old.alices.id)]
    assert (row["opening_balance"], row["credits"], row["debits"], row["closing_balance"]) == (
        *("0.00", "7.50", "0.00", "7.50"),
    )
    pdf, statement = row["files"].split()
    assert archive.read(pdf).startswith(b"%PDF")
    assert "Lunch" in archive.read(statement).decode()
    looks = DataAccessLog.objects.filter(actor_id=old.cast.frida.id, context__endswith="/file/")
    assert looks.count() == 3
    assert AuditRecord.objects.filter(event_type="statement_pack.requested").count() == 1


def test_who_sees_the_whole_company_has_them_packed_and_fetches_them(old: Scene) -> None:
    order(at_desk(old.cast.frida))
    make()
    assert fetched(at_desk(old.cast.audrey)).namelist()
    pack = StatementPack.objects.get()
    for stranger in (old.cast.bob, make_cast().frida):
        client = at_desk(stranger)
        assert client.get(f"{REPORTS}{pack.id}/file/").status_code == 404
        assert MONTH not in page(client, REPORTS)
    assert at_desk(old.cast.bob).post(f"{REPORTS}pack/", {"month": MONTH}).status_code == 403


def test_a_month_is_packed_when_it_is_over_and_once_at_a_time(old: Scene) -> None:
    client = at_desk(old.cast.frida)
    order(client, f"{date.today() + timedelta(days=40):%Y-%m}")  # noqa: DTZ011 (far enough from any zone's midnight)
    assert told(client) == ["Statements are packed when the month is over."]
    order(client)
    order(client)
    assert told(client)[1] == "The statements of this month are being made."
    assert StatementPack.objects.count() == 1


def test_the_link_expires_and_the_file_with_it(old: Scene) -> None:
    client = at_desk(old.cast.frida)
    order(client)
    pack = StatementPack.objects.get()
    assert client.get(f"{REPORTS}{pack.id}/file/").status_code == 302
    make()
    assert purge_packs() == 0
    StatementPack.objects.update(expires_at=JANUARY)
    told(client)
    assert client.get(f"{REPORTS}{pack.id}/file/").status_code == 302
    assert told(client) == ["This file is not there yet, or no longer. Have it made anew."]
    assert (purge_packs(), FilePiece.objects.count()) == (1, 0)


def test_a_worker_that_died_is_followed_by_another(old: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    order(at_desk(old.cast.frida))

    def dies(*_: Any) -> Any:
        raise SystemExit

    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            make_packs(dies, SUMMARY)
        assert make() == 0  # somebody seems to be at it
        StatementPack.objects.update(claimed_until=database_now() - LEASE)
    assert make() == 0
    pack = StatementPack.objects.get()
    assert (pack.state, pack.attempts, pack.size) == ("FAILED", MOST_ATTEMPTS, 0)
