from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models import Company
from ledger.ids import new_id


class ImportKind(models.TextChoices):
    """What a file brings."""

    JOINERS = "JOINERS"
    WALLETS = "WALLETS"
    BUDGETS = "BUDGETS"
    TOP_UPS = "TOP_UPS"


class ImportState(models.TextChoices):
    """DRAFT is still to be checked, CHECKED was tried and undone. REQUESTED waits for a second person, APPLYING for the
    job. The others are the end: APPLIED wholly; REJECTED or FAILED, and then nothing of it was done."""

    DRAFT = "DRAFT"
    CHECKED = "CHECKED"
    REQUESTED = "REQUESTED"
    APPLYING = "APPLYING"
    APPLIED = "APPLIED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


UNDER_WAY = (ImportState.REQUESTED.value, ImportState.APPLYING.value)
ENDED = (ImportState.APPLIED.value, ImportState.REJECTED.value, ImportState.FAILED.value)
TO_WORK_ON = (ImportState.DRAFT.value, ImportState.APPLYING.value)


class Import(models.Model):
    """A file of joiners, wallets, budgets or top-ups, from its upload to its end (ADR 0038).

    `rows` are what the file says, and may name people: they are kept only until the import has ended.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16, choices=ImportKind)
    state = models.CharField(max_length=16, choices=ImportState, default=ImportState.DRAFT)
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64, help_text="SHA-256 of kind and rows: the same in CSV and in XLSX.")
    rows = models.JSONField(default=list, help_text="[line, {column: text}] each; empty when it has ended.")
    row_count = models.PositiveIntegerField()
    totals = models.JSONField(default=dict, help_text="Currency → sum, as decimal strings.")
    teams = models.JSONField(default=dict, help_text="Team id → rows that are about its people; '' = no team.")
    errors = models.JSONField(default=list, help_text="{line, column, words} each; never a value of the file.")
    results = models.JSONField(default=list, help_text="{line, id} each of what was made.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    approval_id = models.UUIDField(null=True, help_text="The approval that it waits for or was applied by.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Of the job, in the present state.")
    outcome = models.CharField(max_length=500, blank=True, help_text="Why it was rejected or has failed, in words.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    checked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="import_file_once",
                fields=["company", "file_hash"],
                condition=Q(state__in=(*UNDER_WAY, "APPLIED")),
            ),
            models.CheckConstraint(name="import_kind", condition=Q(kind__in=ImportKind.values)),
            models.CheckConstraint(name="import_state", condition=Q(state__in=ImportState.values)),
            models.CheckConstraint(
                name="import_asked_for", condition=~Q(state__in=UNDER_WAY, approval_id__isnull=True)
            ),
            models.CheckConstraint(
                name="import_end",
                condition=Q(state__in=ENDED, ended_at__isnull=False, rows=[])
                | (~Q(state__in=ENDED) & Q(ended_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="import_company", fields=["company", "created_at", "id"]),
            models.Index(name="import_open", fields=["created_at"], condition=~Q(state__in=ENDED)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
