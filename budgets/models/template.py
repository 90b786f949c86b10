from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from budgets.models.vocabulary import Enforcement, PeriodType, RefundsTo, Rollover
from ledger.ids import new_id
from ledger.models.fields import money, not_negative, positive


class BudgetTemplate(models.Model):
    """The budget that everybody of a role gets with his PRIMARY wallet (R78)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company_id = models.UUIDField()
    role = models.CharField(max_length=16, blank=True, help_text="Empty = every role.")
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=16)
    amount = money()
    period_type = models.CharField(max_length=9, choices=PeriodType, default=PeriodType.MONTHLY)
    categories = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    enforcement = models.CharField(max_length=5, choices=Enforcement, default=Enforcement.BLOCK)
    buffer_amount = money(default=0)
    buffer_percent = models.PositiveSmallIntegerField(default=0)
    thresholds = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    rollover = models.CharField(max_length=19, choices=Rollover, default=Rollover.NONE)
    rollover_cap = money(null=True, blank=True)
    refunds_to = models.CharField(max_length=7, choices=RefundsTo, default=RefundsTo.ORIGIN)
    grace_days = models.PositiveSmallIntegerField(default=5)
    prorate_first = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="template_amount", condition=positive("amount")),
            models.CheckConstraint(name="template_not_custom", condition=~Q(period_type=PeriodType.CUSTOM)),
            models.CheckConstraint(
                name="template_buffer",
                condition=not_negative("buffer_amount")
                & Q(buffer_percent__lte=100)
                & (Q(buffer_amount=0) | Q(buffer_percent=0)),
            ),
            models.CheckConstraint(
                name="template_rollover_cap", condition=Q(rollover_cap__isnull=True) | not_negative("rollover_cap")
            ),
            models.UniqueConstraint(
                name="template_one_active",
                fields=["company_id", "role", "name"],
                condition=Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name
