"""A statement as PDF: what stands on its pages, in which letters, and that the pages carry the balance on."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from pypdf import PdfReader

from compliance.models import User
from tests.compliance.factories import CompanyFactory, UserFactory
from tests.wallets.api.drawn import MARCH, PDF, TEXTS, at, body, fill, pages, plain_pages, read, statement
from tests.wallets.scene import book, give_wallet, nothing_recorded, problem_of
from wallets.api.statement_files import pdf
from wallets.api.statement_files.pdf.fonts import REPLACEMENT, runs, tidy
from wallets.api.statement_files.pdf.text import Style, width_of, wrapped
from wallets.models import Wallet

TEXT = Style(8)


def drawn(wallet: Wallet) -> list[str]:
    return pages(body(statement(wallet, accept=PDF, **MARCH)))


def test_it_says_all_that_a_bank_asks_for(berliner: Wallet) -> None:
    book(berliner, "1500", key="a", effective_at=at("2024-02-05T10:00:00Z"))
    txn_id = book(berliner, "-12.5", key="b", effective_at=at("2024-03-04T23:30:00Z"), text="Train to Hamburg")
    (page,) = drawn(berliner)
    for said in (
        berliner.user.company.name,
        "Account statement",
        "Alice Winter",
        str(berliner.id),
        "01 Mar 2024 – 31 Mar 2024",
        "Europe/Berlin",
        "Opening balance",
        "1,500.00",
        "Closing balance in EUR",
        "1,487.50",
        "Debits (1)",
        "Credits (0)",
        "Train to Hamburg",
        f"…{txn_id.hex[-8:]}",
        "05 Mar 2024",  # the day in Berlin
        "Pinned to ledger version 3, drawn at ",
        "Page 1 of",
    ):
        assert said in page, said
    (totals,) = re.findall(r"^ *Totals +(\S+) +(\S+)$", page, re.MULTILINE)
    assert totals == ("12.50", "0.00")


def test_a_period_of_moments_is_written_to_the_second(berliner: Wallet) -> None:
    query = {"from": "2024-03-05T10:00:00Z", "to": "2024-03-05T11:30:00Z"}
    (page,) = plain_pages(body(statement(berliner, accept=PDF, **query)))
    assert "05 Mar 2024, 11:00:00 – 05 Mar 2024, 12:30:00" in page


def test_what_programs_read_about_the_file(berliner: Wallet) -> None:
    reader = PdfReader(io.BytesIO(body(statement(berliner, accept=PDF, **MARCH))))
    about = reader.metadata
    assert about is not None
    assert about.title == "Account statement, 01 Mar 2024 – 31 Mar 2024"
    assert about.author == berliner.user.company.name
    assert about.subject == f"Wallet {berliner.id}, ledger version 1"


@pytest.mark.parametrize(("count", "least", "most"), [(0, 1, 1), (1, 1, 1), (500, 20, 45)])
def test_pages_are_numbered_and_carry_the_balance_on(berliner: Wallet, count: int, least: int, most: int) -> None:
    fill(berliner, count, texts=("Lunch", "Train to Hamburg, and another one to Bremen on the same afternoon"))
    content = body(statement(berliner, accept=PDF, **MARCH))
    texts = pages(content)
    assert least <= len(texts) <= most
    for number, page in enumerate(plain_pages(content), start=1):
        assert page.count(f"Page {number} of {len(texts)}") == 1
        assert page.count("Pinned to ledger version") == 1
    for page, following in zip(texts, texts[1:], strict=False):
        (carried,) = re.findall(r"Carried forward +(\S+)", page)
        assert re.findall(r"Brought forward +(\S+)", following) == [carried]
    assert "Brought forward" not in texts[0]
    assert "Carried forward" not in texts[-1]
    assert len(read(PDF, content).amounts) == count


def test_letters_of_many_languages_are_there_and_embedded(db: None) -> None:
    company = CompanyFactory(name="Ελληνικά Ταξίδια")
    owner: User = UserFactory(company=company, first_name="Елена", last_name="Őry-Łukasz", email="e@x.example")
    wallet = give_wallet(owner)
    fill(wallet, 3, texts=("Καφές", "Командировка", "Nguyễn Đức → 5 €"))
    content = body(statement(wallet, accept=PDF, **MARCH))
    page = "\n".join(pages(content))
    for said in ("Ελληνικά Ταξίδια", "Елена Őry-Łukasz", "Καφές", "Командировка", "Nguyễn Đức"):
        assert said in page
    assert REPLACEMENT not in page
    fonts = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    used = [font.get_object() for font in fonts.values()]
    embedded = [font for font in used if "/FontFile2" in font.get("/FontDescriptor", {})]
    assert {font["/BaseFont"].split("+")[1] for font in embedded} >= {"NotoSans-Regular", "NotoSans-Bold"}


@pytest.mark.parametrize(
    ("text", "fonts"),
    [
        ("Lunch", ["Text"]),
        ("Ελλάδα Привет", ["Text"]),
        ("नमस्ते दुनिया", ["World"]),
        ("Hotel שלום", ["Text", "World"]),
        ("東京ホテル", ["HeiseiKakuGo-W5"]),
        ("北京饭店", ["STSong-Light"]),
        ("서울", ["HYGothic-Medium"]),
        ("", []),
    ],
)
def test_each_letter_finds_a_font(text: str, fonts: list[str]) -> None:
    found = runs(text)
    assert [run.font for run in found] == fonts
    assert "".join(run.text for run in found) == text


def test_letters_that_no_font_has_are_shown_as_such() -> None:
    assert [run.text for run in runs("a🚲b")] == [f"a{REPLACEMENT}b"]


def test_words_from_right_to_left_go_on_to_the_left_of_numbers() -> None:
    assert "".join(run.text for run in runs("שלום 123 עולם")) == "עולם 123 שלום"
    assert [run.text for run in runs("Hotel שלום Berlin")] == ["Hotel ", "שלום", " ", "Berlin"]


def test_what_turns_the_direction_of_writing_is_left_out() -> None:
    assert tidy("a\u202eb\u2066c\td\n e\u200d") == "a b c d e\u200d"


@pytest.mark.parametrize("text", [*TEXTS, "W" * 500, "नमस्ते " * 40, "東" * 200, "a-" * 100])
def test_lines_fit_and_lose_nothing(text: str) -> None:
    room = 150
    lines = wrapped(text, TEXT, room)
    assert all(width_of(line, TEXT) <= room * 1.001 for line in lines)
    assert "".join(lines).replace(" ", "") == tidy(text).replace(" ", "")


def test_the_largest_amounts_stay_in_their_columns(berliner: Wallet) -> None:
    largest = Decimal("99999999999999999999.9999")
    book(berliner, str(largest), key="a", effective_at=at("2024-03-05T10:00:00Z"))
    (page,) = drawn(berliner)
    assert page.count("99,999,999,999,999,999,999.9999") == 6


def test_more_lines_than_a_pdf_holds_are_refused(berliner: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(berliner, 3)
    monkeypatch.setattr(pdf, "MOST_LINES", 2)
    with nothing_recorded():
        problem = problem_of(statement(berliner, accept=PDF, **MARCH), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == ["/to"]
    assert "text/csv" in problem["detail"]
    monkeypatch.setattr(pdf, "MOST_LINES", 3)
    assert statement(berliner, accept=PDF, **MARCH).status_code == 200
