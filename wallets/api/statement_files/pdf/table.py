"""The table of a statement: one row per line, as tall as its description needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.selectors.statements import Line
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.pdf.figures import day_text, debit_and_credit, figure
from wallets.api.statement_files.pdf.text import INK, MM, QUIET, RULE, Style, wrapped, write, write_right

WIDTHS = {
    "booked": 20 * MM,
    "value": 20 * MM,
    "details": 62 * MM,
    "debit": 23 * MM,
    "credit": 23 * MM,
    "balance": 26 * MM,
}
HEADING = 7 * MM
_HEADERS = ("Booked", "Value date", "Details", "Debit", "Credit", "Balance")
_HEADER, _TEXT, _BOLD, _SMALL = (
    Style(6.8, is_bold=True, colour=QUIET),
    Style(8),
    Style(8, is_bold=True),
    Style(6.8, colour=QUIET),
)
_PADDING, _GAP = 5.0, 3 * MM
_DETAILS = WIDTHS["details"] - _GAP


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A row. `text` and `small` are lines that fit their column; `is_last`: a strong rule stands below it."""

    text: tuple[str, ...]
    small: tuple[str, ...] = ()
    booked: str = ""
    value: str = ""
    debit: str = ""
    credit: str = ""
    balance: str = ""
    is_bold: bool = False
    is_last: bool = False

    @property
    def height(self) -> float:
        return 2 * _PADDING + len(self.text) * _TEXT.line_height + len(self.small) * _SMALL.line_height


def cells_of(document: Document, line: Line) -> Cells:
    """A line as its row. The value date stands there when it is not the day of booking."""
    booked, value = document.local(line.recorded_at).date(), document.local(line.effective_at).date()
    kind = line.type.replace("_", " ").capitalize()
    debit, credit = debit_and_credit(document, line)
    about = " · ".join(filter(None, (kind if line.description else "", line.reference_id, _short(line))))
    return Cells(
        text=tuple(wrapped(line.description, _TEXT, _DETAILS)) or (kind,),
        small=tuple(wrapped(about, _SMALL, _DETAILS)),
        booked=day_text(booked),
        value="" if value == booked else day_text(value),
        debit=debit,
        credit=credit,
        balance=figure(document, line.balance_after),
    )


def _short(line: Line) -> str:
    """The end of the transaction's id, which tells it from others, as the back office shows it."""
    return f"…{line.transaction_id.hex[-8:]}"


class Table:
    """Writes rows downwards; `y` is where the next one begins."""

    def __init__(self, canvas: Any, *, left: float, top: float) -> None:
        self._canvas = canvas
        self._left = left
        self.y = top
        self._write_headers()

    def write(self, cells: Cells) -> None:
        style = _BOLD if cells.is_bold else _TEXT
        baseline = self.y - _PADDING - _TEXT.size
        x = dict(zip(WIDTHS, self._edges(), strict=True))
        write(self._canvas, x["booked"], baseline, cells.booked, _TEXT)
        write(self._canvas, x["value"], baseline, cells.value, _TEXT)
        for name, amount in (("debit", cells.debit), ("credit", cells.credit), ("balance", cells.balance)):
            end = x[name] + WIDTHS[name]
            write_right(self._canvas, end, baseline, amount, style, room=WIDTHS[name] - _PADDING)
        for line in cells.text:
            write(self._canvas, x["details"], baseline, line, style)
            baseline -= _TEXT.line_height
        for line in cells.small:
            write(self._canvas, x["details"], baseline, line, _SMALL)
            baseline -= _SMALL.line_height
        self.y -= cells.height
        self._rule(is_strong=cells.is_last)

    def _write_headers(self) -> None:
        baseline = self.y - 4 * MM
        for (name, width), header, x in zip(WIDTHS.items(), _HEADERS, self._edges(), strict=True):
            if name in {"debit", "credit", "balance"}:
                write_right(self._canvas, x + width, baseline, header, _HEADER, room=width)
            else:
                write(self._canvas, x, baseline, header, _HEADER)
        self.y -= HEADING
        self._rule(is_strong=True)

    def _edges(self) -> list[float]:
        """Where each column begins."""
        widths = list(WIDTHS.values())
        return [self._left + sum(widths[:place]) for place in range(len(widths))]

    def _rule(self, *, is_strong: bool) -> None:
        self._canvas.setStrokeColor(INK if is_strong else RULE)
        self._canvas.setLineWidth(0.8 if is_strong else 0.4)
        self._canvas.line(self._left, self.y, self._left + sum(WIDTHS.values()), self.y)
