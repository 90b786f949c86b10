"""A statement as OFX 2.1.1, held against the rules of its specification (`ofx_rules`)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, fromstring
from zoneinfo import ZoneInfo

import pytest

from compliance.models import User
from tests.compliance.factories import CompanyFactory, UserFactory
from tests.wallets.api.drawn import MARCH, OFX, TEXTS, at, body, fill, statement
from tests.wallets.api.ofx_rules import broken_rules
from tests.wallets.scene import book, give_wallet
from wallets.api.statement_files.ofx import moment_text
from wallets.models import Wallet

HEADER = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    b'<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n<OFX>'
)


def drawn(wallet: Wallet) -> Element:
    """A file that keeps the rules."""
    content = body(statement(wallet, accept=OFX, **MARCH))
    assert content.startswith(HEADER)
    found = fromstring(content)  # noqa: S314 - our own
    assert broken_rules(found) == []
    return found


@pytest.mark.parametrize("count", [0, 1, 3 * len(TEXTS)])
def test_every_file_keeps_the_rules(berliner: Wallet, count: int) -> None:
    fill(berliner, count)
    found = drawn(berliner)
    assert len(found.findall(".//STMTTRN")) == count
    assert len({line.findtext("FITID") for line in found.iter("STMTTRN")}) == count


def test_the_rules_refuse_what_is_wrong(berliner: Wallet) -> None:
    fill(berliner, 1)
    found = drawn(berliner)
    line, name = found.find(".//STMTTRN"), found.find(".//STMTTRN/NAME")
    assert line is not None
    assert name is not None
    name.text = "x" * 33
    assert broken_rules(found) == [f"NAME: {'x' * 33!r}"]
    name.text = "x"
    SubElement(line, "DTUSER")
    assert len(broken_rules(found)) == 2


def test_what_it_says(berliner: Wallet) -> None:
    txn_id = book(berliner, "12.5", key="a", effective_at=at("2024-03-04T23:30:00.123Z"), text="Lunch <b>&</b> more")
    found = drawn(berliner)
    account = found.findtext(".//ACCTID") or ""
    assert UUID(bytes=urlsafe_b64decode(f"{account}==")) == berliner.id
    texts = {
        name: found.findtext(f".//{name}") for name in ("CURDEF", "ACCTTYPE", "DTSTART", "DTEND", "BALAMT", "DTASOF")
    }
    assert texts == {
        "CURDEF": "EUR",
        "ACCTTYPE": "CHECKING",
        "DTSTART": "20240301000000.000[+1]",
        "DTEND": "20240401000000.000[+2]",
        "BALAMT": "12.50",
        "DTASOF": "20240401000000.000[+2]",
    }
    line = found.find(".//STMTTRN")
    assert line is not None
    assert [(child.tag, child.text) for child in line] == [
        ("TRNTYPE", "CREDIT"),
        ("DTPOSTED", "20240305003000.123[+1]"),
        ("TRNAMT", "12.50"),
        ("FITID", f"{txn_id.hex}-1"),
        ("NAME", "Lunch <b>&</b> more"),
        ("MEMO", "Lunch <b>&</b> more"),
    ]


def test_long_and_missing_descriptions(berliner: Wallet) -> None:
    fill(berliner, 2, texts=("ä" * 500, ""))
    long, missing = drawn(berliner).iter("STMTTRN")
    assert (long.findtext("NAME"), long.findtext("MEMO")) == ("ä" * 32, "ä" * 255)
    assert (missing.findtext("NAME"), missing.find("MEMO")) == ("CREDIT", None)


def test_a_savings_wallet_is_a_savings_account(db: None) -> None:
    owner: User = UserFactory(company=CompanyFactory())
    assert drawn(give_wallet(owner, type="SAVINGS")).findtext(".//ACCTTYPE") == "SAVINGS"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "20240701120000.000[+0]"),
        ("Asia/Kolkata", "20240701173000.000[+5.5]"),
        ("Asia/Kathmandu", "20240701174500.000[+5.75]"),
        ("America/St_Johns", "20240701093000.000[-2.5]"),
        ("Pacific/Kiritimati", "20240702020000.000[+14]"),
    ],
)
def test_moments_carry_their_offset(zone: str, text: str) -> None:
    assert moment_text(datetime(2024, 7, 1, 12, tzinfo=UTC).astimezone(ZoneInfo(zone))) == text
