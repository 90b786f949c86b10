"""Templates in the back office: the budgets that come with a new PRIMARY wallet (R78)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from budgets.models import BudgetTemplate
from budgets.models.vocabulary import Enforcement, PeriodType, Rollover
from budgets.selectors.templates import get_template, templates_of
from budgets.services.templates import TemplateSpec
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.core.roles import roles_over_all
from compliance.models import Role
from ledger.admin.cells import EMPTY, label_cell, money_cell
from ledger.admin.screens import ReadOnlyAdmin
from ledger.api.serializers import require_scale_of
from ledger.errors import InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import WALLET_CURRENCIES, get_asset
from wallets.admin.budgets.setting import PERIODS, ROLLOVERS, RuleForm
from wallets.admin.dialogs import HistoryReasonForm, tell
from wallets.admin.form_fields import AmountField, choice, dialog
from wallets.admin.owners import categories_cell
from wallets.services.budget_templates import alter_template, set_template

KEEPERS = roles_over_all("templates.keep")
ROLES = (("", "Every role without one for itself"), *((role.value, role.label) for role in Role))
RECURRING = tuple(period for period in PERIODS if period[0] != PeriodType.CUSTOM)
_WORDS: Mapping[str, Any] = {"period_type": PeriodType, "enforcement": Enforcement, "rollover": Rollover}


class TemplateForm(RuleForm):
    """What people change of a template. The other fields stay as they are, or start as in the interface."""

    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget, help_text="What its budgets are called.")
    role = choice(ROLES, label="For new wallets of", required=False)
    amount = AmountField(help_text="What each period starts with, such as 600.00.")
    period_type = choice(RECURRING, label="Period", initial=PeriodType.MONTHLY.value)
    prorate_first = forms.BooleanField(
        label="The first period gets its share by days", required=False, initial=True, widget=UnfoldBooleanWidget
    )
    own = (
        *("name", "role", "amount", "period_type", "enforcement", "buffer_percent", "categories", "thresholds"),
        *("rollover", "prorate_first"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.own)

    def wanted(self) -> dict[str, Any]:
        """In the words of the model."""
        said = {name: self.cleaned_data[name] for name in self.own}
        return {name: _WORDS[name](value) if name in _WORDS else value for name, value in said.items()}

    def require_scale(self, currency: str) -> None:
        """Refuse what is finer than the currency, beside the field."""
        try:
            if self.cleaned_data.get("amount"):
                require_scale_of(self.cleaned_data["amount"], currency, "amount")
        except InvalidInput as error:
            raise ValidationError({"amount": error.detail}) from None


class NewTemplateForm(TemplateForm):
    currency = choice(tuple((code, code) for code in WALLET_CURRENCIES), help_text="Wallets in this currency get it.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if "currency" in cleaned:
            self.require_scale(cleaned["currency"])
        return cleaned


class ChangeTemplateForm(TemplateForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = get_template(signed_in(self.request).company_id, UUID(str(self.object_id)))
        for name in (*self.own, "version"):
            value = getattr(self.template, name)
            self.fields[name].initial = ", ".join(map(str, value)) if isinstance(value, list) else value
        scale = get_asset(self.template.currency).cash_scale
        self.fields["amount"].initial = format_amount(self.template.amount, scale)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self.require_scale(self.template.currency)
        return cleaned


_STAY = "It counts for wallets that are opened from now on; budgets that there are stay as they are."
NEW = dialog("Set a template?", _STAY, NewTemplateForm, "Set")
CHANGE = dialog("Change this template?", _STAY, ChangeTemplateForm, "Change")
DEACTIVATE = dialog("Deactivate this template?", "New wallets get it no more.", HistoryReasonForm, "Deactivate")
ACTIVATE = dialog("Activate this template?", "New wallets get it again.", HistoryReasonForm, "Activate")


@admin.register(BudgetTemplate)
class BudgetTemplateAdmin(ReadOnlyAdmin):
    list_display = ("name", "role_label", "amount_label", "period_type", "mode", "categories_label", "status_label")
    export_also = {"Currency": "currency"}
    list_filter = ("is_active", "period_type", "enforcement")
    search_ids = ("id",)
    search_parts = ("name",)
    search_help_text = "Name or whole id of a template"
    ordering = ("name", "id")
    fields = (
        ("name", "status_label"),
        ("role_label", "currency"),
        ("amount_label", "period_type"),
        ("mode", "buffer_percent"),
        ("categories_label", "thresholds_label"),
        ("rollover_label", "refunds_to"),
        ("grace_days", "prorate_first"),
        ("id", "version"),
        ("created_at", "updated_at"),
    )
    actions_list = ("new_template",)
    actions_detail = ("change_template", "deactivate", "activate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetTemplate]:
        return templates_of(signed_in(request).company_id)

    @admin.display(description="For new wallets of", ordering="role")
    def role_label(self, row: BudgetTemplate) -> str:
        return row.role.capitalize() if row.role else "Every role"

    @admin.display(description="Amount", ordering="amount")
    def amount_label(self, row: BudgetTemplate) -> str:
        return money_cell(row.amount, row.currency)

    @admin.display(description="Mode", ordering="enforcement")
    def mode(self, row: BudgetTemplate) -> str:
        return label_cell(row.enforcement)

    @admin.display(description="Categories")
    def categories_label(self, row: BudgetTemplate) -> str:
        return categories_cell(row.categories)

    @admin.display(description="Told at")
    def thresholds_label(self, row: BudgetTemplate) -> str:
        return ", ".join(f"{threshold} %" for threshold in row.thresholds) or EMPTY

    @admin.display(description="Carried into the next period")
    def rollover_label(self, row: BudgetTemplate) -> str:
        return dict(ROLLOVERS)[row.rollover]

    @admin.display(description="Status", ordering="is_active")
    def status_label(self, row: BudgetTemplate) -> str:
        return label_cell("ACTIVE" if row.is_active else "INACTIVE")

    # -- What is done, by finance. Each has a dialog: without one, Unfold runs actions on GET.

    def has_keep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a template that is visible: Unfold hands over any id that was typed."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        template = self.visible(request, object_id)
        if not self.has_keep_permission(request):
            return []
        names = {"change_template", "deactivate" if template.is_active else "activate"}
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(description="New template", permissions=["keep"], dialog=NEW, icon="add")  # type: ignore[untyped-decorator]
    def new_template(self, request: HttpRequest, form: NewTemplateForm) -> HttpResponse:
        def act() -> str:
            spec = TemplateSpec(
                company_id=signed_in(request).company_id, currency=form.cleaned_data["currency"], **form.wanted()
            )
            template = set_template(spec, origin=origin_of_admin(request), reason=form.cleaned_data["reason"])
            return f"{template.name} is set."

        return tell(request, act, reverse("admin:budgets_budgettemplate_changelist"))

    @action(description="Change", permissions=["keep"], dialog=CHANGE, icon="edit")  # type: ignore[untyped-decorator]
    def change_template(self, request: HttpRequest, form: ChangeTemplateForm, object_id: str) -> HttpResponse:
        version = form.cleaned_data["version"]
        return self._alter(request, form, object_id, form.wanted(), "The template is changed.", version)

    @action(description="Deactivate", permissions=["keep"], dialog=DEACTIVATE, icon="block")  # type: ignore[untyped-decorator]
    def deactivate(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        return self._alter(request, form, object_id, {"is_active": False}, "The template is deactivated.")

    @action(description="Activate", permissions=["keep"], dialog=ACTIVATE, icon="check")  # type: ignore[untyped-decorator]
    def activate(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        return self._alter(request, form, object_id, {"is_active": True}, "The template is active.")

    def _alter(
        self,
        request: HttpRequest,
        form: HistoryReasonForm,
        object_id: str,
        changes: Mapping[str, Any],
        done: str,
        expected_version: int | None = None,
    ) -> HttpResponse:
        template = self.visible(request, object_id)

        def act() -> str:
            alter_template(
                template,
                changes,
                expected_version=expected_version,
                origin=origin_of_admin(request),
                reason=form.cleaned_data["reason"],
            )
            return done

        return tell(request, act, reverse("admin:budgets_budgettemplate_change", args=[template.id]))
