"""What of the audit trail somebody may see."""

from __future__ import annotations

from django.db.models import QuerySet

from compliance.models import AuditRecord, User
from compliance.selectors.scope import sees_whole_company, users_visible_to

MOST_RECENT = 5_000


def audit_visible_to(caller: User) -> QuerySet[AuditRecord]:
    """The records of the company for who sees all of it; a manager sees those about people whom he looks after. What
    was done to their wallets and budgets stands on the pages of these."""
    records = AuditRecord.objects.filter(company_id=caller.company_id)
    if sees_whole_company(caller):
        return records
    return records.filter(entity_type=User.__name__, entity_id__in=users_visible_to(caller).values("id"))


def recent_actions(caller: User) -> list[str]:
    """The kinds of the latest `MOST_RECENT` records that somebody may see, in the order of the alphabet."""
    latest = audit_visible_to(caller).order_by("-id").values("event_type")[:MOST_RECENT]
    return sorted({row["event_type"] for row in latest})
