"""The pages of a statement: what stands around the table, and where one page ends and the next one begins."""

from __future__ import annotations

import io
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from wallets.api.statement_files.document import Document
from wallets.api.statement_files.pdf import first_page
from wallets.api.statement_files.pdf.figures import figure, moment_text, period_text
from wallets.api.statement_files.pdf.fonts import FONT_LOCK
from wallets.api.statement_files.pdf.table import HEADING, Cells, Table, cells_of
from wallets.api.statement_files.pdf.text import MM, QUIET, RULE, Style, write, write_right

MARGIN = 18 * MM
RIGHT, TOP, BOTTOM = A4[0] - MARGIN, A4[1] - MARGIN, 22 * MM
_SMALL = Style(6.8, colour=QUIET)
_PAGE_COUNT = "page-count"
_ROOM_OF_THE_COUNT = 14


def paged(document: Document) -> bytes:
    """The whole PDF."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1, lang="en", initialFontName="Helvetica")
    canvas.setTitle(f"Account statement, {period_text(document)}")
    canvas.setAuthor(document.company)
    canvas.setSubject(f"Wallet {document.wallet.id}, ledger version {document.statement.ledger_version}")
    canvas.setCreator("Wallet service")
    pages = _Pages(canvas, document)
    pages.write_lines()
    pages.finish()
    with FONT_LOCK:
        canvas.save()
    return buffer.getvalue()


class _Pages:
    def __init__(self, canvas: Any, document: Document) -> None:
        self._canvas = canvas
        self._document = document
        self._number = 1
        top = first_page.write_top(canvas, document, left=MARGIN, right=RIGHT, top=TOP)
        self._table = Table(canvas, left=MARGIN, top=top)

    def write_lines(self) -> None:
        """The table: opening balance, every line, totals and closing balance."""
        document, statement = self._document, self._document.statement
        balance = figure(document, statement.opening_balance)
        self._table.write(Cells(text=("Opening balance",), balance=balance, is_bold=True))
        for line in statement.lines():
            cells = cells_of(document, line)
            if self._table.y - cells.height - HEADING < BOTTOM:
                self._turn(balance)
            self._table.write(cells)
            balance = cells.balance
        debits, credits = figure(document, statement.debits.total), figure(document, statement.credits.total)
        totals = Cells(text=("Totals",), debit=debits, credit=credits, is_bold=True)
        closing = Cells(
            text=("Closing balance",), balance=figure(document, statement.closing_balance), is_bold=True, is_last=True
        )
        if self._table.y - totals.height - closing.height < BOTTOM:
            self._turn(balance)
        self._table.write(totals)
        self._table.write(closing)

    def finish(self) -> None:
        """End the last page, and tell all pages how many they are."""
        self._write_foot()
        self._canvas.showPage()
        self._canvas.beginForm(_PAGE_COUNT, 0, -2, _ROOM_OF_THE_COUNT * 3, _SMALL.line_height)
        write(self._canvas, 0, 0, str(self._number), _SMALL)
        self._canvas.endForm()

    def _turn(self, balance: str) -> None:
        """Carry the balance from the foot of this page to the head of the next one."""
        self._table.write(Cells(text=("Carried forward",), balance=balance, is_bold=True, is_last=True))
        self._write_foot()
        self._canvas.showPage()
        self._number += 1
        write(self._canvas, MARGIN, TOP, f"Account statement, {period_text(self._document)}", _SMALL)
        write_right(self._canvas, RIGHT, TOP, f"Wallet {self._document.wallet.id}", _SMALL, room=RIGHT / 2)
        self._table = Table(self._canvas, left=MARGIN, top=TOP - 5 * MM)
        self._table.write(Cells(text=("Brought forward",), balance=balance, is_bold=True))

    def _write_foot(self) -> None:
        document, canvas = self._document, self._canvas
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, 15 * MM, RIGHT, 15 * MM)
        drawn_at = moment_text(document.local(document.statement.drawn_at))
        pinned = (
            f"Pinned to ledger version {document.statement.ledger_version}, drawn at {drawn_at} ({document.zone.key})"
        )
        write(canvas, MARGIN, 11 * MM, pinned, _SMALL)
        write(canvas, MARGIN, 7.6 * MM, f"Statement {document.id}", _SMALL)
        end = RIGHT - _ROOM_OF_THE_COUNT
        write_right(canvas, end, 11 * MM, f"Page {self._number} of ", _SMALL, room=60 * MM)
        canvas.saveState()
        canvas.translate(end, 11 * MM)
        canvas.doForm(_PAGE_COUNT)
        canvas.restoreState()
