from __future__ import annotations

from django.db import models
from django.db.models import Q


class Command(models.Model):
    """A wish and what became of it. (scope, key) is claimed once and kept for ever (C11, ADR 0005).

    The row is written with the claim and completed once, in the same database transaction, with the outcome and
    the reply that every later call with this key gets back byte for byte.
    """

    NEVER_DELETED = True

    class Outcome(models.TextChoices):
        ACCEPTED = "ACCEPTED"
        REFUSED = "REFUSED"

    id = models.UUIDField(primary_key=True, editable=False)
    scope = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    type = models.CharField(max_length=32)
    actor_type = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True)
    correlation_id = models.CharField(max_length=100, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome, null=True)  # noqa: DJ001 (null until it is decided)
    refusal_code = models.CharField(max_length=64, blank=True)
    transaction_id = models.UUIDField(null=True)
    reply_status = models.PositiveSmallIntegerField(null=True)
    reply_body = models.TextField(blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="command_once", fields=["scope", "key"]),
            models.CheckConstraint(
                name="command_refusal_has_code",
                condition=Q(outcome="REFUSED") ^ Q(refusal_code=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope}/{self.key}"
