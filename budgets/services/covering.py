"""What a spend has to fit, with periods that nobody has opened yet opened on the way."""

from __future__ import annotations

from collections.abc import Sequence

from budgets.selectors.covering import Spend
from ledger.services.allowances import Allowance

__all__ = ["Spend", "covering"]


def covering(spends: Sequence[Spend]) -> list[tuple[Allowance, ...]]:
    """The budgets and limits that each spend has to fit, for `Details.allowances`.

    Returns:
        One tuple per spend, in order; each sorted by the rule's id. What cannot be evaluated and has to block is an
        `Unevaluable` in it. Two queries, however many spends, budgets and limits; more only when a period is turned.
    """
    raise NotImplementedError
