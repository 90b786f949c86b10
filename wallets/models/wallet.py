from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledger.ids import new_id
from ledger.selectors.assets import WALLET_CURRENCIES


class WalletType(models.TextChoices):
    PRIMARY = "PRIMARY"
    SAVINGS = "SAVINGS"
    BUSINESS = "BUSINESS"


class WalletStatus(models.TextChoices):
    """SUSPENDED: nothing goes out. FROZEN: neither in nor out. CLOSED: for ever (C4)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    FROZEN = "FROZEN"
    CLOSED = "CLOSED"


class Wallet(models.Model):
    """A customer's wallet (R1, R45, R234). Its figures are the ledger accounts AVAILABLE, PENDING and RESERVED
    whose owner id is the wallet's id; its `status` is theirs, changed in the same transaction, and its times are
    the ledger's (database clock)."""

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="wallets")
    type = models.CharField(max_length=16, choices=WalletType, default=WalletType.PRIMARY)
    currency = models.CharField(max_length=16)
    status = models.CharField(max_length=16, choices=WalletStatus, default=WalletStatus.ACTIVE)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="wallet_currency", condition=Q(currency__in=WALLET_CURRENCIES)),
            models.CheckConstraint(name="wallet_type", condition=Q(type__in=WalletType.values)),
            models.CheckConstraint(name="wallet_status", condition=Q(status__in=WalletStatus.values)),
            # C5: one live PRIMARY wallet per person, and one live wallet per person, type and currency.
            models.UniqueConstraint(
                name="wallet_one_primary", fields=["user"], condition=Q(type="PRIMARY") & ~Q(status="CLOSED")
            ),
            models.UniqueConstraint(
                name="wallet_one_per_type_and_currency",
                fields=["user", "type", "currency"],
                condition=~Q(status="CLOSED"),
            ),
        ]
        indexes = [
            models.Index(name="wallet_status_created", fields=["status", "created_at", "id"]),
            models.Index(name="wallet_created", fields=["created_at", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.currency} {self.id}"

    @property
    def company_id(self) -> UUID:
        return self.user.company_id
