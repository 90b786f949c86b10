"""A statement as camt.053.001.08 (ISO 20022, BankToCustomerStatement), which banks and accounting programs read.

The tests hold every file against the published schema. Texts are cut at the lengths of that schema; dates carry the
company's offset, so that their first ten characters are the local day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from xml.etree.ElementTree import Element

from ledger.errors import ServiceError
from ledger.money import EXACT, ZERO
from ledger.selectors.statements import Line, Turnover
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.xml_nodes import node, written

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
LONGEST_TEXT, LONGEST_NAME, LONGEST_ACCOUNT_NAME = 140, 140, 70
MOST_DIGITS = 18
"""Of an amount in ISO 20022; the ledger's may have more."""


class Camt053Form(StatementForm):
    media_type = "application/xml"
    content_type = "application/xml; charset=utf-8"
    format = "camt053.xml"
    names_holder = True

    def pieces(self, document: Document) -> Iterator[bytes]:
        _require_that_amounts_fit(document)
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>'.encode()
        yield written([_group_header(document)])
        yield b"<Stmt>"
        yield written(_head(document))
        for line in document.statement.lines():
            yield written([_entry(document, line)])
        yield written([node("AddtlStmtInf", f"Ledger version {document.statement.ledger_version}")])
        yield b"</Stmt></BkToCstmrStmt></Document>\n"


def _require_that_amounts_fit(document: Document) -> None:
    statement = document.statement
    balances = statement.opening_balance, statement.closing_balance, statement.credits.total, statement.debits.total
    if any(len(document.amount(value.copy_abs()).replace(".", "").lstrip("0")) > MOST_DIGITS for value in balances):
        raise ServiceError(
            f"This statement has amounts of more than {MOST_DIGITS} digits, which camt.053 cannot hold. "
            "Ask for another form.",
            code="not_acceptable",
        )


def _group_header(document: Document) -> Element:
    drawn_at = document.statement.drawn_at.isoformat()
    message_id = sha256(f"{document.id}|{drawn_at}".encode()).hexdigest()[:32]
    return node("GrpHdr", node("MsgId", message_id), node("CreDtTm", drawn_at))


def _head(document: Document) -> Iterator[Element]:
    statement = document.statement
    yield node("Id", document.id)
    yield node("ElctrncSeqNb", str(statement.ledger_version))
    yield node("CreDtTm", statement.drawn_at.isoformat())
    yield node(
        "FrToDt",
        node("FrDtTm", document.local(statement.start).isoformat()),
        node("ToDtTm", document.local(statement.end).isoformat()),
    )
    yield _account(document)
    yield _balance(document, "OPBD", statement.opening_balance, document.first_day)
    yield _balance(document, "CLBD", statement.closing_balance, document.last_day)
    yield _turnovers(document)


def _account(document: Document) -> Element:
    wallet, holder = document.wallet, document.holder[:LONGEST_NAME].strip()
    return node(
        "Acct",
        # Without its dashes: an identification has at most 34 characters.
        node("Id", node("Othr", node("Id", wallet.id.hex), node("SchmeNm", node("Prtry", "WALLET")))),
        node("Ccy", wallet.currency),
        node("Nm", f"{wallet.type} {document.company}"[:LONGEST_ACCOUNT_NAME].strip()),
        node("Ownr", node("Nm", holder)) if holder else None,
    )


def _balance(document: Document, code: str, value: Decimal, day: date) -> Element:
    return node(
        "Bal",
        node("Tp", node("CdOrPrtry", node("Cd", code))),
        *_amount(document, value),
        node("Dt", node("Dt", day.isoformat())),
    )


def _turnovers(document: Document) -> Element:
    statement = document.statement
    net = EXACT.subtract(statement.credits.total, statement.debits.total)
    return node(
        "TxsSummry",
        node(
            "TtlNtries",
            node("NbOfNtries", str(statement.line_count)),
            node("TtlNetNtry", node("Amt", document.amount(net.copy_abs())), _direction(net)),
        ),
        _turnover(document, "TtlCdtNtries", statement.credits),
        _turnover(document, "TtlDbtNtries", statement.debits),
    )


def _turnover(document: Document, name: str, turnover: Turnover) -> Element:
    return node(name, node("NbOfNtries", str(turnover.count)), node("Sum", document.amount(turnover.total)))


def _entry(document: Document, line: Line) -> Element:
    return node(
        "Ntry",
        node("NtryRef", str(line.number)),
        *_amount(document, line.amount),
        node("Sts", node("Cd", "BOOK")),
        _moment(document, "BookgDt", line.recorded_at),
        _moment(document, "ValDt", line.effective_at),
        node("AcctSvcrRef", line.transaction_id.hex),
        _kind(line),
        node("NtryDtls", node("TxDtls", node("Refs", node("AcctSvcrRef", line.transaction_id.hex)), _told(line))),
    )


def _kind(line: Line) -> Element:
    """The bank transaction code: ISO's own where one fits, and always ours."""
    family = "RCDT" if line.amount > ZERO else "ICDT"
    sub_family = "BOOK" if line.type.startswith("TRANSFER") else "OTHR"
    return node(
        "BkTxCd",
        node("Domn", node("Cd", "PMNT"), node("Fmly", node("Cd", family), node("SubFmlyCd", sub_family))),
        node("Prtry", node("Cd", line.type)),
    )


def _told(line: Line) -> Element | None:
    """The description, in pieces of the longest text that there may be."""
    text = line.description
    pieces = [text[first : first + LONGEST_TEXT] for first in range(0, len(text), LONGEST_TEXT)]
    return node("RmtInf", *(node("Ustrd", piece) for piece in pieces)) if pieces else None


def _amount(document: Document, value: Decimal) -> tuple[Element, Element]:
    return node("Amt", document.amount(value.copy_abs()), Ccy=document.wallet.currency), _direction(value)


def _direction(value: Decimal) -> Element:
    return node("CdtDbtInd", "DBIT" if value < ZERO else "CRDT")


def _moment(document: Document, name: str, moment: datetime) -> Element:
    return node(name, node("DtTm", document.local(moment).isoformat()))
