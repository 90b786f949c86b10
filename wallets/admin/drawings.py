"""Charts, drawn on the server as SVG: no script, nothing from elsewhere, and no figure that is only drawn.

Each is one of four shapes: bars in rows, columns over days, lines over days, and a map of days. What differs by its
colour differs by its form too. Table and file say the same as the drawing, from the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from ledger.days import ONE_DAY, first_of_week
from ledger.money import EXACT, ZERO

WIDTH, HEIGHT = 900, 160
"""In the drawing's own units; it is as wide as the page."""
LEVELS = 4
"""Shades of a map of days, besides the empty one."""


@dataclass(frozen=True, slots=True)
class Chart:
    """
    Attributes:
        name: in its address, and of its parts on the page.
        words: what it shows, for everybody and for who does not see the drawing.
        drawing: as this module draws it; "" = there is nothing to draw.
        columns: names of what a row holds, those of `texts` first; the others are figures.
    """

    name: str
    title: str
    words: str
    drawing: SafeString | str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    texts: int = 1

    @property
    def headers(self) -> list[tuple[str, bool]]:
        """The columns for people, and whether they hold figures."""
        named = (column.replace("_", " ").capitalize() for column in self.columns)
        return [(name, place >= self.texts) for place, name in enumerate(named)]

    @property
    def cells(self) -> list[list[tuple[str, bool]]]:
        return [[(cell, place >= self.texts) for place, cell in enumerate(row)] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a chart: a drawn bar, and the same in words."""

    label: str
    bar: SafeString
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: how it is drawn. It may end before the chart does."""

    kind: str
    amounts: Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class Column:
    """What is stacked over one day: how many of each kind, and all of it in words."""

    counts: Sequence[int]
    words: str


def share(part: Decimal, whole: Decimal) -> str:
    """A part as SVG writes it, to a thousandth: `42.5%`. Nothing of nothing is nothing."""
    thousandths = int(EXACT.divide_int(EXACT.multiply(part, Decimal(1000)), whole)) if whole > 0 else 0
    return f"{thousandths // 10}.{thousandths % 10}%"


def draw_strips(parts: Iterable[tuple[str, Decimal]], whole: Decimal, words: str) -> SafeString:
    """A bar of parts of a whole, one after the other. What is below nothing has no width.

    Args:
        parts: how each is drawn, as the style sheet names it, and how much it is.
        words: the same for who does not see it.
    """
    listed = [(kind, max(amount, ZERO)) for kind, amount in parts]
    edges = [share(edge, whole) for edge in accumulate((amount for _, amount in listed), EXACT.add, initial=ZERO)]
    strips = [
        (kind, start, end, share(amount, whole))
        for (kind, amount), start, end in zip(listed, edges, edges[1:], strict=False)
    ]
    return _drawn("strips", strips=strips, words=words)


def draw_rows(rows: Sequence[Row]) -> SafeString:
    return _drawn("rows", rows=rows)


def draw_lines(
    lines: Sequence[Line], steps: int, *, name: str, ends: tuple[str, str], written: Callable[[Decimal], str]
) -> SafeString:
    """Lines that begin together at the left edge.

    Args:
        steps: how many parts the width has.
        name: what the lines show, for who does not see them.
        ends: what stands below the two ends.
        written: how an amount is written beside the edges.
    """
    amounts = [amount for line in lines for amount in line.amounts]
    lowest, highest = min([*amounts, ZERO]), max([*amounts, ZERO])
    drawn = [(line.kind, _points(line.amounts, steps, lowest, highest)) for line in lines]
    edges = {"top": written(highest), "bottom": written(lowest), "ends": ends}
    return _drawn("lines", lines=drawn, name=name, width=WIDTH, height=HEIGHT, **edges)


def draw_columns(columns: Sequence[Column], kinds: Sequence[str], *, name: str, ends: tuple[str, str]) -> SafeString:
    """Columns of stacked counts, the first kind at the bottom."""
    highest = max((sum(column.counts) for column in columns), default=0)
    step = WIDTH // max(len(columns), 1)
    drawn = [
        (step * place + step // 8, _stack(column.counts, kinds, highest), column.words)
        for place, column in enumerate(columns)
    ]
    wide = max(step * 3 // 4, 1)
    return _drawn(
        "columns",
        columns=drawn,
        name=name,
        wide=wide,
        width=step * max(len(columns), 1),
        height=HEIGHT,
        top=highest,
        ends=ends,
        kinds=kinds,
    )


def draw_days(counts: Sequence[tuple[date, int]], *, name: str, week_start: int) -> SafeString:
    """A map of days, a column per week. Darker is more, and how many stands on each."""
    first = first_of_week(counts[0][0], week_start)
    highest = max(count for _, count in counts)
    days = [
        ((day - first).days // 7, (day - first).days % 7, -(-count * LEVELS // highest) if count else 0, count, day)
        for day, count in counts
    ]
    weeks = days[-1][0] + 1
    return _drawn(
        "days",
        days=[(30 + x * 26, 16 + y * 22, level, count, day) for x, y, level, count, day in days],
        names=[(16 + y * 22 + 14, f"{first + y * ONE_DAY:%a}") for y in range(7)],
        months=[(30 + x * 26, f"{first + 7 * x * ONE_DAY:%b}") for x in range(weeks) if _begins_month(first, x)],
        name=name,
        width=30 + weeks * 26,
    )


def _begins_month(first: date, week: int) -> bool:
    day = first + 7 * week * ONE_DAY
    return week == 0 or day.month != (day - 7 * ONE_DAY).month


def _points(amounts: Sequence[Decimal], steps: int, lowest: Decimal, highest: Decimal) -> str:
    return " ".join(
        f"{WIDTH * place // steps},{HEIGHT - _height(EXACT.subtract(amount, lowest), EXACT.subtract(highest, lowest))}"
        for place, amount in enumerate(amounts)
    )


def _height(part: Decimal, whole: Decimal) -> int:
    return int(EXACT.divide_int(EXACT.multiply(part, Decimal(HEIGHT)), whole)) if whole > 0 else 0


def _stack(counts: Sequence[int], kinds: Sequence[str], highest: int) -> list[tuple[str, int, int]]:
    """Kind, upper edge and height of each part."""
    edges = [HEIGHT * total // highest if highest else 0 for total in accumulate(counts, initial=0)]
    return [
        (kind, HEIGHT - end, end - start)
        for kind, start, end in zip(kinds, edges, edges[1:], strict=False)
        if end > start
    ]


def _drawn(shape: str, **context: object) -> SafeString:
    return mark_safe(render_to_string(f"admin/charts/{shape}.html", context))  # noqa: S308 - the templates escape
