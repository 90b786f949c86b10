"""What a company's rules ask for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from compliance.models import Caller, Company
from wallets.core.approving import Facts, Step, matches
from wallets.models import ApprovalRule, Source
from wallets.selectors.approvals import active_rules
from wallets.services.approvals.operations import Arguments, Operation, Target
from wallets.services.approvals.registry import operation_named


def needs_approval(operation: str, *, maker: Caller, arguments: Arguments, source: Source) -> bool:
    """Whether something has to be asked for with `request_approval`, and may not be done directly.

    Args:
        arguments: as the operation reads them.

    Raises:
        InvalidInput, NotFound, Forbidden: the maker could not do it at all.
    """
    known = operation_named(operation)
    rules = active_rules(maker.company_id, operation)
    if known.always or not rules:
        return known.always
    asked = known.read(arguments)
    known.authorise(maker, asked)
    return bool(_matching(rules, facts_of(maker, known.target(asked), source)))


def which_need_approval(operation: str, *, maker: Caller, targets: dict[UUID, Target], source: Source) -> set[UUID]:
    """The same for many at once, which the maker has been found to be allowed; one query however many."""
    rules = active_rules(maker.company_id, operation)
    return {id for id, target in targets.items() if _matching(rules, facts_of(maker, target, source))}


def steps_for(operation: Operation[Any], *, maker: Caller, target: Target, source: Source) -> list[Step]:
    """Who has to agree: a step for every rule that matches, in the order of the rules; without one the operation's own
    step."""
    matching = _matching(active_rules(maker.company_id, operation.name), facts_of(maker, target, source))
    if not matching:
        return [Step(name=operation.title, checkers=operation.checkers, needed=1)]
    return [
        Step(name=rule.name, checkers=tuple(rule.checkers), needed=rule.needed, rule_id=rule.id) for rule in matching
    ]


def facts_of(maker: Caller, target: Target, source: Source) -> Facts:
    return Facts(
        maker_role=maker.role, source=source, amount=target.amount, currency=target.currency, kinds=target.kinds
    )


def _matching(rules: list[ApprovalRule], facts: Facts) -> list[ApprovalRule]:
    return [rule for rule in rules if matches(rule.blocks, facts)]


_PEOPLE: dict[str, Any] = {"maker_roles": ["COMPLIANCE", "FINANCE", "MANAGER"]}
DEFAULTS: tuple[dict[str, Any], ...] = (
    {"name": "Reversals", "operation": "transaction.reverse", "blocks": [_PEOPLE], "checkers": ["FINANCE"]},
    {
        "name": "Releases of reservations",
        "operation": "reservation.release",
        "blocks": [_PEOPLE],
        "checkers": ["FINANCE"],
    },
    {
        "name": "Modes and large raises of budgets",
        "operation": "budget.change",
        "blocks": [{**_PEOPLE, "kinds": ["MODE"]}, {**_PEOPLE, "kinds": ["RAISE"], "amount_gte": "1000"}],
        "checkers": ["FINANCE", "MANAGER"],
    },
    {
        "name": "Closings with sweep",
        "operation": "wallet.sweep_and_close",
        "blocks": [_PEOPLE],
        "checkers": ["FINANCE"],
    },
    {
        "name": "Lifting what compliance froze",
        "operation": "wallet.reactivate",
        "blocks": [{**_PEOPLE, "kinds": ["FROZEN_BY_COMPLIANCE"]}],
        "checkers": ["COMPLIANCE"],
    },
)
"""What a new company starts with: people need a second one for what hurts, programs do not."""


def create_default_rules(company: Company) -> None:
    """Give a new company its first rules. Those that it has by name stay as they are."""
    rules = [ApprovalRule(company=company, **rule) for rule in DEFAULTS]
    ApprovalRule.objects.bulk_create(rules, ignore_conflicts=True)
