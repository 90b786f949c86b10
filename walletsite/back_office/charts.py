"""The charts of the home page, by name: each for whatever one looks at, with its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from ledger.days import ONE_DAY
from ledger.ids import created_at
from ledger.money import EXACT, ZERO, format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.holds import HoldsOfAge, open_holds_by_age
from ledger.selectors.totals import Holdings
from wallets.admin.budgets.bars import bar_of, drawn, left_of, signed, written
from wallets.admin.drawings import (
    Chart,
    Column,
    Line,
    Row,
    draw_columns,
    draw_days,
    draw_lines,
    draw_rows,
    draw_strips,
)
from wallets.selectors.budget_burn import Burn, burn_of_budgets
from wallets.selectors.budget_pace import GroupUse
from walletsite.back_office.filters import PERIODS
from walletsite.back_office.sight import WEEKS, Sight

TOO_MUCH = "Too much to add up here just now."
SPENDS = frozenset({"PAYMENT", "TRANSFER", "WITHDRAWAL"})
KINDS = ("accepted", "parked", "refused")
BUCKETS = {"AVAILABLE": "sum", "RESERVED": "reserved", "PENDING": "less"}
AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
AGE_NAMES = ("Less than a day", "1 to 3 days", "3 to 7 days", "7 to 30 days", "More than 30 days")


def balances(sight: Sight) -> Chart:
    """What wallets hold of each asset, and the company's own accounts beside them."""
    own = ("company_accounts",) if sight.is_whole_company else ()
    chart = Chart("balances", "Held in wallets", "", "", ("asset", *_lower(BUCKETS), "total", *own), ())
    if sight.held is None:
        return replace(chart, words=TOO_MUCH)
    if not sight.held:
        return replace(chart, words="Nothing yet.")
    return replace(
        chart,
        words="Available (solid), reserved (striped) and pending (outlined); each bar is all of one currency.",
        drawing=draw_rows([_holdings_row(row) for row in sight.held]),
        rows=[_holdings_cells(row) for row in sight.held],
    )


def _holdings_row(row: Holdings) -> Row:
    parts = [(kind, row.wallets.get(bucket, ZERO)) for bucket, kind in BUCKETS.items()]
    amounts = ((bucket, row.wallets.get(bucket, ZERO)) for bucket in BUCKETS)
    scale = get_asset(row.asset).cash_scale
    words = ", ".join(f"{signed(amount, scale)} {bucket.lower()}" for bucket, amount in amounts)
    return Row(written(row.total, row.asset), draw_strips(parts, row.total, words), words)


def _holdings_cells(row: Holdings) -> tuple[str, ...]:
    amounts = [*(row.wallets.get(bucket, ZERO) for bucket in BUCKETS), row.total]
    amounts += [] if row.company is None else [row.company]
    return row.asset, *_amounts(amounts, row.asset)


def teams(sight: Sight) -> Chart:
    """How much each team has used of what its budgets allow at present, against the time that is gone."""
    chart = Chart(
        "teams",
        "Budgets used, against time",
        "Spent (solid), reserved (striped) and left (empty) of what is allowed in the current periods, all budgets of "
        "a team and its people added up; a spend under two budgets counts in both. The tick: where even use would be.",
        "",
        ("team", "currency", "budgets", "allowed", "spent", "reserved", "left", "used_percent", "elapsed_percent"),
        (),
        texts=2,
    )
    groups = None if sight.pace is None else sight.pace.groups
    if groups is None:
        return replace(chart, words=TOO_MUCH)
    if not groups:
        return replace(chart, words="No budget has a current period.")
    names = {team.id: team.name for team in sight.filters.teams}
    named = sorted((_group_name(group, names), group.currency, group) for group in groups)
    return replace(
        chart,
        drawing=draw_rows([_group_row(name, group) for name, _, group in named]),
        rows=[_group_cells(name, group) for name, _, group in named],
    )


def _group_name(group: GroupUse, names: dict[UUID, str]) -> str:
    if group.is_company:
        return "The company"
    return "No team" if group.team_id is None else names.get(group.team_id, "Another team")


def _group_row(name: str, group: GroupUse) -> Row:
    left = EXACT.subtract(group.allowed, EXACT.add(group.used, group.reserved))
    words = f"{left_of(left, group.allowed, group.currency, get_asset(group.currency).cash_scale)}; " + " ".join(
        (f"{_percent(group.used, group.allowed)} % used,", f"{_percent(group.even, group.allowed)} % of time gone")
    )
    elapsed = int(_percent(group.even, group.allowed) or 0)
    bar = bar_of(group.allowed, group.used, group.reserved, elapsed=elapsed, words=words)
    return Row(f"{name}, {group.currency}", drawn(bar), words)


def _group_cells(name: str, group: GroupUse) -> tuple[str, ...]:
    left = EXACT.subtract(group.allowed, EXACT.add(group.used, group.reserved))
    amounts = _amounts((group.allowed, group.used, group.reserved, left), group.currency)
    percents = _percent(group.used, group.allowed), _percent(group.even, group.allowed)
    return name, group.currency, str(group.budgets), *amounts, *percents


def burn(sight: Sight) -> Chart:
    """What was spent of all budgets up to each day, beside even use; one drawing per currency."""
    filters = sight.filters
    count = (filters.window.end_day - filters.window.first_day).days
    days = [filters.window.first_day + place * ONE_DAY for place in range(count)]
    marks = [filters.calendar.starts_at(day) for day in (*days, filters.window.end_day)]
    found = sight.in_time(lambda: burn_of_budgets(sight.user, marks, sight.now, team_id=sight.team_id))
    title = f"Budgets used up: {PERIODS[filters.period].lower()}"
    columns = ("day", "currency", "spent", "spent_so_far", "even_so_far")
    chart = Chart("burn", title, TOO_MUCH, "", columns, (), texts=2)
    if found is None:
        return chart
    if not found:
        return replace(chart, words="No budget had a period in these days.")
    return replace(
        chart,
        words="Spent of all budgets up to each day (solid), and if all that they allow was spent evenly (dashed). "
        "A spend under two budgets counts in both, and so does what they allow.",
        drawing=_stacked(_burn_drawing(one, days) for one in found),
        rows=[row for one in found for row in _burn_rows(one, days)],
    )


def _burn_drawing(burn: Burn, days: list[date]) -> SafeString:
    by_now = burn.even[len(burn.total) - 1] if burn.total else ZERO
    spent = burn.total[-1] if burn.total else ZERO
    name = f"{written(spent, burn.currency)} spent; evenly it would be {written(by_now, burn.currency)}"
    return draw_lines(
        [Line("ideal", [ZERO, *burn.even]), Line("line", [ZERO, *burn.total])],
        len(days),
        name=name,
        ends=(f"{days[0]:%-d %b}", f"{days[-1]:%-d %b}"),
        written=lambda amount: written(amount, burn.currency),
    )


def _burn_rows(burn: Burn, days: list[date]) -> Iterable[tuple[str, ...]]:
    for day, spent, total, even in zip(days, burn.spent, burn.total, burn.even, strict=False):
        yield day.isoformat(), burn.currency, *_amounts((spent, total, even), burn.currency)


def bookings(sight: Sight) -> Chart:
    """How many spends were accepted, parked and refused on each day."""
    window, today = sight.filters.window, sight.now.date()
    count = (min(window.end_day, today + ONE_DAY) - window.first_day).days
    days = [window.first_day + place * ONE_DAY for place in range(count)]
    title = f"Spends per day: {PERIODS[sight.filters.period].lower()}"
    chart = Chart("bookings", title, TOO_MUCH, "", ("day", *KINDS, "passed_percent"), ())
    if sight.days is None:
        return chart
    failed, passed = Counter[date](), Counter[date]()
    for row in sight.days:
        if row.direction == "OUT" and row.type in SPENDS:
            (failed if row.status == "FAILED" else passed)[row.day] += row.documents
    waiting = Counter(created_at(id).date() for id in sight.requests.parked)
    counted = {day: _outcomes(passed[day], failed[day], waiting[day]) for day in days}
    if not any(map(any, counted.values())):
        return replace(chart, words=f"No spends in these days, as of {sight.as_of} ago.")
    sums = [sum(column) for column in zip(*counted.values(), strict=True)]
    said = ", ".join(f"{total} {kind}" for kind, total in zip(KINDS, sums, strict=True))
    words = f"Payments, transfers and withdrawals: {said}. Parked ones were refused and wait for more. Days of UTC, as "
    return replace(
        chart,
        words=f"{words}of {sight.as_of} ago.",
        drawing=draw_columns(
            [Column(counts, f"{day:%-d %b}: {_said(counts)}") for day, counts in counted.items()],
            KINDS,
            name=said,
            ends=(f"{days[0]:%-d %b}", f"{days[-1]:%-d %b}"),
        ),
        rows=[
            (day.isoformat(), *map(str, counts), _percent(Decimal(counts[0]), Decimal(sum(counts))))
            for day, counts in counted.items()
        ],
    )


def _outcomes(passed: int, failed: int, waiting: int) -> tuple[int, int, int]:
    parked = min(waiting, failed)
    return passed, parked, failed - parked


def _said(counts: Iterable[int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in zip(KINDS, counts, strict=True))


def holds(sight: Sight) -> Chart:
    """How long money has been set aside."""
    chart = Chart(
        "holds", "Open holds by age", TOO_MUCH, "", ("age", "currency", "holds", "left", "due_within_a_day"), ()
    )
    found = sight.in_time(lambda: open_holds_by_age(sight.scope, sight.now, AGES))
    if found is None:
        return chart
    if not found:
        return replace(chart, words="Nothing is set aside.")
    return replace(
        chart,
        words="How long the money has been set aside; outlined are those that end within a day.",
        drawing=draw_rows(_age_rows(found)),
        rows=[
            (AGE_NAMES[one.age], one.asset, str(one.holds), *_amounts((one.left,), one.asset), str(one.due))
            for one in sorted(found, key=lambda one: (one.age, one.asset))
        ],
        texts=2,
    )


def _age_rows(found: list[HoldsOfAge]) -> list[Row]:
    rows, most = [], max(_count(found, age) for age in range(len(AGE_NAMES)))
    for age, name in enumerate(AGE_NAMES):
        of_age = [one for one in found if one.age == age]
        if not of_age:
            continue
        count, due = _count(found, age), sum(one.due for one in of_age)
        amounts = ", ".join(written(one.left, one.asset) for one in of_age)
        words = f"{count} with {amounts}; {due} end within a day"
        parts = [("sum", Decimal(count - due)), ("less", Decimal(due))]
        rows.append(Row(name, draw_strips(parts, Decimal(most), words), words))
    return rows


def _count(found: Iterable[HoldsOfAge], age: int) -> int:
    return sum(one.holds for one in found if one.age == age)


def activity(sight: Sight) -> Chart:
    """How much happened on each day of the last weeks."""
    chart = Chart("activity", f"Activity of {WEEKS} weeks", TOO_MUCH, "", ("day", "movements"), ())
    if sight.days is None:
        return chart
    counted = Counter[date]()
    for row in sight.days:
        counted[row.day] += row.documents
    first, today = sight.first_of_map, sight.now.date()
    days = [first + place * ONE_DAY for place in range((today - first).days + 1)]
    counts = [(day, counted[day]) for day in days]
    busiest, most = max(counts, key=lambda one: one[1])
    if not most:
        return replace(chart, words=f"Nothing in {WEEKS} weeks, as of {sight.as_of} ago.")
    total = sum(count for _, count in counts)
    words = f"{total} movements, most on {busiest:%-d %B} ({most}); a transfer between two of these wallets is two."
    return replace(
        chart,
        words=f"{words} Days of UTC, as of {sight.as_of} ago.",
        drawing=draw_days(counts, name=words, week_start=sight.filters.calendar.week_start),
        rows=[(day.isoformat(), str(count)) for day, count in counts],
    )


CHARTS: dict[str, Callable[[Sight], Chart]] = {
    chart.__name__: chart for chart in (balances, teams, burn, bookings, holds, activity)
}


def _stacked(drawings: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((drawing,) for drawing in drawings))


def _amounts(amounts: Iterable[Decimal], asset: str) -> list[str]:
    scale = get_asset(asset).cash_scale
    return [format_amount(amount, scale) for amount in amounts]


def _percent(part: Decimal, whole: Decimal) -> str:
    """Rounded down; "" where there is no whole."""
    return str(int(EXACT.divide_int(EXACT.multiply(part, Decimal(100)), whole))) if whole > 0 else ""


def _lower(names: Iterable[str]) -> list[str]:
    return [name.lower() for name in names]
