from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.models.event import Event


class OutboxMessage(models.Model):
    """A message to the outside, written with the event that it tells of and published after the commit (R175).

    `sequence` counts without a gap per aggregate, so a consumer can see that it missed something. Kept for ever: what
    was told can be told again, and versions of the past are read from it (ADR 0028).
    """

    NEVER_DELETED = True

    class Status(models.TextChoices):
        PENDING = "PENDING"
        PUBLISHED = "PUBLISHED"
        UNROUTED = "UNROUTED"
        FAILED = "FAILED"
        SKIPPED = "SKIPPED"

    id = models.UUIDField(primary_key=True, editable=False)
    # Written by the same statement as its event; a checked key to a partitioned table costs a fifth of all posting
    # (docs/adr/0007-foreign-keys.md). `verify_ledger` looks for orphans.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    aggregate_type = models.CharField(max_length=32)
    aggregate_id = models.UUIDField()
    sequence = models.BigIntegerField()
    type = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField(default=1)
    data = models.JSONField()
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(null=True, help_text="Its place in the stream, given once, after the commit.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="outbox_sequence_positive", condition=Q(sequence__gte=1)),
            models.CheckConstraint(
                name="outbox_published_has_time", condition=Q(status="PUBLISHED") ^ Q(published_at__isnull=True)
            ),
        ]
        indexes = [
            # The first is all that the write path pays for; the others take a message in once the relay has seen it.
            models.Index(name="outbox_unnumbered", fields=["created_at", "sequence"], condition=Q(position=None)),
            models.Index(name="outbox_stream", fields=["position"], condition=Q(position__isnull=False)),
            models.Index(
                name="outbox_waiting", fields=["position"], condition=Q(status="PENDING", position__isnull=False)
            ),
            models.Index(
                name="outbox_stuck",
                fields=["aggregate_id", "sequence"],
                condition=Q(attempts__gt=0, status__in=["FAILED", "PENDING"]),
            ),
            models.Index(name="outbox_unrouted", fields=["position"], condition=Q(status="UNROUTED")),
            models.Index(name="outbox_aggregate_recorded", fields=["aggregate_id", "created_at", "sequence"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.aggregate_id} #{self.sequence}"
