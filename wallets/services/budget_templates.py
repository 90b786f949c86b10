"""The budgets that come with a PRIMARY wallet (R78), and the templates that say which; with their audit records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from budgets.models import Budget, BudgetTemplate
from budgets.services.templates import (
    CHANGEABLE,
    REASON,
    TemplateSpec,
    apply_templates,
    change_template,
    create_template,
)
from compliance.core.origin import Origin as PersonOrigin
from compliance.models import User
from compliance.services.audit import record_change
from ledger.money import plain
from ledger.services import journal
from ledger.services.movements import Origin
from wallets.models import Wallet
from wallets.services.budgets import calendar_of_company


def give_default_budgets(
    owner: User, wallet: Wallet, *, person_origin: PersonOrigin, origin: Origin, first_day: date | None = None
) -> list[Budget]:
    """Give a new wallet the budgets that its company's templates say for its owner's role. Inside the transaction that
    opens it.

    Args:
        first_day: of the budgets; None = today.

    Returns:
        The budgets that were made.
    """
    budgets = apply_templates(
        company_id=owner.company_id,
        role=owner.role,
        wallet_id=wallet.id,
        user_id=owner.id,
        currency=wallet.currency,
        calendar=calendar_of_company(owner.company),
        origin=origin,
        first_day=first_day,
    )
    for budget in budgets:
        after = {"amount": plain(budget.amount), "currency": budget.currency, "scope": budget.scope}
        after |= {"period_type": budget.period_type, "enforcement": budget.enforcement}
        record_change(origin=person_origin, entity=budget, event_type="budget.created", after=after, reason=REASON)
    return budgets


def set_template(spec: TemplateSpec, *, origin: PersonOrigin, reason: str = "") -> BudgetTemplate:
    """Set a template of a company. Raises as `create_template`.

    Args:
        reason: kept in the audit trail.
    """
    with journal.use_case():
        template = create_template(spec)
        after = _told({name: getattr(template, name) for name in CHANGEABLE}) | {"currency": template.currency}
        record_change(origin=origin, entity=template, event_type="budget_template.created", after=after, reason=reason)
    return template


def alter_template(
    template: BudgetTemplate,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    origin: PersonOrigin,
    reason: str = "",
) -> BudgetTemplate:
    """Change a template that the caller sees. Nothing new changes and records nothing. Raises as `change_template`.

    Args:
        reason: kept in the audit trail.
    """
    with journal.use_case():
        changed, before = change_template(
            company_id=template.company_id, template_id=template.id, changes=changes, expected_version=expected_version
        )
        if before:
            after = {name: getattr(changed, name) for name in before}
            record_change(
                origin=origin,
                entity=changed,
                event_type="budget_template.changed",
                before=_told(before),
                after=_told(after),
                reason=reason,
            )
    return changed


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the audit trail keeps them. The name of what is for everybody is nobody's."""
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in sorted(values.items())}
