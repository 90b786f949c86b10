from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ledger.core.accounts import AccountStatus, Book, Bucket
from ledger.models.asset import Asset
from ledger.models.fields import in_range, money


class Account(models.Model):
    """One figure that may not be overdrawn, or one of the system's own without a floor.

    `balance` of a system account is a checkpoint: the sum of its postings from events before `folded_xid`.
    `ledger.selectors.balances` adds the tail (ADR 0011).
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, editable=False)
    owner_type = models.CharField(max_length=32)
    owner_id = models.UUIDField()
    book = models.CharField(max_length=16, choices=[(b.value, b.value) for b in Book])
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    bucket = models.CharField(max_length=16, choices=[(b.value, b.value) for b in Bucket])
    balance = money(default=0)
    min_balance = money(null=True, default=0)
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in AccountStatus], default=AccountStatus.ACTIVE.value
    )
    seq = models.BigIntegerField(default=0, help_text="Number of postings.")
    life_seq = models.BigIntegerField(default=0, help_text="Number of other events: opened, status changed.")
    version = models.BigIntegerField(default=0, help_text="Number of events; of all its wallet's on AVAILABLE.")
    window_starts_at = models.DateTimeField(null=True, help_text="Limits: since when what is SPENT counts.")
    folded_xid = models.BigIntegerField(null=True, help_text="System accounts: the checkpoint's horizon.")
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="account_one_per_owner_asset_bucket", fields=["owner_id", "owner_type", "book", "asset", "bucket"]
            ),
            models.CheckConstraint(name="account_balance_range", condition=in_range("balance")),
            models.CheckConstraint(
                # Less may be allowed than is spent already; then nothing more is, which is for the machine to say.
                name="account_floor",
                condition=Q(min_balance__isnull=True)
                | Q(balance__gte=F("min_balance"))
                | Q(book=Book.ALLOWANCE.value, bucket=Bucket.AVAILABLE.value),
            ),
            models.CheckConstraint(
                name="account_floor_range", condition=Q(min_balance__isnull=True) | in_range("min_balance")
            ),
            models.CheckConstraint(
                name="account_only_system_has_no_floor",
                condition=Q(bucket=Bucket.SYSTEM.value, min_balance__isnull=True)
                | (~Q(bucket=Bucket.SYSTEM.value) & Q(min_balance__isnull=False, folded_xid__isnull=True)),
            ),
            models.CheckConstraint(name="account_status", condition=Q(status__in=[s.value for s in AccountStatus])),
            models.CheckConstraint(name="account_bucket", condition=Q(bucket__in=[b.value for b in Bucket])),
            models.CheckConstraint(name="account_book", condition=Q(book__in=[b.value for b in Book])),
            models.CheckConstraint(
                name="account_counters", condition=Q(seq__gte=0, life_seq__gte=0, version__gte=F("seq") + F("life_seq"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_type} {self.owner_id} {self.asset_id} {self.bucket}"
