"""Read models: sums for reports, made from events and postings alone, and how fresh they are (ADR 0020).

The two summaries are materialised views (migration 0008), so Django neither makes nor changes them.
"""

from __future__ import annotations

from django.db import models

from ledger.models.fields import money


class ReadModel(models.Model):
    """When a materialised view was read from the ledger last. Written by the refreshing function only."""

    READ_ONLY = True

    name = models.CharField(max_length=64, primary_key=True)
    as_of = models.DateTimeField(help_text="Everything that was committed by then is in it.")
    refreshed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} as of {self.as_of}"


class BalanceSummary(models.Model):
    """What one owner holds of one asset, in all buckets (R201)."""

    READ_ONLY = True

    pk = models.CompositePrimaryKey("owner_id", "owner_type", "asset_id")
    owner_type = models.CharField(max_length=32)
    owner_id = models.UUIDField()
    asset_id = models.CharField(max_length=16)
    available = money()
    pending = money()
    reserved = money()
    staked = money()
    postings = models.BigIntegerField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "user_balance_summary"

    def __str__(self) -> str:
        return f"{self.owner_type} {self.owner_id} {self.asset_id}"


class TransactionSummary(models.Model):
    """How many documents of a kind touched a wallet on a day, and how much they moved (R202)."""

    READ_ONLY = True

    pk = models.CompositePrimaryKey("wallet_id", "day", "type", "direction", "status", "asset_id")
    wallet_id = models.UUIDField()
    day = models.DateField()
    type = models.CharField(max_length=16)
    direction = models.CharField(max_length=3)
    status = models.CharField(max_length=24)
    asset_id = models.CharField(max_length=16)
    documents = models.BigIntegerField()
    amount = money()
    fee_amount = money()

    class Meta:
        managed = False
        db_table = "transaction_summary"

    def __str__(self) -> str:
        return f"{self.wallet_id} {self.day} {self.type} {self.direction} {self.status}"
