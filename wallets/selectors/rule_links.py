"""Which of the budgets and limits that a decision names have pages that the reader may open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from compliance.models import Caller
from ledger.selectors.decisions import Gate, GateKind
from wallets.selectors.budgets import budgets_visible_to, limits_visible_to

RuleLinks = Mapping[str, str]
"""By the id of a rule: `budget` or `limit`."""


def rule_links(caller: Caller, gates: Iterable[Gate]) -> RuleLinks:
    """Two queries at most, however many gates."""
    wanted: dict[str, set[UUID]] = {"budget": set(), "limit": set()}
    for gate in gates:
        if gate.name and gate.kind in (GateKind.BUDGET, GateKind.LIMIT):
            wanted[gate.kind.value].add(UUID(str(gate.id)))
    found: dict[str, str] = {}
    if wanted["budget"]:
        budgets = budgets_visible_to(caller).filter(id__in=wanted["budget"])
        found |= {str(id): "budget" for id in budgets.values_list("id", flat=True)}
    if wanted["limit"]:
        limits = limits_visible_to(caller).filter(id__in=wanted["limit"])
        found |= {str(id): "limit" for id in limits.values_list("id", flat=True)}
    return found
