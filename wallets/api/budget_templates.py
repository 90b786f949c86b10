"""`/v1/budget-templates`: the budgets that come with a PRIMARY wallet (R78)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models import BudgetTemplate
from budgets.models.vocabulary import Enforcement, PeriodType, RefundsTo, Rollover
from budgets.selectors.templates import get_template, templates_of
from budgets.services.templates import TemplateSpec
from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from compliance.api.serializers import ROLES
from ledger.api.fields import CurrencyField, FlagField, MoneyField, TextField, WholeNumberField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer, require_scale_of
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView, tagged
from ledger.money import ZERO, format_amount
from ledger.selectors.assets import WALLET_CURRENCIES, get_asset
from wallets.api.budget_bodies import categories_field, percent_field, thresholds_field
from wallets.api.budget_views import ENFORCEMENTS, PERIOD_TYPES, REFUNDS_TO, ROLLOVERS
from wallets.services.budget_templates import alter_template, set_template

READERS = allow("MANAGER", "FINANCE", "COMPLIANCE", "AUDITOR", scope="budgets:read")
WRITERS = allow("FINANCE")
RECURRING = tuple(word for word in PERIOD_TYPES if word != PeriodType.CUSTOM)
AMOUNTS = ("total_amount", "buffer_amount", "rollover_cap")
EVERY_ROLE = "Whose new wallets get the budget; null = those of every role without a template of this kind for itself."

EXAMPLE = {
    "template_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0d1",
    "role": "EMPLOYEE",
    "name": "Monthly budget",
    "total_amount": "600.00",
    "currency": "EUR",
    "period_type": "MONTHLY",
    "categories": ["travel"],
    "enforcement": "BLOCK",
    "buffer_amount": "0.00",
    "buffer_percent": 0,
    "thresholds": [80, 100],
    "rollover": "SURPLUS",
    "rollover_cap": "100.00",
    "refunds_to": "ORIGIN",
    "grace_days": 5,
    "prorate_first": True,
    "is_active": True,
    "created_at": "2026-03-01T09:30:00.000000Z",
    "updated_at": "2026-03-01T09:30:00.000000Z",
    "version": 1,
}


class CreateTemplate(StrictSerializer):
    amounts = dict.fromkeys(AMOUNTS, "currency")

    role = WordField(ROLES, required=False, allow_null=True, help_text=EVERY_ROLE)
    name = TextField(max_length=100, help_text="What people call the budgets that come of it.")
    total_amount = MoneyField(help_text="What each period starts with.")
    currency = CurrencyField(among=WALLET_CURRENCIES, help_text="Wallets in this currency get it.")
    period_type = WordField(RECURRING, default=PeriodType.MONTHLY.value)
    categories = categories_field(default=[])
    enforcement = WordField(ENFORCEMENTS, default=Enforcement.BLOCK.value)
    buffer_amount = MoneyField(zero_allowed=True, default=ZERO)
    buffer_percent = percent_field(default=0)
    thresholds = thresholds_field(default=[80, 100])
    rollover = WordField(ROLLOVERS, default=Rollover.NONE.value)
    rollover_cap = MoneyField(zero_allowed=True, required=False)
    refunds_to = WordField(REFUNDS_TO, default=RefundsTo.ORIGIN.value)
    grace_days = WholeNumberField(min_value=0, max_value=366, default=5)
    prorate_first = FlagField(default=True, help_text="The first period gets its share by days, rounded down.")


class ChangeTemplate(StrictSerializer):
    """Only what is named changes."""

    role = WordField(ROLES, required=False, allow_null=True, help_text=EVERY_ROLE)
    name = TextField(max_length=100, required=False)
    total_amount = MoneyField(required=False)
    period_type = WordField(RECURRING, required=False)
    categories = categories_field(required=False)
    enforcement = WordField(ENFORCEMENTS, required=False)
    buffer_amount = MoneyField(zero_allowed=True, required=False)
    buffer_percent = percent_field(required=False)
    thresholds = thresholds_field(required=False)
    rollover = WordField(ROLLOVERS, required=False)
    rollover_cap = MoneyField(
        zero_allowed=True, required=False, help_text="`rollover` named without it takes the cap away."
    )
    refunds_to = WordField(REFUNDS_TO, required=False)
    grace_days = WholeNumberField(min_value=0, max_value=366, required=False)
    prorate_first = FlagField(required=False)
    is_active = FlagField(required=False, help_text="false = new wallets get it no more.")


class TemplateAnswer(serializers.Serializer[Any]):
    template_id = serializers.UUIDField()
    role = serializers.ChoiceField(ROLES, allow_null=True)
    name = serializers.CharField()
    total_amount = serializers.CharField()
    currency = serializers.CharField()
    period_type = serializers.ChoiceField(RECURRING)
    categories = serializers.ListField(child=serializers.CharField())
    enforcement = serializers.ChoiceField(ENFORCEMENTS)
    buffer_amount = serializers.CharField()
    buffer_percent = serializers.IntegerField()
    thresholds = serializers.ListField(child=serializers.IntegerField())
    rollover = serializers.ChoiceField(ROLLOVERS)
    rollover_cap = serializers.CharField(allow_null=True)
    refunds_to = serializers.ChoiceField(REFUNDS_TO)
    grace_days = serializers.IntegerField()
    prorate_first = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


def template_view(template: BudgetTemplate) -> dict[str, Any]:
    scale, cap = get_asset(template.currency).cash_scale, template.rollover_cap
    return {
        "template_id": str(template.id),
        "role": template.role or None,
        "name": template.name,
        "total_amount": format_amount(template.amount, scale),
        "currency": template.currency,
        "period_type": template.period_type,
        "categories": template.categories,
        "enforcement": template.enforcement,
        "buffer_amount": format_amount(template.buffer_amount, scale),
        "buffer_percent": template.buffer_percent,
        "thresholds": template.thresholds,
        "rollover": template.rollover,
        "rollover_cap": None if cap is None else format_amount(cap, scale),
        "refunds_to": template.refunds_to,
        "grace_days": template.grace_days,
        "prorate_first": template.prorate_first,
        "is_active": template.is_active,
        "created_at": rfc3339(template.created_at),
        "updated_at": rfc3339(template.updated_at),
        "version": template.version,
    }


class BudgetTemplatesView(ServiceView):
    policy = {"GET": READERS, "POST": WRITERS}

    @operation(
        "List budget templates",
        query=PageQuery,
        answer=page_of(TemplateAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Those of the company, those that apply no more too.",
    )
    def get(self, request: Request) -> Response:
        page = paginate(templates_of(caller_of(request).company_id), self.query(PageQuery))
        return Response(page.body(template_view))

    @operation(
        "Set a budget template",
        body=CreateTemplate,
        answer=TemplateAnswer,
        status=201,
        codes=("money.invalid", "money.scale_exceeded", "currency.unsupported", "budget.overlap"),
        body_example={
            "role": "EMPLOYEE",
            "name": "Monthly budget",
            "total_amount": "600.00",
            "currency": "EUR",
            "categories": ["travel"],
            "thresholds": [80, 100],
            "rollover": "SURPLUS",
            "rollover_cap": "100.00",
        },
        example=EXAMPLE,
        is_tagged=True,
        description="Whoever joins from now on with a PRIMARY wallet in its currency gets its budget, in the same "
        "transaction. Wallets that there are get nothing. At most one active template per role and name, and per "
        "role, period type, currency and set of categories.",
    )
    def post(self, request: Request) -> Response:
        wanted = _as_fields(self.body(CreateTemplate))
        spec = TemplateSpec(company_id=caller_of(request).company_id, **wanted)
        template = set_template(spec, origin=origin_of(request))
        return tagged(template_view(template), template.version, status=201)


class BudgetTemplateView(ServiceView):
    policy = {"GET": READERS, "PATCH": WRITERS}

    @operation("Show a budget template", answer=TemplateAnswer, example=EXAMPLE, is_tagged=True)
    def get(self, request: Request, template_id: UUID) -> Response:
        template = get_template(caller_of(request).company_id, template_id)
        return tagged(template_view(template), template.version)

    @operation(
        "Change a budget template",
        body=ChangeTemplate,
        answer=TemplateAnswer,
        codes=("money.invalid", "money.scale_exceeded", "budget.overlap"),
        body_example={
            "total_amount": "700.00",
            "categories": ["travel"],
            "thresholds": [50, 80, 100],
            "rollover": "SURPLUS",
            "rollover_cap": "100.00",
        },
        example={**EXAMPLE, "total_amount": "700.00", "thresholds": [50, 80, 100], "version": 2},
        takes_version="required",
        is_tagged=True,
        description="It counts for wallets that are opened from now on. Budgets that it has given stay as they are.",
    )
    def patch(self, request: Request, template_id: UUID) -> Response:
        template = get_template(caller_of(request).company_id, template_id)
        expected_version = self.expected_version(required=True)
        wanted = self.body(ChangeTemplate)
        for name in AMOUNTS:
            if name in wanted:
                require_scale_of(wanted[name], template.currency, name)
        if "rollover" in wanted:
            wanted.setdefault("rollover_cap", None)
        changed = alter_template(
            template, _as_fields(wanted), expected_version=expected_version, origin=origin_of(request)
        )
        return tagged(template_view(changed), changed.version)


def _as_fields(wanted: dict[str, Any]) -> dict[str, Any]:
    """A validated body in the words of the model."""
    named = {"amount" if name == "total_amount" else name: value for name, value in wanted.items()}
    if "role" in named:
        named["role"] = named["role"] or ""
    return named
