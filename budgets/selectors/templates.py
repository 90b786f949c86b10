"""Templates: what budgets people get with their PRIMARY wallet (R78)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from budgets.models import BudgetTemplate
from ledger.errors import NotFound

Kind = tuple[str, str, frozenset[str]]


def templates_of(company_id: UUID) -> QuerySet[BudgetTemplate]:
    """The templates of a company, those that apply no more too, unordered: for pages to be cut from."""
    return BudgetTemplate.objects.filter(company_id=company_id)


def get_template(company_id: UUID, template_id: UUID) -> BudgetTemplate:
    """A template of a company.

    Raises:
        NotFound: the company has none of that id.
    """
    template = templates_of(company_id).filter(id=template_id).first()
    if template is None:
        raise NotFound
    return template


def templates_for(company_id: UUID, role: str, currency: str) -> list[BudgetTemplate]:
    """The active templates whose budgets somebody of a role gets with a wallet in a currency, oldest first. One query.

    Of two that say the same kind of budget, the one for his role stands in the place of the one for every role.
    """
    found = templates_of(company_id).filter(is_active=True, role__in=("", role), currency=currency)
    by_kind = {kind_of(template): template for template in sorted(found, key=lambda template: template.role != "")}
    return sorted(by_kind.values(), key=lambda template: (template.created_at, template.id))


def template_in_the_way(template: BudgetTemplate, among: Iterable[BudgetTemplate]) -> BudgetTemplate | None:
    """The active template for the same role that has the same name, or says the same kind of budget."""
    beside = (other for other in among if other.id != template.id and other.is_active and other.role == template.role)
    same = (other for other in beside if other.name == template.name or kind_of(other) == kind_of(template))
    return next(same, None)


def kind_of(template: BudgetTemplate) -> Kind:
    """What at most one active budget of a wallet is, at a time."""
    return template.period_type, template.currency, frozenset(template.categories)
