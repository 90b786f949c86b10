"""Sums for the reports of the back office, over what somebody may see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from budgets.models.vocabulary import BudgetStatus, Scope
from budgets.selectors.budgets import view_budgets
from compliance.models import Caller
from compliance.selectors.scope import users_visible_to
from ledger.money import EXACT, ZERO
from ledger.selectors.clock import database_now
from ledger.selectors.holds import HoldStatus
from ledger.selectors.scope import reservations_within
from wallets.selectors.budgets import budgets_visible_to
from wallets.selectors.scope import ledger_scope

MOST_BUDGETS = 5_000
AGES = (("under a day", timedelta(0)), ("1 to 7 days", timedelta(days=1)), ("over 7 days", timedelta(days=7)))


@dataclass(frozen=True, slots=True)
class Spend:
    """What the current periods of a team's budgets of a category allow, and what is used of it.

    Attributes:
        team_id: of the budget, or of the wallet's owner; None = the company's, or somebody without a team.
        category: "" = of all spends.
    """

    team_id: UUID | None
    category: str
    currency: str
    budgets: int
    allowed: Decimal
    spent: Decimal
    reserved: Decimal
    left: Decimal


def spend_by_team(caller: Caller) -> list[Spend]:
    """Budget against actual by team and category, of the active budgets that a caller sees; `MOST_BUDGETS` at most.
    A budget of several categories is one line with all of them: what it allows cannot be split."""
    budgets = list(budgets_visible_to(caller).filter(status=BudgetStatus.ACTIVE).order_by("id")[:MOST_BUDGETS])
    owners = {budget.user_id for budget in budgets if budget.user_id}
    team_of = dict(users_visible_to(caller).filter(id__in=owners).values_list("id", "team_id"))
    sums: dict[tuple[UUID | None, str, str], list[Decimal]] = defaultdict(lambda: [ZERO] * 5)
    for view in view_budgets(budgets):
        budget, figures = view.budget, view.figures
        if figures is None:
            continue
        team_id = team_of.get(budget.user_id) if budget.scope == Scope.WALLET and budget.user_id else budget.team_id
        key = (team_id, ", ".join(budget.categories), budget.currency)
        amounts = (Decimal(1), figures.allocated, figures.used, figures.reserved, figures.remaining)
        sums[key] = [EXACT.add(one, other) for one, other in zip(sums[key], amounts, strict=True)]
    ordered = sorted(sums.items(), key=lambda one: (str(one[0][0] or ""), *one[0][1:]))
    return [Spend(*key, int(count), *amounts) for key, (count, *amounts) in ordered]


@dataclass(frozen=True, slots=True)
class HeldFor:
    """Open holds of one age and currency: how many, and what is left of them."""

    age: str
    currency: str
    holds: int
    left: Decimal


def ageing_of_holds(caller: Caller) -> list[HeldFor]:
    """Open holds by how long they have been open."""
    now, scope = database_now(), ledger_scope(caller)
    open_holds = reservations_within(scope).filter(status=HoldStatus.ACTIVE)
    rows = []
    bounds = [*(age for _, age in AGES[1:]), None]
    for (name, youngest), oldest in zip(AGES, bounds, strict=True):
        of_age = open_holds.filter(created_at__lte=now - youngest)
        if oldest is not None:
            of_age = of_age.filter(created_at__gt=now - oldest)
        left = Coalesce(Sum(F("amount") - F("captured_amount") - F("released_amount")), ZERO)
        sums = of_age.order_by("asset_id").values_list("asset_id").annotate(holds=Count("id"), left=left)
        rows += [HeldFor(name, *row) for row in sums]
    return rows
