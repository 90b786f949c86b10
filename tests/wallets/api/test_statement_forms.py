"""One statement in five forms: chosen by Accept, equal to the cent, streamed, and only for those who may look."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from compliance.models import DataAccessLog
from ledger.selectors import statements
from ledger.selectors.statements import Statement
from tests.compliance.factories import make_cast
from tests.wallets.api.drawn import (
    CAMT,
    CSV,
    FORMS,
    JSON,
    MARCH,
    OFX,
    PDF,
    at,
    body,
    fill,
    read,
    statement,
    statement_for,
)
from tests.wallets.scene import Scene, book, problem_of
from wallets.api.statement_files import form as form_module
from wallets.api.statement_files.camt053 import Camt053Form
from wallets.api.statement_files.csv_form import CSVForm
from wallets.api.statement_files.document import draw_document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.json_form import JSONForm
from wallets.api.statement_files.ofx import OFXForm
from wallets.models import Wallet


@pytest.mark.parametrize("count", [0, 1, 60])
def test_all_forms_of_a_version_say_the_same(berliner: Wallet, count: int) -> None:
    book(berliner, "1000.5", key="before", effective_at=at("2024-02-01T10:00:00Z"))
    fill(berliner, count)
    first, *others = (read(form, body(statement(berliner, accept=form, **MARCH))) for form in FORMS)
    assert others == [first] * len(others)
    assert (first.opening, first.version, len(first.amounts)) == (Decimal("1000.5"), count + 2, count)
    assert first.opening + sum(first.amounts) == first.closing


def test_what_is_finer_than_a_cent_is_shown_in_every_form(berliner: Wallet) -> None:
    book(berliner, "0.0001", key="a", effective_at=at("2024-03-05T10:00:00Z"))
    assert {read(form, body(statement(berliner, accept=form, **MARCH))).closing for form in FORMS} == {
        Decimal("0.0001")
    }


def test_a_back_dated_entry_changes_the_period_and_the_version(berliner: Wallet) -> None:
    fill(berliner, 5)
    before, again = (read(JSON, body(statement(berliner, **MARCH))) for _ in range(2))
    assert before == again
    book(berliner, "7", key="today")  # it counts today: March stays as it is, at a higher version
    later = read(JSON, body(statement(berliner, **MARCH)))
    assert (later.amounts, later.closing, later.version) == (before.amounts, before.closing, before.version + 1)
    book(berliner, "7", key="late", effective_at=at("2024-03-31T10:00:00Z"))
    late = read(JSON, body(statement(berliner, **MARCH)))
    assert (late.amounts, late.closing) == ([*before.amounts, Decimal(7)], before.closing + 7)


def test_the_form_is_chosen_by_accept(berliner: Wallet) -> None:
    for accept, media_type in (
        *((form, form) for form in FORMS),
        ("*/*", JSON),
        ("text/*", CSV),
        ("text/html, text/csv;q=0.5", CSV),
        ("application/x-ofx, text/html", OFX),
    ):
        response = statement(berliner, accept=accept, **MARCH)
        assert response.headers["Content-Type"].split(";")[0] == media_type
        assert "Accept" in response.headers["Vary"]
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/vnd.ms-excel", "text/plain"])
def test_other_forms_are_not_acceptable(berliner: Wallet, accept: str) -> None:
    problem_of(statement(berliner, accept=accept, **MARCH), 406, "not_acceptable")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from": "2024-01-01", "to": "2025-01-01"},
        {"from": "2024-01-01", "format": "csv"},
        {"from": "2024-01-01", "format": "docx"},
    ],
)
def test_a_problem_stays_a_problem_in_every_form(berliner: Wallet, form: str, query: dict[str, str]) -> None:
    problem_of(statement(berliner, accept=form, **query), 400, "request.validation")


def test_files_have_names_without_people_in_them(berliner: Wallet) -> None:
    for form, extension in ((CSV, "csv"), (PDF, "pdf"), (CAMT, "camt053.xml"), (OFX, "ofx")):
        disposition = statement(berliner, accept=form, **MARCH).headers["Content-Disposition"]
        name = f"statement-{berliner.id.hex[-8:]}-2024-03-01-2024-03-31.{extension}"
        assert disposition == f'attachment; filename="{name}"'
    assert "Content-Disposition" not in statement(berliner, **MARCH).headers


@pytest.mark.parametrize("form", FORMS)
def test_who_may_draw_one(scene: Scene, form: str) -> None:
    cast, stranger = scene.cast, make_cast().frida
    for caller in (cast.alice, cast.bob, cast.frida, cast.conny, cast.audrey, cast.bookings):
        assert statement_for(caller, scene.alices, accept=form, **MARCH).status_code == 200
    for caller in (cast.charlie, stranger):
        problem_of(statement_for(caller, scene.alices, accept=form, **MARCH), 404, "not_found")


@pytest.mark.parametrize(("form", "names_holder"), [(JSON, 0), (CSV, 0), (PDF, 1), (CAMT, 1), (OFX, 0)])
def test_a_look_at_the_holders_name_is_written_down(scene: Scene, form: str, names_holder: int) -> None:
    statement(scene.alices, accept=form, **MARCH)
    assert not DataAccessLog.objects.exists(), "a look at oneself is none"
    content = body(statement_for(scene.cast.bookings, scene.alices, accept=form, **MARCH))
    looks = DataAccessLog.objects.filter(actor_id=scene.cast.bookings.id, subject=scene.cast.alice)
    assert looks.count() == names_holder
    for look in looks:
        assert look.fields == ["first_name", "last_name"]
        assert look.context == "GET v1/wallets/<uuid:wallet_id>/statement"
    if not names_holder:
        assert b"Winter" not in content


# -- Large ones.


def test_lines_are_read_in_pieces_without_a_gap(berliner: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of seven, so that their edges fall between lines that count at the same moment."""
    fill(berliner, 40)
    whole = body(statement(berliner, **MARCH))
    monkeypatch.setattr(statements, "LINES_AT_ONCE", 7)
    with CaptureQueriesContext(connection) as queries:
        assert body(statement(berliner, **MARCH)) == whole
    assert sum("AS streams" in query["sql"] for query in queries) == 6


@pytest.mark.parametrize("form", [JSON, CSV, CAMT, OFX])
def test_what_is_large_is_streamed(berliner: Wallet, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    fill(berliner, 40)
    small = statement(berliner, accept=form, **MARCH)
    monkeypatch.setattr(form_module, "PIECE_BYTES", 1_000)
    large = statement(berliner, accept=form, **MARCH)
    assert (small.streaming, large.streaming) == (False, True)
    assert small.headers["Content-Type"] == large.headers["Content-Type"]
    assert read(form, body(large)) == read(form, body(small))


@pytest.mark.parametrize("form", FORMS)
def test_what_fails_fails_before_the_first_byte(berliner: Wallet, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    def fail(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(Statement, "_rows_after", fail)
    problem_of(statement(berliner, accept=form, **MARCH), 503, "service.unavailable")


@pytest.mark.parametrize("form", [JSONForm, CSVForm, Camt053Form, OFXForm])
def test_memory_does_not_grow_with_the_lines(
    berliner: Wallet, monkeypatch: pytest.MonkeyPatch, form: type[StatementForm]
) -> None:
    small, large = (peak_bytes(berliner, monkeypatch, form, line_count=count) for count in (1_000, 5_000))
    assert large < small * 1.1


def peak_bytes(wallet: Wallet, monkeypatch: pytest.MonkeyPatch, form: type[StatementForm], *, line_count: int) -> int:
    """What the writing of this many made-up lines holds at once, at most."""
    start = at("2024-03-01T00:00:00Z")
    monkeypatch.setattr(statements, "LINES_AT_ONCE", 500)
    monkeypatch.setattr(form_module, "PIECE_BYTES", 16_384)

    def rows_after(_: Statement, position: tuple[Any, int]) -> list[tuple[Any, ...]]:
        numbers = range(position[1] + 1, min(position[1] + 500, line_count) + 1)
        moments = ((number, start + timedelta(seconds=number)) for number in numbers)
        return [(number, uuid4(), "PAYMENT", "Lunch", "", at, at, Decimal("-1.5")) for number, at in moments]

    monkeypatch.setattr(Statement, "_rows_after", rows_after)
    document = draw_document(wallet, start=start, end=start + timedelta(days=30))
    tracemalloc.start()
    pieces: Iterator[bytes] = iter(form().response(document))
    written = sum(map(len, pieces))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written > line_count * 20
    return peak
