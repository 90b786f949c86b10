"""What bars, waterfalls and days say, to the thousandth of their width."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.selectors.figures import PeriodFigures
from tests.budgets.factories import Owner, current
from wallets.admin.budgets.bars import bar_of, elapsed_percent, left_of
from wallets.admin.budgets.charts import daily_chart, waterfall
from wallets.admin.drawings import share

PLAIN = PeriodFigures(
    allocated=Decimal(100),
    base=Decimal(100),
    carry_in=Decimal(0),
    adjustments=Decimal(0),
    carried_out=Decimal(0),
    used=Decimal(25),
    reserved=Decimal(15),
    remaining=Decimal(60),
)


@pytest.mark.parametrize(
    ("allowed", "used", "reserved", "expected"),
    [
        ("100", "25", "15", ("25.0%", "40.0%", "", "50.0%")),
        ("100", "100", "0", ("100.0%", "100.0%", "", "50.0%")),
        ("20", "30", "10", ("75.0%", "100.0%", "50.0%", "25.0%")),
        ("0", "0", "0", ("0.0%", "0.0%", "", "0.0%")),
        ("0", "5", "0", ("100.0%", "100.0%", "0.0%", "0.0%")),
        ("-10", "5", "5", ("50.0%", "100.0%", "0.0%", "0.0%")),
        ("100", "-5", "10", ("0.0%", "10.0%", "", "50.0%")),
        ("3", "1", "1", ("33.3%", "66.6%", "", "50.0%")),
    ],
)
def test_bars(allowed: str, used: str, reserved: str, expected: tuple[str, ...]) -> None:
    bar = bar_of(Decimal(allowed), Decimal(used), Decimal(reserved), elapsed=50, words="")
    assert (bar.spent, bar.reserved, bar.allowed, bar.tick) == expected


def test_shares_and_words() -> None:
    assert share(Decimal("0.001"), Decimal("12345678901234567890")) == "0.0%"
    assert left_of(Decimal("1.5"), Decimal(2), "EUR", 2) == "1.50 EUR left of 2.00"
    assert left_of(Decimal("-1.5"), Decimal(-2), "EUR", 2) == "1.50 EUR over −2.00"


@pytest.mark.django_db
def test_a_waterfall_leads_from_the_base_to_what_is_left() -> None:
    figures = replace(PLAIN, carry_in=Decimal(-20), adjustments=Decimal(40), carried_out=Decimal(10))
    falls = waterfall(replace(figures, allocated=Decimal(120), remaining=Decimal(70)), "EUR")
    assert [(fall.name, fall.amount, fall.kind, fall.start, fall.width) for fall in falls] == [
        ("Starts with", "100.00 EUR", "sum", "0.0%", "83.3%"),
        ("Carried in", "−20.00 EUR", "less", "66.6%", "16.6%"),
        ("Adjustments", "40.00 EUR", "more", "66.6%", "33.3%"),
        ("Carried out", "−10.00 EUR", "less", "91.6%", "8.3%"),
        ("Reserved", "−15.00 EUR", "less", "79.1%", "12.5%"),
        ("Spent", "−25.00 EUR", "less", "58.3%", "20.8%"),
        ("Left", "70.00 EUR", "sum", "0.0%", "58.3%"),
    ]


@pytest.mark.django_db
def test_days_add_up_to_what_was_spent() -> None:
    owner = Owner()
    budget = owner.budget("300")
    owner.spend("40")
    period = current(budget)
    now = min(datetime.now(UTC), period.ends_at - timedelta(seconds=1))
    chart = daily_chart(period, now)
    assert chart is not None
    assert chart.rows[-1][1:4] == ("EUR", "40.00", "40.00")
    length = (period.ends_at - period.starts_at + timedelta(hours=2)).days
    assert chart.rows[0][4] == f"{Decimal(300) / length:.4f}"[:-2]
    assert '<polyline class="line" points="0,160 ' in chart.drawing
    assert ' 900,0"></polyline>' in chart.drawing  # even use ends at what is allowed
    last = daily_chart(period, period.ends_at + timedelta(days=3))
    assert last is not None
    assert (len(last.rows), last.rows[-1][3:]) == (length, ("40.00", "300.00"))


@pytest.mark.django_db
def test_what_has_not_begun_or_cannot_be_told_is_not_drawn() -> None:
    period = current(Owner().budget("300"))
    assert daily_chart(period, period.starts_at) is None
    period.budget.zone = "Atlantis/Capital"
    assert daily_chart(period, period.ends_at) is None
    assert (elapsed_percent(period, period.starts_at), elapsed_percent(period, period.ends_at)) == (0, 100)
    assert elapsed_percent(period, period.ends_at + timedelta(days=9)) == 100
