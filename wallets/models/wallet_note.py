from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ledger.ids import new_id
from wallets.models.wallet import Wallet

MOST_CHARACTERS = 1000


class WalletNote(models.Model):
    """What a member of staff wrote down about a wallet, for his colleagues.

    It may name people, so its text lies here alone: no event, message or audit record repeats it. A note is never
    changed and never deleted; its text can be erased, once, and that somebody wrote one stays.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="notes", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_role = models.CharField(max_length=16)
    text = models.CharField(max_length=MOST_CHARACTERS, blank=True, help_text="Empty once it is erased.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    erased_at = models.DateTimeField(null=True)
    erased_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="wallet_note_erased_or_not",
                condition=(Q(erased_at__isnull=True, erased_by__isnull=True) & ~Q(text=""))
                | Q(erased_at__isnull=False, erased_by__isnull=False, text=""),
            ),
        ]
        indexes = [models.Index(name="wallet_note_listed", fields=["wallet", "created_at", "id"])]

    def __str__(self) -> str:
        return f"note {self.id}"

    @property
    def company_id(self) -> UUID:
        return self.wallet.company_id
