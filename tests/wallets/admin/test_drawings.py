"""The shapes of charts: what is drawn where, and that each says its figures in words too."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from django.utils.safestring import mark_safe

from wallets.admin.drawings import Chart, Column, Line, Row, draw_columns, draw_days, draw_lines, draw_rows, draw_strips


def test_strips_stand_one_after_the_other() -> None:
    drawn = draw_strips([("sum", Decimal(50)), ("reserved", Decimal(25)), ("less", Decimal(-1))], Decimal(100), "words")
    assert '<rect class="sum" x="0.0%" y="4" width="50.0%"' in drawn
    assert '<line class="reserved" x1="50.0%" x2="75.0%"' in drawn
    assert '<rect class="less" x="75.0%" y="4" width="0.0%"' in drawn
    assert "<title>words</title>" in drawn


def test_rows_say_their_words() -> None:
    assert "<dt>EUR &amp; more</dt>" in draw_rows([Row("EUR & more", mark_safe("<svg></svg>"), "1.00 left")])


def test_lines_share_one_scale_with_nothing_at_its_foot() -> None:
    lines = [Line("ideal", [Decimal(0), Decimal(50), Decimal(100)]), Line("line", [Decimal(0), Decimal(-100)])]
    drawn = draw_lines(lines, 2, name="Burn", ends=("1 Nov", "2 Nov"), written=str)
    assert re.findall(r'<polyline class="(\w+)" points="([^"]+)"', drawn) == [
        ("ideal", "0,80 450,40 900,0"),
        ("line", "0,80 450,160"),
    ]
    for words in ("100", "-100", "1 Nov", "2 Nov", 'aria-label="Burn"'):
        assert words in drawn
    flat = draw_lines([Line("line", [Decimal(0)] * 2)], 1, name="", ends=("", ""), written=str)
    assert 'points="0,160 900,160"' in flat


def test_columns_are_stacked_to_the_highest() -> None:
    columns = [Column((3, 0, 1), "Mon"), Column((2, 0, 0), "Tue"), Column((0, 0, 0), "Wed")]
    drawn = draw_columns(columns, ("accepted", "parked", "refused"), name="Spends", ends=("Mon", "Wed"))
    parts = re.findall(r'<rect class="(\w+)"(?: fill="[^"]+")? x="(\d+)" y="(\d+)" width="225" height="(\d+)"', drawn)
    assert [part for part in parts if part[0] != "day"] == [
        ("accepted", "37", "40", "120"),
        ("refused", "37", "0", "40"),
        ("accepted", "337", "80", "80"),
    ]
    assert drawn.count("<title>") == 3


def test_a_map_of_days_has_a_column_per_week() -> None:
    first = date(2026, 11, 1)  # a Sunday
    drawn = draw_days([(first + timedelta(days=n), n * n) for n in range(9)], name="Days", week_start=1)
    found = re.findall(r'class="level-(\d)" x="(\d+)" y="(\d+)"', drawn)
    assert (found[0], found[1], found[-1]) == (("0", "30", "148"), ("1", "56", "16"), ("4", "82", "16"))
    assert [level for level, *_ in found] == ["0", "1", "1", "1", "1", "2", "3", "4", "4"]
    assert "Mon" in drawn
    assert drawn.count('class="count') == 8  # none on an empty day


def test_a_table_has_the_cells_of_the_file() -> None:
    chart = Chart("x", "X", "", "", ("day", "spent_so_far"), [("2026-11-01", "1.00")])
    assert chart.headers == [("Day", False), ("Spent so far", True)]
    assert chart.cells == [[("2026-11-01", False), ("1.00", True)]]
