"""A statement as CSV (RFC 4180), for spreadsheets: none of its cells is taken for a formula (SECURITY.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ledger.api.csv_files import CONTENT_TYPE, csv_lines, safe_cell
from ledger.api.times import rfc3339
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.json_form import line_view

COLUMNS = ("effective_at", "txn_id", "type", "description", "amount", "balance_after", "ledger_version")


class CSVForm(StatementForm):
    media_type = "text/csv"
    content_type = CONTENT_TYPE
    format = "csv"

    def pieces(self, document: Document) -> Iterator[bytes]:
        return (line.encode() for line in csv_lines(_rows(document)))


def _rows(document: Document) -> Iterator[tuple[Any, ...]]:
    statement, version = document.statement, document.statement.ledger_version
    yield COLUMNS
    yield rfc3339(statement.start), "", "OPENING", "", "", document.amount(statement.opening_balance), version
    for line in statement.lines():
        view = line_view(document, line)
        view["description"] = safe_cell(line.description)  # the other cells are our own: signed amounts stay numbers
        yield (*(view[name] for name in COLUMNS[:-1]), version)
    yield rfc3339(statement.end), "", "CLOSING", "", "", document.amount(statement.closing_balance), version
