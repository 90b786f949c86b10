from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.writing_transaction import WritingTransaction
from ledger.ids import new_id


class AuditRecord(models.Model):
    """Who changed what about people and access, from what to what, and why (R186, R187). Append-only.

    Written in the transaction of the change. It can never be erased, so it holds ids, roles and statuses but no
    personal data: of a name or a phone number it says only that it changed.
    """

    APPEND_ONLY = True
    SEALED = True
    ERASABLE_COLUMNS = frozenset({"ip_address", "user_agent"})

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    company_id = models.UUIDField()
    actor_id = models.UUIDField(null=True, help_text="User or service account; empty = the installation itself.")
    actor_role = models.CharField(max_length=16)
    event_type = models.CharField(max_length=64)
    entity_type = models.CharField(max_length=32)
    entity_id = models.UUIDField()
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(max_length=500, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
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
                name="audit_record_says_what", condition=~Q(event_type="") & ~Q(entity_type="") & ~Q(actor_role="")
            ),
        ]
        indexes = [
            models.Index(name="audit_record_entity", fields=["entity_id", "id"]),
            models.Index(name="audit_record_company", fields=["company_id", "id"]),
            models.Index(name="audit_record_xid", fields=["xid"]),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.entity_id}"
