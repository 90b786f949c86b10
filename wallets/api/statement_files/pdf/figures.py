"""Amounts and days as people read them on paper."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from ledger.money import ZERO
from ledger.selectors.statements import Line
from wallets.api.statement_files.document import Document

MINUS = "−"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def figure(document: Document, value: Decimal) -> str:
    """An amount with its thousands apart and a true minus: −1,234.50."""
    whole, point, decimals = document.amount(value.copy_abs()).partition(".")
    sign = MINUS if value < ZERO else ""
    return f"{sign}{int(whole):,}{point}{decimals}"


def debit_and_credit(document: Document, line: Line) -> tuple[str, str]:
    """A line's amount, in the one column or the other."""
    amount = figure(document, line.amount.copy_abs())
    return (amount, "") if line.amount < ZERO else ("", amount)


def day_text(day: date) -> str:
    """A day in a way that nobody reads as another one: 05 Mar 2024."""
    return f"{day.day:02} {_MONTHS[day.month - 1]} {day.year}"


def moment_text(moment: datetime) -> str:
    return f"{day_text(moment.date())}, {moment:%H:%M:%S}"


def period_text(document: Document) -> str:
    """Whole days as days, anything else to the second."""
    start, end = document.local(document.statement.start), document.local(document.statement.end)
    if start.time() == end.time() == time.min:
        first, last = day_text(document.first_day), day_text(document.last_day)
        return first if first == last else f"{first} – {last}"
    return f"{moment_text(start)} – {moment_text(end)}"
