from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ledger.core.state import HoldStatus
from ledger.models.asset import Asset
from ledger.models.fields import money, not_negative, positive
from ledger.models.transaction import Transaction

ENDED = [status.value for status in HoldStatus if status is not HoldStatus.ACTIVE]


class Reservation(models.Model):
    """A hold as it stands now (R164–R166); the events of its document are its history.

    Changed only under the lock of its wallet's accounts, by the statement that also writes the postings.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, editable=False)
    # The months of transactions make a checked key too dear (docs/adr/0007-foreign-keys.md); I8c looks for orphans.
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    wallet_id = models.UUIDField()
    destination_wallet_id = models.UUIDField(null=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = money()
    captured_amount = money(default=0)
    released_amount = money(default=0)
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in HoldStatus], default=HoldStatus.ACTIVE.value
    )
    expires_at = models.DateTimeField()
    purpose = models.CharField(max_length=200, blank=True)
    parts = models.JSONField(help_text="The accounts it is taken from, lies on and goes to; the money first.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="reservation_amount", condition=positive("amount")),
            models.CheckConstraint(name="reservation_captured", condition=not_negative("captured_amount")),
            models.CheckConstraint(name="reservation_released", condition=not_negative("released_amount")),
            models.CheckConstraint(
                name="reservation_adds_up",
                condition=Q(status="ACTIVE", amount__gt=F("captured_amount") + F("released_amount"))
                | Q(status__in=ENDED, amount=F("captured_amount") + F("released_amount")),
            ),
        ]
        indexes = [
            models.Index(name="reservation_wallet", fields=["wallet_id", "created_at", "id"]),
            models.Index(name="reservation_destination", fields=["destination_wallet_id", "created_at", "id"]),
            models.Index(name="reservation_created", fields=["created_at", "id"]),
            models.Index(name="reservation_open", fields=["expires_at"], condition=Q(status="ACTIVE")),
        ]

    def __str__(self) -> str:
        return f"{self.status} hold {self.id}"
