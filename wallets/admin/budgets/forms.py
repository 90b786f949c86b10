"""What the dialogs of a budget ask. Amounts are as strict as in the interface: nothing is rounded, nothing guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from unfold.widgets import (
    UnfoldAdminTextInputWidget,
)

from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus, Effective, Enforcement
from budgets.selectors.budgets import view_budgets
from budgets.services.specs import BudgetChange
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.errors import Forbidden, ServiceError
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.services.accounts import digest
from wallets.admin.approvals.four_eyes import ConfirmedForm, FourEyesForm, Intent, needs_of
from wallets.admin.budgets.bars import signed
from wallets.admin.dialogs import HistoryReasonForm, MoneyForm, plain_words
from wallets.admin.form_fields import AmountField, choice, whole_number
from wallets.admin.owners import owners_of
from wallets.selectors.budgets import budgets_visible_to, get_visible_budget
from wallets.services.approvals.budget_changing import arguments_for_change
from wallets.services.budget_rehearsals import RehearsedChange, rehearse_change
from wallets.services.budgets import require_may_set

MOST_RECEIVERS = 200
MOST_CHARACTERS = 64
"""Of the name of a category."""
EFFECTIVE = (
    (Effective.NOW.value, "Now, and in every period after"),
    (Effective.NEXT_PERIOD.value, "From the next period on"),
    (Effective.THIS_PERIOD_ONLY.value, "In this period only"),
)
MODES = (
    (Enforcement.BLOCK.value, "BLOCK: refuse what does not fit"),
    (Enforcement.WARN.value, "WARN: let it pass and say so"),
    (Enforcement.ALLOW.value, "ALLOW: let it pass"),
)


class BudgetForm(HistoryReasonForm):
    """Of a button on a budget. `version` is the one that was looked at: what has changed since is not overwritten."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = get_visible_budget(signed_in(self.request), UUID(str(self.object_id)))
        self.fields["version"].initial = self.budget.version

    def written(self, amount: Decimal) -> str:
        """An amount as one would type it."""
        return format_amount(amount, get_asset(self.budget.currency).cash_scale)


class ChangeForm(BudgetForm):
    """Of a button that changes a budget: rules may want a second person for it."""

    @property
    def change(self) -> BudgetChange:
        """What is wanted."""
        raise NotImplementedError

    def intent(self) -> Intent:
        version = self.cleaned_data.get("version") if self.is_bound else self.budget.version
        return Intent("budget.change", arguments_for_change(self.budget, self.change, version))


class ChangeAmountForm(ChangeForm):
    """Asks twice: first it shows what would change, and the same sent once more does it."""

    form_before_template = "admin/budgets/change.html"
    amount = AmountField(label="New amount")
    effective = choice(EFFECTIVE, label="From when", help_text="After a period of its own it starts with its amount.")
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    field_order: tuple[str, ...] = ("amount", "effective", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rehearsed: RehearsedChange | None = None
        self.fields["amount"].initial = self.written(self.budget.amount)
        self.fields["amount"].help_text = f"In {self.budget.currency}; less than what is used is allowed."

    @property
    def change(self) -> BudgetChange:
        return BudgetChange(amount=self.cleaned_data["amount"], effective=Effective(self.cleaned_data["effective"]))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if self.errors or cleaned["seen"] == proof_of(cleaned["amount"], cleaned["effective"]):
            return cleaned
        try:
            self.rehearsed = rehearse_change(
                caller=signed_in(self.request),
                budget=self.budget,
                change=self.change,
                reason=cleaned["reason"],
                origin=origin_of_admin(self.request),
            )
        except ServiceError as error:
            raise ValidationError({"amount": plain_words(error)}) from None
        self.data: QueryDict = self.request.POST.copy()
        self.data["seen"] = proof_of(cleaned["amount"], cleaned["effective"])
        raise ValidationError("Look at what changes, then send it again.", code="not_seen")

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        if self.rehearsed is None:
            return {}
        needs = needs_of(signed_in(self.request), self.intent())
        return {"rehearsed": self.rehearsed, "rows": _steps(self.rehearsed), "needs": needs}


def proof_of(amount: Decimal, effective: str) -> str:
    """That somebody was shown what this change does."""
    return digest(format(amount.normalize(), "f"), effective).hex()


def _steps(rehearsed: RehearsedChange) -> list[tuple[str, str, str]]:
    """What changes, before and after."""
    before, after = rehearsed.before, rehearsed.after
    scale, currency = get_asset(after.budget.currency).cash_scale, after.budget.currency
    steps = [("Each period starts with", before.budget.amount, after.budget.amount)]
    if before.figures and after.figures:
        steps.append(("This period allows", before.figures.allocated, after.figures.allocated))
        steps.append(("Left of it", before.figures.remaining, after.figures.remaining))
    return [(name, f"{signed(old, scale)} {currency}", f"{signed(new, scale)} {currency}") for name, old, new in steps]


class MoveForm(MoneyForm, BudgetForm):
    amount = AmountField()
    receiver = choice((), label="To")
    field_order: tuple[str, ...] = ("amount", "receiver", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.receivers = self._receivers()
        self.fields["receiver"].choices = [(str(id), name) for id, (_, name) in self.receivers.items()]
        self.fields["amount"].help_text = f"In {self.budget.currency}; no more than what is left."

    def _receivers(self) -> dict[UUID, tuple[Budget, str]]:
        """The other active budgets of the currency that the caller may change, with what is left of each."""
        caller = signed_in(self.request)
        same = {"currency": self.budget.currency, "status": BudgetStatus.ACTIVE}
        others = budgets_visible_to(caller).filter(**same).exclude(id=self.budget.id).order_by("name", "id")
        takers = [budget for budget in others[:MOST_RECEIVERS] if may_set(caller, budget)]
        owners, scale = owners_of(self.request, takers), get_asset(self.budget.currency).cash_scale
        return {
            view.budget.id: (
                view.budget,
                f"{view.budget.name}, {owners.name(view.budget)}"
                + (f", {signed(view.figures.remaining, scale)} left" if view.figures else ""),
            )
            for view in view_budgets(takers)
        }


class ModeForm(ChangeForm, ConfirmedForm):
    enforcement = choice(MODES, label="What becomes of a spend that does not fit")
    buffer_amount = AmountField(zero_allowed=True, help_text="By how much BLOCK may be exceeded.")
    buffer_percent = whole_number(100, help_text="The same as a share of what a period starts with; one of the two.")
    field_order: tuple[str, ...] = ("enforcement", "buffer_amount", "buffer_percent", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["enforcement"].initial = self.budget.enforcement
        self.fields["buffer_amount"].initial = self.written(self.budget.buffer_amount)
        self.fields["buffer_percent"].initial = self.budget.buffer_percent

    @property
    def change(self) -> BudgetChange:
        said = self.cleaned_data
        return BudgetChange(
            enforcement=Enforcement(said["enforcement"]),
            buffer_amount=said["buffer_amount"],
            buffer_percent=said["buffer_percent"],
        )


class SuspendForm(ChangeForm, FourEyesForm):
    change = BudgetChange(status=BudgetStatus.SUSPENDED)


class ReactivateForm(ChangeForm, FourEyesForm):
    change = BudgetChange(status=BudgetStatus.ACTIVE)


class EndForm(ChangeForm, ConfirmedForm):
    last_day = forms.DateField(
        widget=UnfoldAdminTextInputWidget({"type": "date"}), help_text="Today or later. It is counted until then."
    )
    field_order: tuple[str, ...] = ("last_day", "reason")

    @property
    def change(self) -> BudgetChange:
        return BudgetChange(end_date=self.cleaned_data["last_day"] + timedelta(days=1))


def may_set(caller: Any, budget: Budget) -> bool:
    """Whether a budget that is visible to a caller is also his to change."""
    try:
        require_may_set(caller, budget.user_id)
    except Forbidden:
        return False
    return True


def numbers_of(text: str) -> Sequence[int]:
    """Whole numbers between commas.

    Raises:
        ValidationError: something else.
    """
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise ValidationError("Whole numbers with commas between them.", code="invalid") from None


def names_of(text: str) -> Sequence[str]:
    """Categories between commas.

    Raises:
        ValidationError: one is longer than they may be.
    """
    names = [name.strip() for name in text.split(",")]
    if max(map(len, names)) > MOST_CHARACTERS:
        raise ValidationError(f"A category has {MOST_CHARACTERS} characters at most.", code="invalid")
    return [name for name in names if name]
