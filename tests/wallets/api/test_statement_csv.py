"""A statement as CSV: RFC 4180, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from itertools import product

import pytest

from ledger.api.csv_files import safe_cell
from tests.wallets.api.drawn import CSV, MARCH, TEXTS, at, body, fill, statement
from tests.wallets.scene import book
from wallets.models import Wallet

HEADER = ["effective_at", "txn_id", "type", "description", "amount", "balance_after", "ledger_version"]
ATTACKS = ('=HYPERLINK("http://evil.example","x")', "=1+cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "＝1+1", "－1")
BEFORE = ("", " ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\ufeff", '"', "'", " \t ")
HARMLESS = (
    "Lunch",
    "a-b=c",
    "5 + 3",
    "mail@nordwind.example",
    'He said "no"',
    "a,b;c",
    "100 %",
    "Grüße, 東京",
    "",
    "#1",
)


def rows(content: bytes, *, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter))


def test_it_holds_what_json_holds(berliner: Wallet) -> None:
    fill(berliner, 20)
    response, answer = statement(berliner, accept=CSV, **MARCH), statement(berliner, **MARCH).json()
    header, opening, *lines, closing = rows(body(response))
    assert header == HEADER
    assert opening == [answer["from"], "", "OPENING", "", "", answer["opening_balance"], "21"]
    assert closing == [answer["to"], "", "CLOSING", "", "", answer["closing_balance"], "21"]
    assert [dict(zip(HEADER, cells, strict=True)) for cells in lines] == [
        {**line, "ledger_version": "21"} for line in answer["lines"]
    ]
    assert {cells[3] for cells in lines} == set(TEXTS)


def test_its_form_is_that_of_the_standard(berliner: Wallet) -> None:
    book(berliner, "1", key="a", effective_at=at("2024-03-05T10:00:00Z"), text='say "no", twice')
    response = statement(berliner, accept=CSV, **MARCH)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    *lines, nothing = response.content.split(b"\r\n")
    assert (len(lines), nothing) == (4, b"")
    assert b'"say ""no"", twice"' in lines[2]


def begins_a_formula(cell: str) -> bool:
    """As a forgiving spreadsheet reads it: blanks, quotes and what nobody sees are skipped. An apostrophe is text."""
    seen = cell.lstrip('\ufeff\u200b\u00a0\u3000 \t\r\n"')
    return seen.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) or cell.startswith(("\t", "\r", "\n"))


@pytest.mark.parametrize(("before", "attack"), list(product(BEFORE, ATTACKS)))
def test_no_cell_is_a_formula(before: str, attack: str) -> None:
    safe = safe_cell(before + attack)
    assert not begins_a_formula(safe)
    assert safe.replace("'", "") == (before + attack).replace("'", ""), "only apostrophes are added"


@pytest.mark.parametrize("separator", [";", "\t", "\n", "; ", ";\t"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_nor_where_a_spreadsheet_splits_elsewhere(separator: str, attack: str) -> None:
    for cell in safe_cell(f"a{separator}{attack}").replace("\n", ";").replace("\t", ";").split(";"):
        assert not begins_a_formula(cell)


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_what_was_booked_comes_out_safe(berliner: Wallet) -> None:
    for day, text in enumerate(ATTACKS, start=1):
        book(berliner, "1", key=text, effective_at=at(f"2024-03-{day:02}T12:00:00Z"), text=text)
    content = body(statement(berliner, accept=CSV, **MARCH))
    assert [cells[3] for cells in rows(content)[2:-1]] == [f"'{text}" for text in ATTACKS]
    for cell in (cell for cells in rows(content, delimiter=";") for cell in cells):
        assert not begins_a_formula(cell)
