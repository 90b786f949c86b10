"""A statement as a file: CSV for spreadsheets, PDF for people."""

from __future__ import annotations

import csv
import io
from abc import abstractmethod
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from rest_framework.renderers import BaseRenderer, JSONRenderer

COLUMNS = ("effective_at", "txn_id", "type", "description", "amount", "balance_after")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class FileRenderer(BaseRenderer):
    """Renders statements; problems stay problems."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if "lines" not in data:
            return bytes(JSONRenderer().render(data))
        return self.file(data)

    @abstractmethod
    def file(self, statement: dict[str, Any]) -> bytes:
        """The statement in this form."""


class CSVRenderer(FileRenderer):
    media_type = "text/csv"
    format = "csv"

    def file(self, statement: dict[str, Any]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerow([statement["from"], "", "OPENING", "", "", statement["opening_balance"]])
        for line in statement["lines"]:
            writer.writerow([safe_cell(line, name) for name in COLUMNS])
        writer.writerow([statement["to"], "", "CLOSING", "", "", statement["closing_balance"]])
        return text.getvalue().encode()


def safe_cell(line: dict[str, Any], name: str) -> str:
    """A value that no spreadsheet takes for a formula (SECURITY.md). Our own signed amounts stay numbers."""
    text = str(line[name])
    return f"'{text}" if name == "description" and text.startswith(_FORMULA_STARTS) else text


class PDFRenderer(FileRenderer):
    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    def file(self, statement: dict[str, Any]) -> bytes:
        buffer = io.BytesIO()
        document = SimpleDocTemplate(buffer, pagesize=A4, title="Account statement", margin=18 * mm)
        styles = getSampleStyleSheet()
        heading = Paragraph("Account statement", styles["Title"])
        about = Paragraph(
            f"Wallet {statement['wallet_id']} in {statement['currency']}<br/>"
            f"From {statement['from']} to {statement['to']}, ledger version {statement['ledger_version']}",
            styles["Normal"],
        )
        document.build(
            [heading, about, Spacer(1, 6 * mm), _table(statement, styles["BodyText"])],
            onFirstPage=_page_number,
            onLaterPages=_page_number,
        )
        return buffer.getvalue()


def _table(statement: dict[str, Any], text: Any) -> Table:
    rows: list[list[Any]] = [["When", "What", "Amount", "Balance"]]
    rows.append([statement["from"][:10], "Opening balance", "", statement["opening_balance"]])
    for line in statement["lines"]:
        what = Paragraph(escape(line["description"] or line["type"]), text)
        rows.append([line["effective_at"][:10], what, line["amount"], line["balance_after"]])
    rows.append([statement["to"][:10], "Closing balance", "", statement["closing_balance"]])
    table = Table(rows, colWidths=[26 * mm, 82 * mm, 32 * mm, 34 * mm], repeatRows=1)
    bold = ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")
    lines = ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey)
    table.setStyle(TableStyle([bold, lines, ("ALIGN", (2, 0), (3, -1), "RIGHT"), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _page_number(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, f"Page {document.page}")
