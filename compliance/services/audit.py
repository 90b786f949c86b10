"""What is written down about changes and looks: append-only rows, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

from compliance.core.access import reason_to_look
from compliance.core.origin import Origin
from compliance.models import AuditRecord, Company
from ledger.ids import new_id

MAX_USER_AGENT = 300


class Belonging(Protocol):
    """A document of a company: a person, a team, or one of the floors above."""

    @property
    def id(self) -> UUID: ...
    @property
    def company_id(self) -> UUID: ...


def record_change(
    *,
    origin: Origin,
    entity: Company | Belonging,
    event_type: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Record who changed what (R186, R187). Call it inside the transaction of the change.

    Args:
        before, after: the values that changed, without personal data: the record can never be erased.
    """
    AuditRecord.objects.create(
        company_id=entity.id if isinstance(entity, Company) else entity.company_id,
        actor_id=origin.actor_id,
        actor_role=origin.actor_role,
        event_type=event_type,
        entity_type=type(entity).__name__,
        entity_id=entity.id,
        before=before or {},
        after=after or {},
        reason=reason,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent[:MAX_USER_AGENT],
        session_id=origin.session_id,
        correlation_id=origin.correlation_id,
    )


def record_look(*, origin: Origin, subject_ids: Iterable[UUID], fields: Iterable[str], context: str) -> None:
    """Record that the actor is shown personal data of these users (R189, R190). A look at oneself is none.

    Call it before the data are handed out: if it cannot be written down, it is not shown.

    Args:
        fields: names of the fields shown.
        context: the route or screen.
    """
    record_looks(origin=origin, looks=dict.fromkeys(subject_ids, fields), context=context)


def record_looks(*, origin: Origin, looks: Mapping[UUID, Iterable[str]], context: str) -> None:
    """`record_look` with fields of each person's own. One statement, so no transaction has to be opened for it.

    Args:
        looks: the names of the fields shown, by the user whose they are.
    """
    assert origin.actor_id is not None, "only somebody can look"
    others = {subject_id: sorted(fields) for subject_id, fields in looks.items() if subject_id != origin.actor_id}
    if not others:
        return
    of_all: dict[str, Any] = {
        "ids": [new_id() for _ in others],
        "subjects": list(others),
        "fields": [",".join(fields) for fields in others.values()],
        "actor": origin.actor_id,
        "role": origin.actor_role,
        "reason": reason_to_look(origin.actor_role),
        "context": context,
        "address": origin.ip_address,
        "session": origin.session_id,
        "correlation": origin.correlation_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS, of_all)


_LOOKS = """
    INSERT INTO compliance_dataaccesslog
        (id, subject_id, fields, actor_id, actor_role, reason, context, ip_address, session_id, correlation_id)
    SELECT id, subject_id, string_to_array(fields, ','), %(actor)s::uuid, %(role)s::text, %(reason)s::text,
           %(context)s::text, %(address)s::inet, %(session)s::uuid, %(correlation)s::text
    FROM unnest(%(ids)s::uuid[], %(subjects)s::uuid[], %(fields)s::text[]) AS seen(id, subject_id, fields)
"""
