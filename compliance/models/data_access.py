from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.user import User
from compliance.models.writing_transaction import WritingTransaction
from ledger.ids import new_id


class DataAccessLog(models.Model):
    """Who looked at whose personal data, which fields, and why that was allowed (R189, R190). Append-only."""

    APPEND_ONLY = True
    SEALED = True
    ERASABLE_COLUMNS = frozenset({"ip_address"})

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    subject = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    actor_id = models.UUIDField(help_text="User or service account.")
    actor_role = models.CharField(max_length=16)
    fields = ArrayField(models.CharField(max_length=32))
    reason = models.CharField(max_length=200, help_text="What gave the actor the right to look.")
    context = models.CharField(max_length=200, help_text="Where: the route or the screen.")
    ip_address = models.GenericIPAddressField(null=True)
    session_id = models.UUIDField(null=True)
    correlation_id = models.CharField(max_length=128, blank=True)
    xid = models.BigIntegerField(
        db_default=WritingTransaction(),
        editable=False,
        help_text="Database transaction that wrote it; orders commits safely.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="data_access_log_complete", condition=~Q(fields=[]) & ~Q(reason="") & ~Q(context="")
            ),
        ]
        indexes = [
            models.Index(name="data_access_log_subject", fields=["subject", "id"]),
            models.Index(name="data_access_log_actor", fields=["actor_id", "id"]),
            models.Index(name="data_access_log_xid", fields=["xid"]),
        ]

    def __str__(self) -> str:
        return f"{self.actor_id} saw {self.subject_id}"
