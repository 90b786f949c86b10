from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.core.incoming import FINAL, InboxStatus
from ledger.ids import new_id

SHA256_BYTES = 32


class InboxEvent(models.Model):
    """An event of another service, once per (source, event id), with what became of it (R178–R180, ADR 0026).

    `payload` may name people. It is there while somebody may still need it, and gone with the final status; its hash
    stays, so that another event under the same id is noticed for ever.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=100)
    event_id = models.CharField(max_length=100)
    event_type = models.CharField(max_length=64)
    sequence = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    company_id = models.UUIDField(null=True, help_text="Whom it is about, once that is known.")
    delivered_by = models.UUIDField(null=True, help_text="The service account; empty = the broker.")
    payload = models.JSONField(null=True)
    payload_hash = models.BinaryField(max_length=SHA256_BYTES)
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in InboxStatus], default=InboxStatus.PENDING.value
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    waiting_for = models.CharField(max_length=150, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    transaction_id = models.UUIDField(null=True)
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="inbox_once", fields=["source", "event_id"]),
            models.CheckConstraint(name="inbox_status", condition=Q(status__in=[s.value for s in InboxStatus])),
            models.CheckConstraint(
                name="inbox_has_plan", condition=Q(status="PENDING") ^ Q(next_attempt_at__isnull=True)
            ),
            models.CheckConstraint(
                name="inbox_ended_has_time", condition=Q(status="PENDING") ^ Q(processed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="inbox_payload_while_needed",
                condition=Q(status__in=[s.value for s in FINAL], payload__isnull=True)
                | Q(status="PENDING", payload__isnull=False)
                | Q(status="FAILED"),
            ),
            models.CheckConstraint(
                name="inbox_failed_says_why", condition=~Q(status="FAILED") | ~Q(error_code="") & ~Q(error_detail="")
            ),
            models.CheckConstraint(name="inbox_sequence", condition=Q(sequence__isnull=True) | Q(sequence__gte=1)),
        ]
        indexes = [
            models.Index(name="inbox_due", fields=["next_attempt_at"], condition=Q(status="PENDING")),
            models.Index(
                name="inbox_waiting",
                fields=["waiting_for", "sequence"],
                condition=Q(status="PENDING") & ~Q(waiting_for=""),
            ),
            models.Index(name="inbox_failed", fields=["received_at"], condition=Q(status="FAILED")),
            models.Index(name="inbox_company", fields=["company_id", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id} of {self.source}"


class InboxSource(models.Model):
    """How far a source that numbers its events has come. What one company's program says is not another's."""

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=150, unique=True)
    next_sequence = models.BigIntegerField(default=1)
    missed = models.BigIntegerField(default=0, help_text="How many numbers never came.")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="inbox_source_counts", condition=Q(next_sequence__gte=1, missed__gte=0)),
        ]

    def __str__(self) -> str:
        return self.key
