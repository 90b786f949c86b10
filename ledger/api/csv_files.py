"""CSV (RFC 4180) for spreadsheets: written line by line, and none of its cells is taken for a formula (SECURITY.md)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
# Spreadsheets skip blanks before a formula and read full-width signs as their ASCII ones; and one that splits at
# semicolons, tabs or line ends lets a cell begin behind each of them, whatever the quotes of this file say.
_FORMULA = re.compile("(^|[;\t\r\n])(?=[\\s\x00-\x20\u200b-\u200f\u2060\ufeff\"']*[=+\\-@＝＋－＠])")
_CONTROLS = ("\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    safe = _FORMULA.sub(r"\1'", text)
    return f"'{safe}" if safe.startswith(_CONTROLS) else safe


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Each row as a line of the file, made when it is asked for. Texts are the caller's to make safe."""
    writer = csv.writer(_Echo())
    for row in rows:
        line: str = writer.writerow(row)
        yield line


class _Echo:
    """What the csv module writes to: its `writerow` returns what `write` does."""

    def write(self, text: str) -> str:
        return text
