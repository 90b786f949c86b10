"""What a budget's page shows below its drawings: the budgets below it, its history, what it decided, its alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from budgets.core.children import Share, most_at_once
from budgets.models import Budget, BudgetPeriod, BudgetRevision, ThresholdAlert
from budgets.selectors.budgets import view_budgets
from budgets.selectors.periods import revisions_of
from compliance.admin.staff import signed_in
from ledger.admin.cells import EMPTY, id_cell, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.money import EXACT
from ledger.selectors.assets import get_asset
from wallets.admin.budgets.bars import budget_bar, signed
from wallets.admin.owners import Owners
from wallets.selectors.budget_decisions import DecidedSpend, decided_spends, find_decided_spends
from wallets.selectors.budgets import budgets_visible_to

LAST_DECISIONS, LAST_REVISIONS, MOST_CHILDREN = 15, 25, 50
AMOUNTS = frozenset({"base", "adjustments", "buffer_amount", "rollover_cap"})
OTHER_BUDGETS = frozenset({"moved_from", "moved_to"})
"""Names of what a change tells in its history."""


def revisions_shown(budget: Budget) -> list[BudgetRevision]:
    """The newest changes first."""
    return list(revisions_of(budget.id).order_by("-version")[:LAST_REVISIONS])


def revisions_table(revisions: Sequence[BudgetRevision], budget: Budget, owners: Owners) -> Table:
    """Who changed what, when and why; names of those only whom the reader may see."""
    rows: list[list[Any]] = [
        [
            revision.created_at,
            owners.person(revision.changed_by) if revision.changed_by else "The service",
            _differences(revision, budget.currency),
            _effective(revision),
            revision.change_reason,
        ]
        for revision in revisions
    ]
    note = f"The last {LAST_REVISIONS} changes." if len(rows) == LAST_REVISIONS else ""
    return Table("Changes", ("When", "By", "Before → after", "From when", "Why"), rows, note)


def _differences(revision: BudgetRevision, currency: str) -> str:
    scale = get_asset(currency).cash_scale
    lines = []
    if revision.old_amount is None:
        lines.append(("Set to", f"{signed(revision.new_amount, scale)} {currency}"))
    elif revision.old_amount != revision.new_amount:
        step = f"{signed(revision.old_amount, scale)} → {signed(revision.new_amount, scale)} {currency}"
        lines.append(("Amount", step))
    for name, step in revision.changes.items():
        lines.append((name.replace("_", " ").capitalize(), _step(name, step, currency)))
    return format_html_join("", "<div><strong>{}</strong> {}</div>", lines)


def _step(name: str, step: Mapping[str, Any], currency: str) -> str:
    if name in OTHER_BUDGETS:
        other = UUID(step["after"])
        return id_cell(other, reverse("admin:budgets_budget_change", args=[other]))
    if name in AMOUNTS:
        scale = get_asset(currency).cash_scale
        before, after = ("none" if x is None else signed(Decimal(x), scale) for x in (step["before"], step["after"]))
        return f"{before} → {after} {currency}"
    return f"{_word(step['before'])} → {_word(step['after'])}"


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return "none" if value in (None, "") else str(value).replace("_", " ")


def _effective(revision: BudgetRevision) -> str:
    when = revision.effective.replace("_", " ").lower()
    return f"{when} ({revision.period_key})" if revision.period_key else when


def decisions_table(request: HttpRequest, budget: Budget) -> Table:
    """The last spends that this budget was asked about, accepted and refused, with what was left when it was asked."""
    found = find_decided_spends(signed_in(request), wallet_id=None, budget_id=budget.id, is_refused=None)
    spends = decided_spends(list(found.order_by("-created_at", "-id")[:LAST_DECISIONS]))
    rows = [_decision(spend, budget.id) for spend in spends]
    note = "Of the wallets that you may see. What was left is what the budget had before the spend."
    return Table("Decisions", ("When", "Outcome", "Amount", "Left", "Short by", "Why", "Transaction"), rows, note)


def _decision(spend: DecidedSpend, budget_id: UUID) -> list[Any]:
    document, code = spend.document, spend.decision.code
    gate = next((gate for gate in spend.decision.gates if str(gate.id) == str(budget_id)), None)
    left = gate.available if gate else None
    short = EXACT.subtract(gate.required, left) if gate and not gate.ok and gate.required and left is not None else None
    return [
        spend.decision.decided_at,
        label_cell("REFUSED" if code else "ACCEPTED"),
        money_cell(document.amount, document.asset_id),
        money_cell(left, document.asset_id),
        money_cell(short, document.asset_id),
        code.value if code else EMPTY,
        id_cell(document.id, reverse("admin:ledger_transaction_change", args=[document.id])),
    ]


def alerts_table(period: BudgetPeriod) -> Table:
    """The thresholds that the period has reached."""
    alerts = ThresholdAlert.objects.filter(period_id=period.id).order_by("-reached_at", "-threshold")
    rows: list[list[Any]] = [[alert.reached_at, f"{alert.threshold} %", alert.revision] for alert in alerts]
    return Table(f"Alerts of {period.key}", ("When", "Threshold", "Revision"), rows)


def children_of(request: HttpRequest, budget: Budget) -> list[Budget]:
    """The visible budgets below it that have not expired."""
    below = budgets_visible_to(signed_in(request)).filter(parent_id=budget.id).exclude(status="EXPIRED")
    return list(below.order_by("name", "id")[:MOST_CHILDREN])


def children_table(children: Sequence[Budget], budget: Budget, owners: Owners, now: datetime) -> Table:
    """The budgets below it, and how much of it they are given together."""
    rows = [
        [
            budget_link(view.budget),
            owners.cell(view.budget),
            money_cell(view.budget.amount, view.budget.currency),
            budget_bar(view, now),
            label_cell(view.budget.status),
        ]
        for view in view_budgets(children)
    ]
    return Table("Budgets below it", ("Name", "Of", "Amount", "Now", "Status"), rows, allocated(children, budget))


def allocated(children: Sequence[Budget], budget: Budget) -> str:
    """`Allocated 112 %: 672.00 of 600.00 EUR.`, of what they allow at once at most."""
    if not children:
        return ""
    given = most_at_once(Share(one.amount, one.start_date, one.end_date) for one in children)
    percent = int(EXACT.divide_int(EXACT.multiply(given, Decimal(100)), budget.amount))
    scale = get_asset(budget.currency).cash_scale
    text = f"Allocated {percent} %: {signed(given, scale)} of {signed(budget.amount, scale)} {budget.currency}."
    return f"{text} More than it allows: it still binds them all." if given > budget.amount else text


def budget_link(budget: Budget) -> str:
    url = reverse("admin:budgets_budget_change", args=[budget.id])
    return format_html('<a class="text-link" href="{}">{}</a>', url, budget.name)
