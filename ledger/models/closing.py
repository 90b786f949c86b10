from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ledger.ids import new_id


class Closing(models.Model):
    """A company has closed its books: from then on nothing of it counts from before `closed_until`. Append-only, so
    the latest instant holds and no later row can open a period again (ADR 0021).
    """

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company_id = models.UUIDField()
    closed_until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    actor_type = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="closing_once", fields=["company_id", "closed_until"]),
            models.CheckConstraint(name="closing_of_the_past", condition=Q(closed_until__lte=F("created_at"))),
            models.CheckConstraint(name="closing_has_reason", condition=~Q(reason="")),
        ]
        indexes = [models.Index(name="closing_created", fields=["company_id", "created_at"])]

    def __str__(self) -> str:
        return f"{self.company_id} until {self.closed_until}"
