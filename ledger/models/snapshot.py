from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q

from ledger.models.account import Account
from ledger.money import plain

LARGEST_SUM = Decimal(10) ** 30


def total() -> models.DecimalField[Decimal, Decimal]:
    """Wider than money: a system account sums more than any one amount can be, and has to fit all the same."""
    return models.DecimalField(max_digits=48, decimal_places=18)


def is_a_number(field: str) -> Q:
    return Q(**{f"{field}__gt": -LARGEST_SUM, f"{field}__lt": LARGEST_SUM})


def _of_account() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)


class Snapshot(models.Model):
    """An instant at which the figures of all accounts were written down (ADR 0019).

    It is marked first and taken later, when every database transaction that may have recorded something by `at` has
    ended. Only then do its figures count.
    """

    NEVER_DELETED = True

    at = models.DateTimeField(primary_key=True, editable=False)
    from_xid = models.BigIntegerField(help_text="What is recorded after `at` has this database transaction or more.")
    until_xid = models.BigIntegerField(help_text="What is recorded by `at` has a smaller database transaction.")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="snapshot_xids", condition=Q(from_xid__gte=0, until_xid__gte=F("from_xid"))),
        ]

    def __str__(self) -> str:
        return f"Snapshot of {self.at:%Y-%m-%d %H:%M}"


class SnapshotBalance(models.Model):
    """The sum of an account's postings recorded by `at`. Only accounts that moved since their last one have a row."""

    APPEND_ONLY = True

    pk = models.CompositePrimaryKey("account_id", "at")
    account = _of_account()
    at = models.DateTimeField()
    balance = total()
    postings = models.BigIntegerField(help_text="How many they are.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="snapshotbalance_number", condition=is_a_number("balance")),
            models.CheckConstraint(name="snapshotbalance_postings", condition=Q(postings__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{plain(self.balance)} on {self.account_id}"


class BackDatedDay(models.Model):
    """What an account's back-dated postings of one day of effect (UTC) add up to: those which were recorded after the
    snapshot before `at`, and by `at`."""

    APPEND_ONLY = True

    pk = models.CompositePrimaryKey("account_id", "day", "at")
    account = _of_account()
    day = models.DateField()
    at = models.DateTimeField()
    amount = total()
    postings = models.BigIntegerField(help_text="How many they are.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="backdatedday_number", condition=is_a_number("amount")),
            models.CheckConstraint(name="backdatedday_postings", condition=Q(postings__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{plain(self.amount)} on {self.account_id} for {self.day}"
