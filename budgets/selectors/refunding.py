"""Which period a refund gives back to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

_REDIRECTIONS = """
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
    SELECT paid.id, present.id
    FROM budgets_budgetperiod AS paid
    JOIN budgets_budget AS budget ON budget.id = paid.budget_id AND budget.refunds_to = 'CURRENT'
    CROSS JOIN clock
    JOIN budgets_budgetperiod AS present ON present.budget_id = budget.id
        AND present.starts_at <= clock.now AND present.ends_at > clock.now
    WHERE paid.id = ANY(%s) AND paid.id <> present.id
"""


def redirections(owner_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Where a refund of now goes instead of to the periods that paid (`refunds_to`, product.md §1.4).

    Args:
        owner_ids: the owners of the envelopes that the original moved; limits among them are passed over.

    Returns:
        The present period of the same budget by the period that paid, for budgets that refund to CURRENT. A period
        without an entry gets its own back: its budget refunds to ORIGIN, it is the present one itself, or there is no
        present one. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REDIRECTIONS, [list(owner_ids)])
        return dict(cursor.fetchall())
