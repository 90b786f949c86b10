"""What the audit trail says about some documents, for who sees those: the trail itself is for inspectors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from compliance.models import AuditRecord, User
from compliance.selectors.audit_trail import audit_visible_to
from ledger.ids import floor_id
from ledger.selectors.clock import database_now


def changes_of(
    entity_id: UUID, others: QuerySet[Any, Any], *, event_types: Collection[str], limit: int
) -> list[AuditRecord]:
    """The newest changes of these kinds to a document and to others of which ids are given; from where somebody acted
    is not read."""
    is_meant = Q(entity_id=entity_id) | Q(entity_id__in=others)
    records = AuditRecord.objects.filter(is_meant, event_type__in=event_types)
    return list(records.defer("ip_address", "user_agent").order_by("-id")[:limit])


def records_of_request(caller: User, correlation_id: str, *, since: timedelta, limit: int) -> list[AuditRecord]:
    """What one request left in the audit trail, as far as the caller may see that. No index finds requests.

    Args:
        since: how far back to look.
    """
    floor = floor_id(database_now() - since)
    records = audit_visible_to(caller).filter(correlation_id=correlation_id, id__gte=floor)
    return list(records.defer("ip_address", "user_agent").order_by("-id")[:limit])


def last_actor_role(entity_id: UUID, event_type: str) -> str | None:
    """The role of whoever has last done this to something; None if nobody has."""
    records = AuditRecord.objects.filter(entity_id=entity_id, event_type=event_type).order_by("-id")
    return records.values_list("actor_role", flat=True).first()
