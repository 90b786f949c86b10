"""Statements to download from a wallet's page: of which months, by whom, and that looking is written down."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Value
from django.test import Client

from compliance.models import DataAccessLog, User
from tests.compliance.factories import CompanyFactory, TeamFactory, UserFactory
from tests.wallets.admin.staff import at_desk, page, told, wallet_path
from tests.wallets.api.drawn import CAMT, CSV, OFX, PDF, at, body, read
from tests.wallets.scene import Scene, book, give_wallet
from wallets.admin import statements, wallet_list
from wallets.api.statement_files import pdf
from wallets.models import Wallet

FORMS = {"pdf": PDF, "csv": CSV, "camt053": CAMT, "ofx": OFX}
PERIODS = ("last-month", "this-month")


def file_path(wallet: Wallet, period: str, form: str) -> str:
    return f"/admin/wallets/wallet/{wallet.id}/statement/{period}/{form}/"


def test_the_page_links_to_every_form_of_two_months(scene: Scene) -> None:
    text = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    links = re.findall(r'href="([^"]+/statement/[^"]+)">([^<]+)</a>', text)
    names = dict(zip(FORMS, ("PDF", "CSV", "camt.053", "OFX"), strict=True))
    assert links == [(file_path(scene.alices, period, form), names[form]) for period in PERIODS for form in FORMS]
    assert f"Statement of {datetime.now(UTC):%B %Y}:" in text


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("form", FORMS)
def test_each_link_gives_its_file(scene: Scene, period: str, form: str) -> None:
    response = at_desk(scene.cast.frida).get(file_path(scene.alices, period, form))
    assert response.headers["Content-Type"].split(";")[0] == FORMS[form]
    assert response.headers["Content-Disposition"].startswith(
        f'attachment; filename="statement-{scene.alices.id.hex[-8:]}'
    )
    drawn = read(FORMS[form], body(response))
    assert drawn.closing == (100 if period == "this-month" else 0)
    assert drawn.version == 2


@pytest.fixture
def aucklands(db: None) -> tuple[Wallet, User]:
    """A wallet where it is tomorrow already, and its manager."""
    company = CompanyFactory(timezone="Pacific/Auckland")
    team = TeamFactory(company=company)
    wallet = give_wallet(UserFactory(company=company, team=team))
    return wallet, UserFactory(company=company, team=team, role="MANAGER", first_name="Bob")


@pytest.mark.parametrize(
    ("now", "last", "this"),
    [
        ("2024-03-15T12:00:00Z", 2, 3),
        ("2024-02-29T10:59:59Z", 1, 2),  # Auckland is thirteen hours ahead: one second to midnight
        ("2024-02-29T11:00:00Z", 2, 3),
        ("2024-12-31T11:00:00Z", 12, 1),
    ],
)
def test_months_are_those_of_the_companys_zone(
    aucklands: tuple[Wallet, User], monkeypatch: pytest.MonkeyPatch, now: str, last: int, this: int
) -> None:
    wallet, manager = aucklands
    moments = [f"2024-{month:02}-10T00:00:00Z" for month in range(1, 13)] + ["2024-12-31T10:59:00Z"]
    for number, moment in enumerate(moments):
        book(wallet, str(10**number), key=moment, effective_at=at(moment))
    monkeypatch.setattr(statements, "database_now", lambda: at(now))
    monkeypatch.setattr(wallet_list, "DatabaseClock", lambda: Value(at(now)))
    client = at_desk(manager)
    drawn = {period: read(CSV, body(client.get(file_path(wallet, period, "csv")))) for period in PERIODS}
    assert [int(amount) for amount in drawn["last-month"].amounts][:1] == [10 ** (last - 1)]
    shown = [f"{datetime(2024, month, 1, tzinfo=UTC):%B}" for month in (last, this)]
    assert re.findall(r"Statement of (\w+) \d{4}:", page(client, wallet_path(wallet))) == shown


def test_only_within_ones_scope(scene: Scene) -> None:
    for period in PERIODS:
        for form in FORMS:
            path = file_path(scene.charlies, period, form)
            assert at_desk(scene.cast.bob).get(path).status_code == 404
            for client in (Client(), at_desk(scene.cast.alice)):
                response = client.get(file_path(scene.alices, period, form))
                assert response.status_code == 302
                assert response.headers["Location"].startswith("/admin/login/")


def test_other_addresses_lead_nowhere(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    for period, form in (("next-month", "pdf"), ("this-month", "docx"), ("this-month", "json")):
        assert client.get(file_path(scene.alices, period, form)).status_code == 404


@pytest.mark.parametrize(("form", "names_holder"), [("pdf", 1), ("camt053", 1), ("csv", 0), ("ofx", 0)])
def test_looks_are_recorded(scene: Scene, form: str, names_holder: int) -> None:
    path = file_path(scene.alices, "this-month", form)
    at_desk(scene.cast.bob).get(path)
    looks = DataAccessLog.objects.filter(actor_id=scene.cast.bob.id, subject=scene.cast.alice)
    assert list(looks.values_list("context", "fields")) == [
        (f"GET {path}", ["first_name", "last_name"]) for _ in range(names_holder)
    ]


def test_what_a_form_cannot_hold_is_told_on_the_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_LINES", 0)
    client = at_desk(scene.cast.frida)
    response: Any = client.get(file_path(scene.alices, "this-month", "pdf"))
    assert (response.status_code, response.headers["Location"]) == (302, wallet_path(scene.alices))
    (message,) = told(client)
    assert message.startswith("A PDF holds at most")
    assert not DataAccessLog.objects.filter(fields=["first_name", "last_name"]).exists()
