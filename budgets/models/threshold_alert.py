from __future__ import annotations

from django.db import models

from budgets.models.period import BudgetPeriod
from ledger.ids import new_id


class ThresholdAlert(models.Model):
    """That a period's use has reached a threshold: once per period, threshold and revision, whatever is refunded and
    spent again meanwhile. Append-only."""

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    period = models.ForeignKey(BudgetPeriod, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    threshold = models.PositiveSmallIntegerField(help_text="Percent of what the period allows.")
    revision = models.PositiveIntegerField()
    reached_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="threshold_alert_once", fields=["period", "threshold", "revision"]),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.threshold} %"
