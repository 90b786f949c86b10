from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from budgets.models.vocabulary import LimitedType, LimitStatus, LimitWindow
from ledger.ids import new_id
from ledger.models.fields import money, positive


class Limit(models.Model):
    """How much or how often a user or a wallet may spend in a day, a week, a month, a year, or at once (R247).

    It has one envelope for ever, turned in the first command of a new window; one per figure: the amount in its
    currency, the count in the asset COUNT. It speaks of spends in its currency only. `version` is its last event's
    number and its ETag.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company_id = models.UUIDField()
    user_id = models.UUIDField(help_text="Whose spending it limits.")
    wallet_id = models.UUIDField(null=True, blank=True, help_text="One wallet of his; empty = all of them together.")
    limited_type = models.CharField(max_length=10, choices=LimitedType, default=LimitedType.ANY)
    window = models.CharField(max_length=15, choices=LimitWindow)
    currency = models.CharField(max_length=16)
    max_amount = money(null=True, blank=True)
    max_count = models.PositiveIntegerField(null=True, blank=True)
    zone = models.CharField(max_length=64, help_text="IANA zone whose midnight ends a day.")
    week_start = models.PositiveSmallIntegerField(default=1)
    month_day = models.PositiveSmallIntegerField(default=1)
    fiscal_month = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=6, choices=LimitStatus, default=LimitStatus.ACTIVE)
    version = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="limit_says_something", condition=Q(max_amount__isnull=False) | Q(max_count__isnull=False)
            ),
            models.CheckConstraint(name="limit_amount", condition=Q(max_amount__isnull=True) | positive("max_amount")),
            models.CheckConstraint(name="limit_count", condition=Q(max_count__isnull=True) | Q(max_count__gte=1)),
            models.CheckConstraint(
                name="limit_single_has_no_count",
                condition=~Q(window=LimitWindow.PER_TRANSACTION) | Q(max_count__isnull=True),
            ),
            models.CheckConstraint(
                name="limit_calendar",
                condition=Q(week_start__range=(1, 7), month_day__range=(1, 28), fiscal_month__range=(1, 12)),
            ),
            models.CheckConstraint(name="limit_status", condition=Q(status__in=LimitStatus.values)),
            models.CheckConstraint(name="limit_window", condition=Q(window__in=LimitWindow.values)),
            models.CheckConstraint(name="limit_limited_type", condition=Q(limited_type__in=LimitedType.values)),
            models.UniqueConstraint(
                name="limit_one_active_per_user",
                fields=["user_id", "limited_type", "window", "currency"],
                condition=Q(status=LimitStatus.ACTIVE, wallet_id__isnull=True),
            ),
            models.UniqueConstraint(
                name="limit_one_active_per_wallet",
                fields=["user_id", "wallet_id", "limited_type", "window", "currency"],
                condition=Q(status=LimitStatus.ACTIVE, wallet_id__isnull=False),
            ),
        ]
        indexes = [
            # Every spend asks by this.
            models.Index(name="limit_user", fields=["user_id"], condition=Q(status=LimitStatus.ACTIVE)),
            models.Index(name="limit_company_created", fields=["company_id", "created_at", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.window} {self.limited_type} {self.currency}"
