"""A file as rows of texts. What the texts mean, `kinds` says; nothing here knows an amount."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice
from typing import Any
from zipfile import BadZipFile, ZipFile

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook

from ledger.errors import InvalidInput

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 50
MOST_CELL = 1_000
MOST_UNPACKED = 40 * 1024 * 1024
MOST_PARTS = 100
DIGITS_OF_A_SHEET = 15
"""More than these a number in a spreadsheet does not keep."""
_BOM = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"

Row = tuple[int, dict[str, str]]
"""Its line in the file, and what stands in its columns; empty cells are left out."""


def read_rows(data: bytes, *, columns: Sequence[str], required: Iterable[str]) -> list[Row]:
    """The rows of a CSV or XLSX file, by the names in its first line.

    Args:
        columns: the names that are known. Their order in the file, and their case, do not matter.

    Raises:
        InvalidInput: the file as a whole cannot be read; in words for whoever made it.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Split it.")
    lines = _sheet_lines(data) if data.startswith(_ZIP) else _csv_lines(data)
    header = next(lines, None)
    if header is None:
        raise InvalidInput("The file is empty.")
    names = _names(header[1], columns, set(required))
    rows = list(islice(_rows(lines, names), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"The file has more than {MOST_ROWS:,} rows. Split it.")
    if not rows:
        raise InvalidInput("The file has a first line, but no rows below it.")
    return rows


def hash_of(kind: str, rows: list[Row]) -> str:
    """What tells files apart: the same rows have the same hash, whatever program has saved them."""
    told = json.dumps([kind, [cells for _, cells in rows]], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


Numbered = tuple[int, list[str]]


def _rows(lines: Iterator[Numbered], names: list[str]) -> Iterator[Row]:
    for number, cells in lines:
        if len(cells) > len(names) and any(cells[len(names) :]):
            raise InvalidInput(f"Line {number} has more cells than the first line has names.")
        if any(len(cell) > MOST_CELL for cell in cells):
            raise InvalidInput(f"Line {number} has a cell of more than {MOST_CELL:,} characters.")
        filled = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
        if filled:
            yield number, filled


def _names(header: list[str], columns: Sequence[str], required: set[str]) -> list[str]:
    names = [cell.strip().lower().replace(" ", "_") for cell in header]
    while names and not names[-1]:
        names.pop()
    for name in names:
        if name not in columns:
            shown = name[:60] or "(empty)"
            raise InvalidInput(f"The first line names the column {shown}. Known are: {', '.join(columns)}.")
    if len(set(names)) < len(names):
        raise InvalidInput("The first line names a column twice.")
    if missing := sorted(required - set(names)):
        raise InvalidInput(f"The first line lacks: {', '.join(missing)}. Begin with the template.")
    return names


# -- CSV


def _csv_lines(data: bytes) -> Iterator[Numbered]:
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("The file is not UTF-8. Save it as “CSV UTF-8”, or as XLSX.") from None
    if "\x00" in text:
        raise InvalidInput("This is neither a CSV nor an XLSX file.")
    first_line = text.partition("\n")[0]
    separator = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        raise InvalidInput(f"Line {line} is no CSV: a quote is open, or stands in the wrong place.") from None


# -- XLSX, which is a ZIP of XML: looked at before it is unpacked, and read row by row.


def _sheet_lines(data: bytes) -> Iterator[Numbered]:
    try:
        _require_harmless(data)
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1_000, max_col=MOST_COLUMNS), start=1):
            yield number, [_cell_text(cell.value, number) for cell in cells]
    except InvalidInput:
        raise
    except DefusedXmlException:
        raise InvalidInput("The file defines XML entities, which no spreadsheet needs.") from None
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, EOFError, OSError):
        raise InvalidInput("This XLSX file cannot be read. Save it again, or as CSV.") from None


def _require_harmless(data: bytes) -> None:
    """By what the archive says of itself; `ZipFile` reads no more of a part than that."""
    with ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise InvalidInput("The XLSX file unpacks to more than a sheet of rows needs.")
    if any(part.flag_bits & 1 for part in parts):
        raise InvalidInput("The XLSX file is protected by a password.")


def _cell_text(value: Any, line: int) -> str:
    """A cell as somebody would have typed it into a CSV."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat()
        case date():
            return value.isoformat()
        case int() | float():
            return _number_text(value, line)
        case str() if value.startswith("="):
            raise InvalidInput(f"Line {line} holds a formula. Put its value in its place.")
        case _:
            return str(value).strip()


def _number_text(value: int | float, line: int) -> str:
    """The shortest text that names the number: what the sheet shows, to all the digits that it keeps."""
    text = repr(value).removesuffix(".0")
    if "e" in text or sum(letter.isdigit() for letter in text.lstrip("-0.")) > DIGITS_OF_A_SHEET:
        raise InvalidInput(f"Line {line} holds a number of more digits than a sheet keeps. Write it as text.")
    return text
