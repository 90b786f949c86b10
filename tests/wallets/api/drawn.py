"""Statements as tests draw them, and each form read back into the same figures."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from pypdf import PdfReader

from compliance.models import Caller
from tests.compliance.clients import api_as
from wallets.models import Wallet
from wallets.services.past import PastKind, PastMovement, post_past_movements

JSON, CSV, PDF, CAMT, OFX = "application/json", "text/csv", "application/pdf", "application/xml", "application/x-ofx"
FORMS = (JSON, CSV, PDF, CAMT, OFX)
MARCH = {"from": "2024-03-01", "to": "2024-03-31"}
TEXTS = (
    "Lunch",
    "",
    "Grüße & <b>Küsse</b>, \"quoted\" and 'single' ]]>",
    "Ελλάδα, Привет, 東京, שלום, مرحبا, नमस्ते, 🚲",
    "W" * 500,
    "a word " * 60,
    "a\u200fb\u202ec\ufffe\u2028d",
    "  blanks around  ",
)
_CAMT = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def statement(wallet: Wallet, *, accept: str = JSON, **query: str) -> Any:
    """The answer to the wallet's owner."""
    return statement_for(wallet.user, wallet, accept=accept, **query)


def statement_for(caller: Caller, wallet: Wallet, *, accept: str = JSON, **query: str) -> Any:
    path = f"/v1/wallets/{wallet.id}/statement"
    return api_as(caller).get(path, query, headers={"Accept": accept})


def body(response: Any) -> bytes:
    """All that was sent, at once or bit by bit."""
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content) if response.streaming else response.content


def fill(wallet: Wallet, count: int, *, texts: tuple[str, ...] = TEXTS) -> None:
    """Lines of March 2024, some of which count at the same moment; nothing goes below zero."""
    start = at("2024-03-02T10:00:00Z")
    post_past_movements(
        [
            PastMovement(
                kind=PastKind.DEBIT if number % 3 == 2 else PastKind.TOP_UP,
                wallet=wallet,
                amount=Decimal(number + 101) / 100,
                description=texts[number % len(texts)],
                reference_type="test",
                reference_id=f"{wallet.id.hex}-{number}",
                effective_at=start + timedelta(hours=number // 2 % 600),
                actor=wallet.user,
            )
            for number in range(count)
        ]
    )


@dataclass(frozen=True)
class Read:
    """What every form says."""

    opening: Decimal
    closing: Decimal
    version: int
    amounts: list[Decimal]


def read(form: str, content: bytes) -> Read:
    return {JSON: _read_json, CSV: _read_csv, PDF: _read_pdf, CAMT: _read_camt, OFX: _read_ofx}[form](content)


def _read_json(content: bytes) -> Read:
    answer = json.loads(content)
    balances = Decimal(answer["opening_balance"]), Decimal(answer["closing_balance"])
    return Read(*balances, answer["ledger_version"], [Decimal(line["amount"]) for line in answer["lines"]])


def _read_csv(content: bytes) -> Read:
    opening, *lines, closing = csv.DictReader(io.StringIO(content.decode(), newline=""))
    balances = Decimal(opening["balance_after"]), Decimal(closing["balance_after"])
    return Read(*balances, int(opening["ledger_version"]), [Decimal(line["amount"]) for line in lines])


def pages(content: bytes) -> list[str]:
    """The text of each page of a PDF, as it stands there."""
    return [page.extract_text(extraction_mode="layout") for page in PdfReader(io.BytesIO(content)).pages]


def plain_pages(content: bytes) -> list[str]:
    """The same in the order in which it was written, with what all pages share."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def _read_pdf(content: bytes) -> Read:
    """Of each row the amount and the balance after it; whether it is a debit or a credit, the balances say."""
    text = "\n".join(pages(content))
    number = r"(−?[\d,]+\.\d\d+)"
    (opening,) = re.findall(rf"Opening balance +{number}$", text, re.MULTILINE)
    (closing,) = re.findall(rf"Closing balance +{number}$", text, re.MULTILINE)
    version = re.findall(r"Pinned to ledger version (\d+)", text)
    balances = [_number(opening)]
    amounts = []
    for amount, balance in re.findall(rf"^ *\d\d \w{{3}} \d{{4}}.* {number} +{number}$", text, re.MULTILINE):
        balances.append(_number(balance))
        amounts.append(balances[-1] - balances[-2])
        assert abs(amounts[-1]) == _number(amount)
    assert len(set(version)) == 1
    return Read(_number(opening), _number(closing), int(version[0]), amounts)


def camt(content: bytes) -> Element:
    """The statement within a camt.053 file."""
    found = fromstring(content).find(f".//{_CAMT}Stmt")  # noqa: S314 - our own
    assert found is not None
    return found


def camt_texts(element: Element, path: str) -> list[str]:
    """The texts at a path such as `Acct/Ownr/Nm`."""
    return [found.text or "" for found in element.findall("/".join(f"{_CAMT}{name}" for name in path.split("/")))]


def _signed(element: Element) -> Decimal:
    (amount,), (direction,) = camt_texts(element, "Amt"), camt_texts(element, "CdtDbtInd")
    return Decimal(amount) if direction == "CRDT" else -Decimal(amount)


def _read_camt(content: bytes) -> Read:
    found = camt(content)
    balances = {camt_texts(bal, "Tp/CdOrPrtry/Cd")[0]: _signed(bal) for bal in found.findall(f"{_CAMT}Bal")}
    amounts = [_signed(entry) for entry in found.findall(f"{_CAMT}Ntry")]
    (version,) = camt_texts(found, "AddtlStmtInf")
    return Read(balances["OPBD"], balances["CLBD"], int(version.removeprefix("Ledger version ")), amounts)


def _read_ofx(content: bytes) -> Read:
    found = fromstring(content)  # noqa: S314 - our own
    listed = {bal.findtext("NAME"): bal.findtext("VALUE") for bal in found.iter("BAL")}
    amounts = [Decimal(line.findtext("TRNAMT") or "") for line in found.iter("STMTTRN")]
    closing = Decimal(found.findtext(".//LEDGERBAL/BALAMT") or "")
    return Read(Decimal(listed["Opening balance"] or ""), closing, int(listed["Ledger version"] or ""), amounts)
