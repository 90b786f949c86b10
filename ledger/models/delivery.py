from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.ids import new_id
from ledger.models.outbox import OutboxMessage


class Relay(models.Model):
    """How the publishing of the outbox is doing, in one row that every process can read."""

    NEVER_DELETED = True

    class Breaker(models.TextChoices):
        CLOSED = "CLOSED"
        OPEN = "OPEN"
        HALF_OPEN = "HALF_OPEN"

    NAME = "outbox"

    name = models.CharField(max_length=16, primary_key=True, default=NAME)
    last_position = models.BigIntegerField(default=0)
    published = models.BigIntegerField(default=0)
    unrouted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    breaker = models.CharField(max_length=16, choices=Breaker, default=Breaker.CLOSED)
    error = models.TextField(blank=True)
    beat_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="relay_is_one", condition=Q(name="outbox")),
            models.CheckConstraint(name="relay_breaker", condition=Q(breaker__in=["CLOSED", "OPEN", "HALF_OPEN"])),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.last_position}"


class DeliveryNote(models.Model):
    """What went wrong with a message, and what people did about it. Nothing is noted of one that just arrives."""

    APPEND_ONLY = True

    class Kind(models.TextChoices):
        REFUSED = "REFUSED"
        RESENT = "RESENT"
        SKIPPED = "SKIPPED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey(OutboxMessage, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.TextField()
    actor_id = models.UUIDField(null=True)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="delivery_note_kind", condition=Q(kind__in=["REFUSED", "RESENT", "SKIPPED"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"
