"""Up to when the books of companies are closed (ADR 0021)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from ledger.models import Closing

__all__ = ["Closing", "closed_until_by_company", "closings_of"]

_CLOSED = """
    SELECT clock.now, c.company_id, max(c.closed_until)
    FROM (SELECT clock_timestamp() AS now) AS clock
    LEFT JOIN ledger_closing AS c ON c.company_id = ANY(%s)
    GROUP BY clock.now, c.company_id
"""


def closed_until_by_company(company_ids: Iterable[UUID]) -> tuple[dict[UUID, datetime], datetime]:
    """The latest closings, and the database's clock. Companies that never closed anything are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, [list(company_ids)])
        rows = cursor.fetchall()
    return {company_id: until for _, company_id, until in rows if company_id is not None}, rows[0][0]


def closings_of(company_id: UUID) -> QuerySet[Closing]:
    """Every closing of a company, in any order."""
    return Closing.objects.filter(company_id=company_id)
