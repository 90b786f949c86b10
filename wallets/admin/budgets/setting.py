"""The dialogs that set a new budget: of a wallet, from its page; of a team or the company, from the list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus, ChildrenMode, PeriodType, RefundsTo, Rollover, Scope
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.selectors.scope import teams_visible_to
from ledger.money import ZERO
from wallets.admin.budgets.forms import MODES, names_of, numbers_of
from wallets.admin.dialogs import HistoryReasonForm, tell
from wallets.admin.form_fields import AmountField, choice, dialog, whole_number
from wallets.api.budget_bodies import budget_spec
from wallets.selectors.budgets import budgets_visible_to
from wallets.services.budgets import Subject, get_subject, set_budget

MOST_PARENTS = 100
PERIODS = tuple((period.value, period.label) for period in PeriodType)
ROLLOVERS = (
    (Rollover.NONE.value, "Nothing"),
    (Rollover.SURPLUS.value, "What is left"),
    (Rollover.SURPLUS_AND_DEFICIT.value, "What is left, and what was overspent"),
)
_DEFAULTS: dict[str, Any] = {
    "buffer_amount": ZERO,
    "refunds_to": RefundsTo.ORIGIN.value,
    "grace_days": 5,
    "children_mode": ChildrenMode.CAP.value,
}


def _date_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(required=False, widget=UnfoldAdminTextInputWidget({"type": "date"}), **kwargs)


class RuleForm(HistoryReasonForm):
    """What a budget and a template of budgets are asked for alike."""

    enforcement = choice(MODES, label="What becomes of a spend that does not fit")
    buffer_percent = whole_number(100, initial=0, help_text="By how many percent BLOCK may be exceeded.")
    categories = forms.CharField(
        max_length=500, required=False, widget=UnfoldAdminTextInputWidget, help_text="With commas; empty = all spends."
    )
    thresholds = forms.CharField(
        max_length=100,
        required=False,
        initial="80, 100",
        widget=UnfoldAdminTextInputWidget,
        help_text="At how many percent it is told, with commas.",
    )
    rollover = choice(ROLLOVERS, label="Carried into the next period")

    def clean_thresholds(self) -> tuple[int, ...]:
        return tuple(numbers_of(self.cleaned_data["thresholds"]))

    def clean_categories(self) -> tuple[str, ...]:
        return tuple(names_of(self.cleaned_data["categories"]))


class NewBudgetForm(RuleForm):
    """The fields of `POST /v1/budgets` that people set; the others start with what they are there."""

    total_amount = AmountField(label="Amount", help_text="What each period starts with, such as 600.00.")
    period_type = choice(PERIODS, label="Period", initial=PeriodType.MONTHLY.value)
    name = forms.CharField(
        max_length=100, required=False, widget=UnfoldAdminTextInputWidget, help_text="Named by its period without it."
    )
    start_date = _date_field(label="First day", help_text="Today without it.")
    end_date = _date_field(label="Last day", help_text="For ever without it; CUSTOM needs one.")
    parent_id = choice((), label="Budget above it", required=False)
    prorate_first = forms.BooleanField(
        label="The first period gets its share by days", required=False, widget=UnfoldBooleanWidget
    )
    field_order = ("total_amount", "period_type", "name", "enforcement", "buffer_percent", "categories", "thresholds")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*self.field_order, "rollover", "start_date", "end_date", "parent_id", "prorate_first"])
        self.fields["parent_id"].choices = [("", "None"), *self._parents()]

    def wanted(self) -> dict[str, Any]:
        """As a body of the interface would say it."""
        said: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        if "parent_id" in said:
            said["parent_id"] = UUID(said["parent_id"])
        return {**_DEFAULTS, "categories": [], "thresholds": [], **said}

    def _parents(self) -> list[tuple[str, str]]:
        above = budgets_visible_to(signed_in(self.request)).filter(
            scope__in=(Scope.COMPANY, Scope.TEAM), status=BudgetStatus.ACTIVE
        )
        shown = above.order_by("name", "id")[:MOST_PARENTS]
        return [(str(one.id), f"{one.name}, {one.scope.lower()}, {one.currency}") for one in shown]


class NewTeamBudgetForm(NewBudgetForm):
    team = choice((), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = teams_visible_to(signed_in(self.request)).order_by("name").values_list("id", "name")
        self.fields["team"].choices = [("", "The whole company"), *((str(id), name) for id, name in teams)]
        self.order_fields(["team"])


NEW_BUDGET = dialog(
    "Set a budget of this wallet?",
    "It counts from its first day on. Others of the wallet stay: a spend has to fit all of them.",
    NewBudgetForm,
    "Set",
)
NEW_TEAM_BUDGET = dialog(
    "Set a budget of a team or the company?",
    "It counts what leaves the team, or the company. A spend has to fit it and every other that covers it.",
    NewTeamBudgetForm,
    "Set",
)


def set_from_dialog(
    request: HttpRequest, form: NewBudgetForm, *, wallet_id: UUID | None, team_id: UUID | None, back: str
) -> HttpResponse:
    """Set the budget that a dialog asks for, and go to its page; to `back` if it was refused."""
    made: list[Budget] = []

    def act() -> str:
        caller, wanted = signed_in(request), form.wanted()
        subject: Subject = get_subject(caller, wallet_id=wallet_id, team_id=team_id)
        spec = budget_spec(wanted, subject)
        budget = set_budget(caller=caller, spec=spec, reason=wanted["reason"], origin=origin_of_admin(request))
        made.append(budget)
        return f"{budget.name} is set."

    response = tell(request, act, back)
    return HttpResponse(headers={"HX-Redirect": budget_url(made[0])}) if made else response


def budget_url(budget: Budget) -> str:
    return reverse("admin:budgets_budget_change", args=[budget.id])
