"""What a pack of statements holds of one wallet: its PDF and CSV, and its line in the summary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.errors import InvalidInput
from wallets.api.statement_files.csv_form import CSVForm
from wallets.api.statement_files.document import Document, draw_document
from wallets.api.statement_files.pdf import PDFForm
from wallets.models import Wallet

SUMMARY = (
    *("wallet_id", "user_id", "type", "currency", "status", "opening_balance", "credits", "debits"),
    *("closing_balance", "lines", "files"),
)
"""The columns of the summary. People are ids in it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Attributes:

    files: names and contents.
    summary: a row under `SUMMARY`; all of its cells are our own words and figures.
    """

    files: list[tuple[str, bytes]]
    summary: tuple[object, ...]


def draw_for_pack(wallet: Wallet, start: datetime, end: datetime) -> Drawn:
    """The statement of a wallet over [start, end). One that is too long for a PDF is in it as CSV alone."""
    document = draw_document(wallet, start=start, end=end)
    files = []
    for form in (PDFForm(), CSVForm()):
        try:
            files.append((f"{document.file_name}.{form.format}", b"".join(form.pieces(document))))
        except InvalidInput:
            continue
    return Drawn(files, _summary(document, [name for name, _ in files]))


def _summary(document: Document, names: list[str]) -> tuple[object, ...]:
    wallet, statement = document.wallet, document.statement
    opening, closing = statement.opening_balance, statement.closing_balance
    return (
        *(wallet.id, wallet.user_id, wallet.type, wallet.currency, wallet.status, document.amount(opening)),
        *(document.amount(statement.credits.total), document.amount(statement.debits.total)),
        *(document.amount(closing), statement.line_count, " ".join(names)),
    )
