from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ledger.ids import new_id


class Company(models.Model):
    """A customer of the service. Nothing is ever visible from one company to another."""

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA zone whose midnight ends a day.")
    week_start = models.PositiveSmallIntegerField(default=1, help_text="First day of the week: 1 Monday … 7 Sunday.")
    month_day = models.PositiveSmallIntegerField(default=1, help_text="Day on which months of budgets begin, 1–28.")
    fiscal_month = models.PositiveSmallIntegerField(default=1, help_text="Month with which the fiscal year begins.")
    currency = models.CharField(max_length=16, default="EUR", help_text="Asset code that new wallets start with.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(name="company_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="company_week_start", condition=Q(week_start__range=(1, 7))),
            models.CheckConstraint(name="company_month_day", condition=Q(month_day__range=(1, 28))),
            models.CheckConstraint(name="company_fiscal_month", condition=Q(fiscal_month__range=(1, 12))),
        ]

    def __str__(self) -> str:
        return self.name
