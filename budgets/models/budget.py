from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from budgets.models.vocabulary import (
    BudgetStatus,
    ChildrenMode,
    Enforcement,
    PeriodType,
    RefundsTo,
    Rollover,
    Scope,
)
from ledger.ids import new_id
from ledger.models.fields import money, not_negative, positive


class Budget(models.Model):
    """What a wallet, a team or a company may spend in each period (R55).

    The row says the rule. What is left of it lies in the ledger: each period is an envelope of three accounts that the
    machine decides on together with the money. The people and wallets it names are ids: this floor does not know them.

    `version` counts what has happened to it: it is the number of its last event and its ETag.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company_id = models.UUIDField()
    scope = models.CharField(max_length=8, choices=Scope)
    team_id = models.UUIDField(null=True, blank=True)
    wallet_id = models.UUIDField(null=True, blank=True)
    user_id = models.UUIDField(null=True, blank=True, help_text="Whose wallet it is.")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)
    children_mode = models.CharField(max_length=8, choices=ChildrenMode, default=ChildrenMode.CAP)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=16)
    amount = money(help_text="What each new period starts with.")
    period_type = models.CharField(max_length=9, choices=PeriodType, default=PeriodType.MONTHLY)
    start_date = models.DateField(help_text="First day, in the calendar below.")
    end_date = models.DateField(null=True, blank=True, help_text="First day after it; empty = open end.")
    zone = models.CharField(max_length=64, help_text="IANA zone whose midnight ends a day.")
    week_start = models.PositiveSmallIntegerField(default=1, help_text="1 Monday … 7 Sunday.")
    month_day = models.PositiveSmallIntegerField(default=1, help_text="Day on which months begin, 1–28.")
    fiscal_month = models.PositiveSmallIntegerField(default=1, help_text="Month with which years begin, 1–12.")
    categories = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="Empty = spends of every category."
    )
    enforcement = models.CharField(max_length=5, choices=Enforcement, default=Enforcement.BLOCK)
    buffer_amount = money(default=0, help_text="By how much BLOCK may be exceeded.")
    buffer_percent = models.PositiveSmallIntegerField(default=0, help_text="The same as a share of the base.")
    thresholds = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Percent.")
    rollover = models.CharField(max_length=19, choices=Rollover, default=Rollover.NONE)
    rollover_cap = money(null=True, blank=True, help_text="Most that is carried over.")
    refunds_to = models.CharField(max_length=7, choices=RefundsTo, default=RefundsTo.ORIGIN)
    grace_days = models.PositiveSmallIntegerField(
        default=5, help_text="How long late events still count where they belong."
    )
    prorate_first = models.BooleanField(default=False, help_text="The first period gets its share by days.")
    status = models.CharField(max_length=9, choices=BudgetStatus, default=BudgetStatus.ACTIVE)
    revision = models.PositiveIntegerField(default=1, help_text="Counts the changes of what it allows.")
    version = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="budget_scope",
                condition=Q(scope=Scope.COMPANY, team_id__isnull=True, wallet_id__isnull=True, user_id__isnull=True)
                | Q(scope=Scope.TEAM, team_id__isnull=False, wallet_id__isnull=True, user_id__isnull=True)
                | Q(scope=Scope.WALLET, team_id__isnull=True, wallet_id__isnull=False, user_id__isnull=False),
            ),
            models.CheckConstraint(name="budget_amount", condition=positive("amount")),
            models.CheckConstraint(
                name="budget_dates", condition=Q(end_date__isnull=True) | Q(end_date__gt=F("start_date"))
            ),
            models.CheckConstraint(
                name="budget_custom_ends", condition=~Q(period_type=PeriodType.CUSTOM) | Q(end_date__isnull=False)
            ),
            models.CheckConstraint(
                name="budget_calendar",
                condition=Q(week_start__range=(1, 7), month_day__range=(1, 28), fiscal_month__range=(1, 12)),
            ),
            models.CheckConstraint(
                name="budget_buffer",
                condition=not_negative("buffer_amount")
                & Q(buffer_percent__lte=100)
                & (Q(buffer_amount=0) | Q(buffer_percent=0)),
            ),
            models.CheckConstraint(
                name="budget_rollover_cap", condition=Q(rollover_cap__isnull=True) | not_negative("rollover_cap")
            ),
            models.CheckConstraint(name="budget_status", condition=Q(status__in=BudgetStatus.values)),
            models.CheckConstraint(name="budget_enforcement", condition=Q(enforcement__in=Enforcement.values)),
            models.CheckConstraint(name="budget_period_type", condition=Q(period_type__in=PeriodType.values)),
            models.CheckConstraint(name="budget_rollover", condition=Q(rollover__in=Rollover.values)),
            models.CheckConstraint(name="budget_refunds_to", condition=Q(refunds_to__in=RefundsTo.values)),
            models.CheckConstraint(name="budget_children_mode", condition=Q(children_mode__in=ChildrenMode.values)),
            # Besides, the database excludes two ACTIVE budgets of one scope, period type, currency and set of
            # categories whose dates overlap: `budget_no_overlap`, in the migration (it needs an expression).
        ]
        indexes = [
            models.Index(name="budget_wallet", fields=["wallet_id"], condition=Q(wallet_id__isnull=False)),
            models.Index(name="budget_team", fields=["team_id"], condition=Q(team_id__isnull=False)),
            models.Index(name="budget_company", fields=["company_id"], condition=Q(scope=Scope.COMPANY)),
            models.Index(name="budget_company_created", fields=["company_id", "created_at", "id"]),
            models.Index(name="budget_dates_idx", fields=["start_date", "end_date"]),
            models.Index(name="budget_status_idx", fields=["status"]),
        ]

    def __str__(self) -> str:
        return self.name
