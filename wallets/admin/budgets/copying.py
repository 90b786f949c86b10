"""The dialog that lets the next period of a budget be like this one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from budgets.models.vocabulary import PeriodType
from budgets.services.specs import BudgetChange
from compliance.admin.staff import signed_in
from wallets.admin.approvals.four_eyes import foresee
from wallets.admin.budgets.forms import ChangeForm
from wallets.services.budget_copies import change_to_copy


class CopyForm(ChangeForm):
    """Says what the next period will be like."""

    form_before_template = "admin/budgets/copy.html"

    @cached_property
    def copied(self) -> BudgetChange | None:
        """Looked up once, so that what is done is what was found to need a second person or not."""
        return change_to_copy(self.budget)

    @property
    def change(self) -> BudgetChange:
        assert self.copied is not None, "only asked for where there is something to copy"
        return self.copied

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if self.budget.period_type != PeriodType.CUSTOM and self.copied is None:
            raise ValidationError("There is no present period that allows something.", code="no_period")
        return cleaned

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        budget = self.budget
        if budget.period_type == PeriodType.CUSTOM:
            return {"words": f"A new budget of {self.written(budget.amount)} {budget.currency} follows it, as long."}
        if self.copied is None:
            return {"words": "It has no present period that allows something."}
        assert isinstance(self.copied.amount, Decimal)
        before, after = self.written(budget.amount), self.written(self.copied.amount)
        words = f"Each period from the next one on starts with {after} {budget.currency} (now {before})."
        return {"words": words, "foreseen": None if self.is_bound else foresee(signed_in(self.request), self.intent())}
