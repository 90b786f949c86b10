"""Which budgets and limits a spend has to fit. Here they are found; the ledger's machine decides about them, under its
locks and together with the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from budgets.models import Limit
from budgets.selectors.covering.budgets import Rule, rules_for
from budgets.selectors.covering.limits import allowances_of, counts
from budgets.selectors.covering.spends import Spend
from ledger.services.allowances import Allowance

__all__ = ["Coverage", "Spend", "find_coverage"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was found.

    Attributes:
        allowances: per spend, in order; each in the order of the rules' ids.
        to_turn: budgets whose present period is not there yet, or whose last one has not been closed.
    """

    allowances: list[tuple[Allowance, ...]]
    to_turn: frozenset[UUID]


def find_coverage(spends: Sequence[Spend]) -> Coverage:
    """The budgets and limits that spends have to fit.

    One query, however many spends, budgets and limits there are. What blocks and cannot be evaluated (no period, no
    rate, an unknown time zone) is an `Unevaluable`, which the machine refuses. Whether an envelope has been opened is
    known to the machine alone; it refuses one that has not.
    """
    now, rules, limits = rules_for(spends)
    return Coverage(
        allowances=[_allowances(spend, rules, limits, now) for spend in spends],
        to_turn=frozenset(rule.id for rule in rules if rule.is_to_turn(now)),
    )


def _allowances(spend: Spend, rules: Sequence[Rule], limits: Sequence[Limit], now: datetime) -> tuple[Allowance, ...]:
    budgets = (rule.allowance(spend, now) for rule in rules)
    found: list[Allowance] = [allowance for allowance in budgets if allowance is not None]
    for limit in limits:
        if counts(limit, spend):
            found.extend(allowances_of(limit, now))
    return tuple(sorted(found, key=lambda allowance: allowance.rule_id))
