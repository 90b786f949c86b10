"""Budgets above budgets: company, team, wallet, and what an ENVELOPE may give to those below it.

What is compared are the amounts of the rules, as they stand in the rows: not what single periods were given more or
less, nor how many periods of one are in a period of the other. The parent binds what is spent in any case.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from budgets.core.children import Share, most_at_once
from budgets.errors import ParentExceeded
from budgets.locks import lock_budget, lock_kind
from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus, ChildrenMode, Scope
from budgets.services.timeline import calendar_of
from ledger.errors import InvalidInput, NotFound
from ledger.money import EXACT, ZERO

_LEVELS = (Scope.COMPANY, Scope.TEAM, Scope.WALLET)


def lock_parent(budget: Budget) -> Budget | None:
    """Lock what a new budget needs besides itself: its kind, and its parent, which it must fit below.

    Raises:
        InvalidInput: a parent of another company or currency, not above it, or one that has expired.
        NotFound: there is no such parent.
    """
    lock_kind(budget.wallet_id or budget.team_id or budget.company_id)
    if budget.parent_id is None:
        return None
    try:
        parent = lock_budget(budget.parent_id)
    except NotFound as error:
        raise InvalidInput("There is no such budget.", pointer="/parent_id") from error
    _require_fit(budget, parent)
    return parent


def require_room(parent: Budget, now: datetime, asked: Decimal = ZERO) -> None:
    """Refuse that the budgets below a locked ENVELOPE together allow more than it does, from now on. Those that rest
    count, because they may come back; a CAP lets them.

    Args:
        asked: the amount, among those in the rows already, that is asked for now.

    Raises:
        ParentExceeded: it tells how much there was to ask for.
    """
    if parent.children_mode != ChildrenMode.ENVELOPE:
        return
    today = calendar_of(parent).day_of(now)
    below = Budget.objects.filter(parent_id=parent.id).exclude(status=BudgetStatus.EXPIRED)
    shares = [Share(one.amount, max(one.start_date, today), one.end_date) for one in below]
    taken = most_at_once(share for share in shares if share.is_on(share.start_date))
    if taken > parent.amount:
        raise ParentExceeded(parent.id, EXACT.add(EXACT.subtract(parent.amount, taken), asked), parent.currency)


def _require_fit(budget: Budget, parent: Budget) -> None:
    if (parent.company_id, parent.currency) != (budget.company_id, budget.currency):
        raise InvalidInput("The budget above is of the same company and currency.", pointer="/parent_id")
    if _LEVELS.index(Scope(parent.scope)) >= _LEVELS.index(Scope(budget.scope)):
        raise InvalidInput(
            "Above a wallet's budget is a team's or the company's, above a team's the company's.", pointer="/parent_id"
        )
    if parent.status == BudgetStatus.EXPIRED:
        raise InvalidInput("The budget above has expired.", pointer="/parent_id")
