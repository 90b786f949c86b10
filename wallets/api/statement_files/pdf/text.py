"""Setting text: how wide it is, where a line breaks, and how it gets onto the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm

from wallets.api.statement_files.pdf.fonts import runs, shaped, tidy

MM: float = mm
"""A millimetre in points, which is what everything here is measured in."""
INK, QUIET, RULE, SHADE = HexColor("#1b2430"), HexColor("#5b6675"), HexColor("#d5dae1"), HexColor("#f3f5f8")


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks; sizes and line heights are points."""

    size: float
    is_bold: bool = False
    colour: Color = INK

    @property
    def line_height(self) -> float:
        return self.size * 1.32


def width_of(text: str, style: Style) -> float:
    return sum(shaped(run, style.size)[1] for run in runs(text, is_bold=style.is_bold))


def write(canvas: Any, x: float, y: float, text: str, style: Style) -> None:
    """A line of text that begins at x."""
    canvas.setFillColor(style.colour)
    for run in runs(text, is_bold=style.is_bold):
        drawn, width = shaped(run, style.size)
        canvas.setFont(run.font, style.size)
        canvas.drawString(x, y, drawn)
        x += width


def write_right(canvas: Any, x: float, y: float, text: str, style: Style, *, room: float) -> None:
    """A line of text that ends at x; one that is wider than its room becomes smaller, not longer."""
    if not text:
        return
    width = width_of(text, style)
    if width > room:
        style = Style(style.size * room / width, style.is_bold, style.colour)
        width = room
    write(canvas, x - width, y, text, style)


def wrapped(text: str, style: Style, room: float) -> list[str]:
    """The lines that a text takes, none wider than its room; a word that is wider is broken where it has to be."""
    lines: list[str] = []
    line = ""
    for word in _words(tidy(text), style, room):
        longer = f"{line} {word}" if line else word
        if line and width_of(longer, style) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def _words(text: str, style: Style, room: float) -> Iterator[str]:
    for word in text.split():
        rest = word
        while width_of(rest, style) > room:
            kept = 1
            while width_of(rest[: kept + 1], style) <= room:
                kept += 1
            yield rest[:kept]
            rest = rest[kept:]
        yield rest
