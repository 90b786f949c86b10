from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from ledger.core.events import EventType, Stream
from ledger.core.upcasting import upcast
from ledger.models.command import Command


class Event(models.Model):
    """What happened: event store, status history and journal header in one. Append-only, a partition a month."""

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=64, choices=[(t.value, t.value) for t in EventType])
    stream = models.CharField(max_length=32, choices=[(s.value, s.value) for s in Stream])
    stream_id = models.UUIDField()
    seq = models.PositiveIntegerField()
    schema_version = models.PositiveSmallIntegerField(default=1)
    data = models.JSONField()
    command = models.ForeignKey(Command, on_delete=models.PROTECT, related_name="+", db_index=False)
    actor_type = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True)
    correlation_id = models.CharField(max_length=100, blank=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    xid = models.BigIntegerField(help_text="Database transaction that wrote it; orders commits safely.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="event_seq_positive", condition=Q(seq__gte=1)),
            models.CheckConstraint(name="event_not_ahead", condition=Q(effective_at__lte=F("recorded_at"))),
        ]
        indexes = [
            models.Index(name="event_stream", fields=["stream_id", "seq"]),
            models.Index(name="event_xid", fields=["xid"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def facts(self) -> dict[str, Any]:
        """What it says, as today's code reads it: `data` are what was stored, in the version of then.

        Raises:
            UnknownVersion: a newer release wrote it.
        """
        return upcast(EventType(self.type), self.schema_version, self.data)
