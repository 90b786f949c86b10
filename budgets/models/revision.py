from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from budgets.models.budget import Budget
from budgets.models.vocabulary import Effective
from ledger.ids import new_id
from ledger.models.fields import in_range, money


class BudgetRevision(models.Model):
    """One change of a budget (R62): who, when, why, what it was and what it became. Append-only."""

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="revisions", db_index=False)
    version = models.PositiveIntegerField(help_text="The budget's version that it led to.")
    old_amount = money(null=True, help_text="Empty for the first.")
    new_amount = money()
    effective = models.CharField(max_length=16, choices=Effective)
    period_key = models.CharField(max_length=24, blank=True, help_text="The period whose allowance it changed.")
    changes = models.JSONField(default=dict, help_text="Every other field that changed: its name, before and after.")
    change_reason = models.TextField()
    changed_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="budget_revision_version", fields=["budget", "version"]),
            models.CheckConstraint(name="budget_revision_reason", condition=~Q(change_reason="")),
            models.CheckConstraint(
                name="budget_revision_amounts",
                condition=(Q(old_amount__isnull=True) | in_range("old_amount")) & in_range("new_amount"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} v{self.version}"
