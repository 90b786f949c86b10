"""The head of a statement: whose account, which period, and what came of it."""

from __future__ import annotations

from typing import Any

from wallets.api.statement_files.document import Document
from wallets.api.statement_files.pdf.figures import figure, moment_text, period_text
from wallets.api.statement_files.pdf.text import MM, QUIET, RULE, SHADE, Style, wrapped, write, write_right

_COMPANY, _TITLE = Style(15, is_bold=True), Style(15, colour=QUIET)
_LABEL, _FACT, _FIGURE = Style(6.8, colour=QUIET), Style(9), Style(11, is_bold=True)
_GAP = 4 * MM
_LABEL_WIDTH, _ACCOUNT_WIDTH = 23 * MM, 96 * MM


def write_top(canvas: Any, document: Document, *, left: float, right: float, top: float) -> float:
    """Write the head between left and right, below top.

    Returns:
        Where the table may begin.
    """
    y = _write_title(canvas, document, left=left, right=right, y=top - 4 * MM)
    middle = left + _ACCOUNT_WIDTH
    ends = [
        _write_facts(canvas, _account(document), x=left, y=y, room=middle - left - _LABEL_WIDTH - _GAP),
        _write_facts(canvas, _statement(document), x=middle, y=y, room=right - middle - _LABEL_WIDTH),
    ]
    return _write_figures(canvas, document, left=left, right=right, top=min(ends) - 2 * MM)


def _write_title(canvas: Any, document: Document, *, left: float, right: float, y: float) -> float:
    write_right(canvas, right, y, "Account statement", _TITLE, room=60 * MM)
    for line in wrapped(document.company, _COMPANY, right - left - 62 * MM):
        write(canvas, left, y, line, _COMPANY)
        y -= _COMPANY.line_height
    y += _COMPANY.line_height - 4 * MM
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(1)
    canvas.line(left, y, right, y)
    return y - 7 * MM


def _account(document: Document) -> list[tuple[str, str]]:
    wallet = document.wallet
    return [
        ("Account holder", document.holder),
        ("Wallet", str(wallet.id)),
        ("Type", wallet.type.capitalize()),
        ("Currency", wallet.currency),
    ]


def _statement(document: Document) -> list[tuple[str, str]]:
    return [
        ("Period", period_text(document)),
        ("Time zone", document.zone.key),
        ("Drawn at", moment_text(document.local(document.statement.drawn_at))),
        ("Ledger version", str(document.statement.ledger_version)),
    ]


def _write_facts(canvas: Any, facts: list[tuple[str, str]], *, x: float, y: float, room: float) -> float:
    for label, fact in facts:
        write(canvas, x, y, label, _LABEL)
        for line in wrapped(fact, _FACT, room) or [""]:
            write(canvas, x + _LABEL_WIDTH, y, line, _FACT)
            y -= _FACT.line_height
        y -= 2
    return y


def _write_figures(canvas: Any, document: Document, *, left: float, right: float, top: float) -> float:
    """Four boxes in a band: what there was, what came and went, what there is."""
    statement, height = document.statement, 14 * MM
    canvas.setFillColor(SHADE)
    canvas.roundRect(left, top - height, right - left, height, 3, stroke=0, fill=1)
    boxes = [
        ("Opening balance", figure(document, statement.opening_balance)),
        (f"Credits ({statement.credits.count:,})", figure(document, statement.credits.total)),
        (f"Debits ({statement.debits.count:,})", figure(document, statement.debits.total)),
        (f"Closing balance in {document.wallet.currency}", figure(document, statement.closing_balance)),
    ]
    width = (right - left) / len(boxes)
    for place, (label, amount) in enumerate(boxes, start=1):
        end = left + place * width - 4 * MM
        write_right(canvas, end, top - 5 * MM, label, _LABEL, room=width - 6 * MM)
        write_right(canvas, end, top - 11 * MM, amount, _FIGURE, room=width - 6 * MM)
    return top - height - 6 * MM
