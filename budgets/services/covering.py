"""What a spend has to fit, with the periods that nobody has opened yet opened on the way."""

from __future__ import annotations

from collections.abc import Sequence

from budgets.selectors.covering import Spend, find_coverage
from budgets.services.turning import turn
from ledger.services.allowances import Allowance

__all__ = ["Spend", "covering"]


def covering(spends: Sequence[Spend]) -> list[tuple[Allowance, ...]]:
    """The budgets and limits that each spend has to fit, for `Details.allowances`. It comes before every other lock: to
    open a period takes the row of its budget.

    Returns:
        One tuple per spend, in order; each in the order of the rules' ids. What blocks and cannot be evaluated is an
        `Unevaluable`. One query, however many spends, budgets and limits there are; more only when a period has
        begun that nobody has opened yet.

    Raises:
        Busy: somebody else is at a budget that has to be turned for longer than `lock_timeout`.
    """
    if not spends:
        return []
    found = find_coverage(spends)
    if found.to_turn:
        turn(found.to_turn)
        found = find_coverage(spends)
    return found.allowances
