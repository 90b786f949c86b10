from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.ids import new_id
from wallets.models.wallet import Wallet


class WalletLock(models.Model):
    """A visible hold of a wallet by an operation, for a while (R12, C14). It guards no money: row locks do.

    One row per wallet that was ever held, used again by the next holder: the lock is there while `expires_at` lies
    ahead of the database's clock and gone from that instant on (R13), so nothing has to sweep, and `fencing_token`
    can rise for ever.
    """

    NEVER_DELETED = True

    wallet = models.OneToOneField(Wallet, primary_key=True, on_delete=models.PROTECT, related_name="lock")
    lock_id = models.UUIDField(default=new_id)
    operation = models.CharField(max_length=100)
    holder_id = models.UUIDField(help_text="The user or service account that took it.")
    holder_role = models.CharField(max_length=16)
    fencing_token = models.BigIntegerField()
    acquired_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="wallet_lock_token", condition=Q(fencing_token__gt=0)),
            models.CheckConstraint(name="wallet_lock_says_what_for", condition=~Q(operation="")),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.wallet_id}"
