from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from budgets.models.budget import Budget
from budgets.models.vocabulary import RequestKind, RequestState, Retry
from ledger.ids import new_id
from ledger.models.fields import money, positive


class BudgetRequest(models.Model):
    """Somebody asks for more than a budget allows, usually because a spend was refused.

    A request with `txn_id` parks that spend: it is tried again, once, when there is more, unless `expires_at` has come.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="requests", db_index=False)
    kind = models.CharField(max_length=11, choices=RequestKind)
    amount = money(help_text="How much more.")
    reason = models.TextField()
    requested_by = models.UUIDField()
    txn_id = models.UUIDField(null=True, help_text="The refused document.")
    state = models.CharField(max_length=9, choices=RequestState, default=RequestState.PENDING)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    retry = models.CharField(max_length=8, choices=Retry, default=Retry.NONE)
    retried_at = models.DateTimeField(null=True)
    retry_txn_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="budget_request_amount", condition=positive("amount")),
            models.CheckConstraint(name="budget_request_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="budget_request_state", condition=Q(state__in=RequestState.values)),
            models.CheckConstraint(
                name="budget_request_decided",
                condition=Q(state__in=["APPROVED", "REJECTED"], decided_by__isnull=False, decided_at__isnull=False)
                | (~Q(state__in=["APPROVED", "REJECTED"]) & Q(decided_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="budget_request_retry",
                condition=Q(retry=Retry.NONE, retry_txn_id__isnull=True)
                | (~Q(retry=Retry.NONE) & Q(txn_id__isnull=False)),
            ),
            models.UniqueConstraint(
                name="budget_request_one_per_spend",
                fields=["budget", "txn_id"],
                condition=Q(txn_id__isnull=False, state="PENDING"),
            ),
        ]
        indexes = [
            models.Index(name="budget_request_budget", fields=["budget", "created_at", "id"]),
            models.Index(name="budget_request_parked", fields=["budget", "txn_id"], condition=Q(retry=Retry.PARKED)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.budget}"
