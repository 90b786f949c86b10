"""Templates of budgets, and the budgets that a new wallet gets by them (R78)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from budgets.core.periods import Calendar
from budgets.errors import TemplateOverlap
from budgets.locks import lock_templates
from budgets.models import Budget, BudgetTemplate
from budgets.models.vocabulary import Enforcement, PeriodType, RefundsTo, Rollover, Scope
from budgets.selectors.templates import template_in_the_way, templates_for
from budgets.services.checks import (
    check_amount,
    check_buffer,
    check_categories,
    check_grace_days,
    check_name,
    check_rollover,
    check_thresholds,
)
from budgets.services.creating import create_budget
from budgets.services.specs import BudgetSpec
from ledger.errors import InvalidInput, NotFound, PreconditionFailed
from ledger.money import ZERO
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.allowances import Origin

REASON = "The company's default for new wallets."


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSpec:
    """What a new template shall say. Fields are those of `BudgetSpec`; CUSTOM is for single budgets only.

    Attributes:
        role: whose wallets; "" = every role's that has no template of the same kind for itself.
    """

    company_id: UUID
    role: str = ""
    name: str
    currency: str
    amount: Decimal
    period_type: PeriodType = PeriodType.MONTHLY
    categories: tuple[str, ...] = ()
    enforcement: Enforcement = Enforcement.BLOCK
    buffer_amount: Decimal = ZERO
    buffer_percent: int = 0
    thresholds: tuple[int, ...] = ()
    rollover: Rollover = Rollover.NONE
    rollover_cap: Decimal | None = None
    refunds_to: RefundsTo = RefundsTo.ORIGIN
    grace_days: int = 5
    prorate_first: bool = True


CHANGEABLE = frozenset(field.name for field in fields(TemplateSpec)) - {"company_id", "currency"} | {"is_active"}
"""What of a template may be changed. In another currency, amounts would be others: that is another template."""


def create_template(spec: TemplateSpec) -> BudgetTemplate:
    """Set a template: from now on, new wallets get its budget. Those that are there already do not.

    Raises:
        InvalidInput: a field makes no sense; `errors` points at it.
        TemplateOverlap: an active one for this role has the name, or says the same kind of budget.
    """
    with journal.use_case():
        known = lock_templates(spec.company_id)
        now = database_now()
        template = BudgetTemplate(created_at=now, **{field.name: getattr(spec, field.name) for field in fields(spec)})
        _settle(template, known)
        template.save(force_insert=True)
    return template


def change_template(
    *, company_id: UUID, template_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> tuple[BudgetTemplate, dict[str, Any]]:
    """Change what new wallets get from now on; budgets that there are stay as they are.

    Args:
        changes: field to new value, of `CHANGEABLE`; with `is_active` false it applies no more.
        expected_version: the version that the caller has seen; None = any.

    Returns:
        The template, and the fields that were otherwise before, as they were.

    Raises:
        NotFound: the company has none of that id.
        PreconditionFailed: it has changed since the caller saw it.
        InvalidInput, TemplateOverlap: as `create_template`.
    """
    assert changes.keys() <= CHANGEABLE, "fields are named by the service's own code"
    with journal.use_case():
        known = lock_templates(company_id)
        template = known.get(template_id)
        if template is None:
            raise NotFound
        if expected_version not in (None, template.version):
            raise PreconditionFailed("The template has changed since you read it. Read it again.")
        before = {name: getattr(template, name) for name in changes}
        for name, value in changes.items():
            setattr(template, name, value)
        _settle(template, known)
        before = {name: value for name, value in before.items() if value != getattr(template, name)}
        if before:
            template.version += 1
            template.save()
    return template, before


def apply_templates(
    *,
    company_id: UUID,
    role: str,
    wallet_id: UUID,
    user_id: UUID,
    currency: str,
    calendar: Calendar,
    origin: Origin,
    first_day: date | None = None,
) -> list[Budget]:
    """Give a wallet the budgets of the templates that match, from today on. For use inside the transaction that opens
    the wallet. Once per wallet and template: a budget that a template has given already is neither given again nor
    changed.

    Args:
        role: of the person. user_id: whose wallet it is.
        calendar: the company's; it says which day today is.
        first_day: of the budgets; None = today.

    Returns:
        The budgets that were made, in the order of their templates.

    Raises:
        BudgetOverlap: somebody else has set a budget of that kind for the wallet.
    """
    start = first_day or calendar.day_of(database_now())
    by_id = {uuid5(template.id, str(wallet_id)): template for template in templates_for(company_id, role, currency)}
    known = set(Budget.objects.filter(id__in=by_id).values_list("id", flat=True)) if by_id else set()
    return [
        create_budget(
            _spec(template, wallet_id=wallet_id, user_id=user_id, calendar=calendar, start=start),
            origin=origin,
            created_by=None,
            reason=REASON,
            id=id,
        )
        for id, template in by_id.items()
        if id not in known
    ]


_COPIED = [field.name for field in fields(TemplateSpec) if field.name not in {"role", "categories", "thresholds"}]


def _spec(template: BudgetTemplate, *, wallet_id: UUID, user_id: UUID, calendar: Calendar, start: date) -> BudgetSpec:
    return BudgetSpec(
        scope=Scope.WALLET,
        wallet_id=wallet_id,
        user_id=user_id,
        start_date=start,
        calendar=calendar,
        categories=tuple(template.categories),
        thresholds=tuple(template.thresholds),
        **{name: getattr(template, name) for name in _COPIED},
    )


def _settle(template: BudgetTemplate, known: Mapping[UUID, BudgetTemplate]) -> None:
    """Refuse what makes no sense, or says what another one says; sort what has no order."""
    check_name(template.name)
    check_categories(template.categories)
    check_thresholds(template.thresholds)
    check_amount(template.amount, template.currency, "/amount")
    check_grace_days(template.grace_days)
    check_buffer(template.buffer_amount, template.buffer_percent, template.currency)
    if template.period_type == PeriodType.CUSTOM:
        raise InvalidInput("A template cannot have dates of its own.", pointer="/period_type")
    check_rollover(template.rollover, template.rollover_cap, template.period_type, template.currency)
    template.categories, template.thresholds = sorted(template.categories), sorted(template.thresholds)
    other = template_in_the_way(template, known.values()) if template.is_active else None
    if other is not None:
        raise TemplateOverlap(other.id)
