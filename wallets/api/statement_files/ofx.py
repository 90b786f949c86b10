"""A statement as OFX 2.1.1 (Open Financial Exchange, XML), which personal and small-business finance programs import.

OFX has less room than the ledger: a wallet's id is written in 22 characters (its bytes in base64url), a description is
cut at 32 characters in NAME and at 255 in MEMO.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element

from ledger.money import ZERO
from ledger.selectors.statements import Line
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.xml_nodes import node, written

HEADER = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    b'<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
LONGEST_NAME, LONGEST_MEMO = 32, 255
BANK = "WALLETS"
_SAVINGS = {"SAVINGS"}
_MINUTE = timedelta(minutes=1)


class OFXForm(StatementForm):
    media_type = content_type = "application/x-ofx"
    format = "ofx"

    def pieces(self, document: Document) -> Iterator[bytes]:
        yield HEADER
        yield b"<OFX>"
        yield written([_sign_on(document)])
        yield b"<BANKMSGSRSV1><STMTTRNRS>"
        yield written([node("TRNUID", document.id), _status()])
        yield b"<STMTRS>"
        yield written(_account(document))
        yield b"<BANKTRANLIST>"
        yield written(_period(document))
        for line in document.statement.lines():
            yield written([_line(document, line)])
        yield b"</BANKTRANLIST>"
        yield written(_balances(document))
        yield b"</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"


def _sign_on(document: Document) -> Element:
    drawn_at = moment_text(document.local(document.statement.drawn_at))
    return node("SIGNONMSGSRSV1", node("SONRS", _status(), node("DTSERVER", drawn_at), node("LANGUAGE", "ENG")))


def _status() -> Element:
    return node("STATUS", node("CODE", "0"), node("SEVERITY", "INFO"))


def _account(document: Document) -> Iterator[Element]:
    wallet = document.wallet
    yield node("CURDEF", wallet.currency)
    yield node(
        "BANKACCTFROM",
        node("BANKID", BANK),
        node("ACCTID", urlsafe_b64encode(wallet.id.bytes).decode().rstrip("=")),
        node("ACCTTYPE", "SAVINGS" if wallet.type in _SAVINGS else "CHECKING"),
    )


def _period(document: Document) -> Iterator[Element]:
    yield node("DTSTART", moment_text(document.local(document.statement.start)))
    yield node("DTEND", moment_text(document.local(document.statement.end)))


def _line(document: Document, line: Line) -> Element:
    about = line.description.strip() or line.type
    return node(
        "STMTTRN",
        node("TRNTYPE", "CREDIT" if line.amount > ZERO else "DEBIT"),
        node("DTPOSTED", moment_text(document.local(line.effective_at))),
        node("TRNAMT", document.amount(line.amount)),
        # A document may come twice, with its reversal; its change of this account is numbered once.
        node("FITID", f"{line.transaction_id.hex}-{line.number}"),
        node("NAME", about[:LONGEST_NAME].strip()),
        node("MEMO", line.description[:LONGEST_MEMO]) if line.description else None,
    )


def _balances(document: Document) -> Iterator[Element]:
    statement = document.statement
    as_of = moment_text(document.local(statement.end))
    yield node("LEDGERBAL", node("BALAMT", document.amount(statement.closing_balance)), node("DTASOF", as_of))
    yield node(
        "BALLIST",
        _figure("Opening balance", "DOLLAR", document.amount(statement.opening_balance)),
        _figure("Ledger version", "NUMBER", str(statement.ledger_version)),
    )


def _figure(name: str, kind: str, value: str) -> Element:
    about = "Before the first transaction" if kind == "DOLLAR" else "What the ledger knew of the wallet"
    return node("BAL", node("NAME", name), node("DESC", about), node("BALTYPE", kind), node("VALUE", value))


def moment_text(moment: datetime) -> str:
    """A moment as OFX writes it: local, to the millisecond, with the offset in hours: `20240305110000.000[+1]`."""
    offset = moment.utcoffset()
    assert offset is not None, "moments have a zone"
    minutes = offset // _MINUTE
    hours = Decimal(minutes) / 60
    return f"{moment:%Y%m%d%H%M%S}.{moment.microsecond // 1000:03}[{hours.normalize():+f}]"
