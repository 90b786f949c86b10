from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models import Company
from ledger.ids import new_id


class PackState(models.TextChoices):
    """WAITING for the job, which may be at it; READY to be fetched until it expires."""

    WAITING = "WAITING"
    READY = "READY"
    FAILED = "FAILED"


class StatementPack(models.Model):
    """The statements of all wallets of a company for a month, as one ZIP made in the background (ADR 0038)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.DateField(help_text="Its first day, in the company's zone.")
    state = models.CharField(max_length=8, choices=PackState, default=PackState.WAITING)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    wallets = models.PositiveIntegerField(default=0, help_text="How many statements are in it, so far or at all.")
    size = models.PositiveBigIntegerField(default=0, help_text="Of the file, in bytes.")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, help_text="Until then somebody is at it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="From when on the file is gone.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="statement_pack_state", condition=Q(state__in=PackState.values)),
            models.CheckConstraint(name="statement_pack_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="statement_pack_times",
                condition=Q(state="WAITING", finished_at__isnull=True, expires_at__isnull=True)
                | Q(state__in=("READY", "FAILED"), finished_at__isnull=False, expires_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="statement_pack_one_waiting", fields=["company", "month"], condition=Q(state="WAITING")
            ),
        ]
        indexes = [
            models.Index(name="statement_pack_company", fields=["company", "created_at", "id"]),
            models.Index(name="statement_pack_expiry", fields=["expires_at"]),
        ]

    def __str__(self) -> str:
        return f"statements of {self.month:%Y-%m}"


class FilePiece(models.Model):
    """A part of a pack's file. Web and worker share no disk, and nobody has to hold the whole of it in memory."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pack = models.ForeignKey(StatementPack, on_delete=models.PROTECT, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="file_piece_once", fields=["pack", "number"])]

    def __str__(self) -> str:
        return f"piece {self.number} of {self.pack_id}"
