"""A statement as CSV (RFC 4180), for spreadsheets: none of its cells is taken for a formula (SECURITY.md)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from ledger.api.times import rfc3339
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.json_form import line_view

COLUMNS = ("effective_at", "txn_id", "type", "description", "amount", "balance_after", "ledger_version")
# Spreadsheets skip blanks before a formula and read full-width signs as their ASCII ones; and one that splits at
# semicolons, tabs or line ends lets a cell begin behind each of them, whatever the quotes of this file say.
_FORMULA = re.compile("(^|[;\t\r\n])(?=[\\s\x00-\x20\u200b-\u200f\u2060\ufeff\"']*[=+\\-@＝＋－＠])")
_CONTROLS = ("\t", "\r", "\n")


class CSVForm(StatementForm):
    media_type = "text/csv"
    content_type = "text/csv; charset=utf-8; header=present"
    format = "csv"

    def pieces(self, document: Document) -> Iterator[bytes]:
        writer = csv.writer(_Echo())
        for row in _rows(document):
            text: str = writer.writerow(row)
            yield text.encode()


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    safe = _FORMULA.sub(r"\1'", text)
    return f"'{safe}" if safe.startswith(_CONTROLS) else safe


def _rows(document: Document) -> Iterator[tuple[Any, ...]]:
    statement, version = document.statement, document.statement.ledger_version
    yield COLUMNS
    yield rfc3339(statement.start), "", "OPENING", "", "", document.amount(statement.opening_balance), version
    for line in statement.lines():
        view = line_view(document, line)
        view["description"] = safe_cell(line.description)  # the other cells are our own: signed amounts stay numbers
        yield (*(view[name] for name in COLUMNS[:-1]), version)
    yield rfc3339(statement.end), "", "CLOSING", "", "", document.amount(statement.closing_balance), version


class _Echo:
    """What the csv module writes to: its `writerow` returns what `write` does."""

    def write(self, text: str) -> str:
        return text
