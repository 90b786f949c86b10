from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from budgets.models.budget import Budget
from ledger.models.fields import in_range, money


class BudgetPeriod(models.Model):
    """One period of a budget, half-open in UTC, and where what it allows came from.

    Its envelope lies in the ledger under the period's id, which follows from the budget's id and the key. `base`,
    `carry_in`, `adjustments` and `carried_out` say how the sum of the envelope's accounts came about:
    base + carry_in + adjustments − carried_out = AVAILABLE + RESERVED + SPENT (I9).
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, editable=False)
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="periods", db_index=False)
    key = models.CharField(max_length=24, help_text="Such as 2026-W13, 2026-03, 2026-Q1, 2026.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    base = money()
    carry_in = money(default=0)
    adjustments = money(default=0)
    carried_out = money(default=0)
    revision = models.PositiveIntegerField(default=1, help_text="Counts the changes of what it allows.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="budget_period_key", fields=["budget", "key"]),
            models.UniqueConstraint(name="budget_period_start", fields=["budget", "starts_at"]),
            models.CheckConstraint(name="budget_period_ends", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="budget_period_figures",
                condition=in_range("base") & in_range("carry_in") & in_range("adjustments") & in_range("carried_out"),
            ),
        ]
        indexes = [
            models.Index(name="budget_period_open", fields=["ends_at"], condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.key}"
