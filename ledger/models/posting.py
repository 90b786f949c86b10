from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from ledger.core.events import POSTINGS_PER_EVENT
from ledger.models.account import Account
from ledger.models.event import Event
from ledger.models.fields import in_range, money
from ledger.money import plain


class PostingQuerySet(models.QuerySet["Posting"]):
    def of_event(self, event_id: UUID) -> PostingQuerySet:
        """The postings of one event, by the primary key: their ids follow the event's (no index on `event`)."""
        return self.filter(id__gt=event_id, id__lte=UUID(int=event_id.int + POSTINGS_PER_EVENT)).order_by("id")


class Posting(models.Model):
    """One signed line on one account. Append-only, a partition a month."""

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, editable=False)
    # Written by the same statement as its event; a checked key to a partitioned table costs a fifth of all posting
    # (docs/adr/0007-foreign-keys.md). `verify_ledger` looks for orphans.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = money()
    account_seq = models.BigIntegerField(null=True, help_text="Empty on system accounts.")
    balance_after = money(null=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Posting]] = PostingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="posting_amount", condition=in_range("amount") & ~Q(amount=0)),
            # Nothing counts before it is known: what an instant held never waits to come into effect (ADR 0021).
            models.CheckConstraint(name="posting_not_ahead", condition=Q(effective_at__lte=F("recorded_at"))),
            models.CheckConstraint(
                name="posting_chain",
                condition=Q(account_seq__isnull=True, balance_after__isnull=True)
                # A comparison with NULL is NULL, which a CHECK lets pass: say that both are there.
                | (
                    Q(account_seq__isnull=False, balance_after__isnull=False, account_seq__gte=1)
                    & in_range("balance_after")
                ),
            ),
        ]
        indexes = [
            models.Index(name="posting_account_seq", fields=["account", "account_seq"]),
            models.Index(name="posting_account_recorded", fields=["account", "recorded_at", "account_seq"]),
            # What counts at another time than it was recorded is rare: these cost an ordinary posting nothing.
            models.Index(
                name="posting_back_dated",
                fields=["account", "effective_at"],
                include=["recorded_at", "amount"],
                condition=Q(effective_at__lt=F("recorded_at")),
            ),
            models.Index(
                name="posting_back_dated_known",
                fields=["account", "recorded_at"],
                include=["effective_at", "amount"],
                condition=Q(effective_at__lt=F("recorded_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{plain(self.amount)} on {self.account_id}"
