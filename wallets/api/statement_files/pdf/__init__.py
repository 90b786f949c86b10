"""A statement as PDF, to hand to a bank."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import InvalidInput
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.pdf.pages import paged

MOST_LINES = 10_000
"""A PDF is made whole before its first byte is sent; this many lines are some five hundred pages."""


class PDFForm(StatementForm):
    media_type = content_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"
    names_holder = True

    def pieces(self, document: Document) -> Iterator[bytes]:
        if document.statement.line_count > MOST_LINES:
            raise InvalidInput(
                f"A PDF holds at most {MOST_LINES:,} lines. Choose a shorter period, or ask for text/csv.",
                pointer="/to",
            )
        yield paged(document)
