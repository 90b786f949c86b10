"""The templates of imports, as CSV and XLSX: the names of the columns, rows as examples, and what may stand where."""

from __future__ import annotations

from io import BytesIO

from openpyxl import Workbook

from ledger.api.csv_files import csv_lines
from wallets.services.imports.columns import Format


def template_csv(format: Format) -> bytes:
    """UTF-8 with a mark at its beginning, which spreadsheets need to take it for that."""
    return "".join(csv_lines([format.columns, *format.examples])).encode("utf-8-sig")


def template_xlsx(format: Format) -> bytes:
    """All cells are texts, so that no spreadsheet rounds an amount or makes a date of a reference."""
    book, file = Workbook(write_only=True), BytesIO()
    sheet = book.create_sheet(format.title)
    for row in (format.columns, *format.examples):
        sheet.append(list(row))
    guide = book.create_sheet("Help")
    guide.append(["Column", "Needed", "What stands there"])
    for line in column_help(format):
        guide.append(list(line))
    book.save(file)
    return file.getvalue()


def column_help(format: Format) -> list[tuple[str, str, str]]:
    """Per column: its name, whether it is needed, what may stand in it."""
    return [
        (name, "yes" if field.required else "no", str(field.help_text or "")) for name, field in format.fields.items()
    ]
