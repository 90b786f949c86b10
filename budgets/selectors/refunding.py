"""Which period a refund gives back to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

_REDIRECTIONS = """
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
    SELECT paid.id, present.id, budget.id
    FROM budgets_budgetperiod AS paid
    JOIN budgets_budget AS budget ON budget.id = paid.budget_id AND budget.refunds_to = 'CURRENT'
    CROSS JOIN clock
    LEFT JOIN budgets_budgetperiod AS present ON present.budget_id = budget.id
        AND present.starts_at <= clock.now AND present.ends_at > clock.now
    WHERE paid.id = ANY(%s) AND paid.id IS DISTINCT FROM present.id
        AND (present.id IS NOT NULL OR budget.status = 'ACTIVE')
"""


@dataclass(frozen=True, slots=True)
class Redirections:
    """Where refunds of now go.

    Attributes:
        by_paid: the present period of the same budget by the period that paid, for budgets that refund to CURRENT.
        to_turn: budgets that refund to CURRENT and run, and whose present period nobody has opened yet.
    """

    by_paid: Mapping[UUID, UUID]
    to_turn: frozenset[UUID]


def find_redirections(owner_ids: Iterable[UUID]) -> Redirections:
    """What periods give back through another one, as far as those are opened. One query.

    Args:
        owner_ids: the owners of the envelopes that the original moved; limits among them are passed over.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REDIRECTIONS, [list(owner_ids)])
        rows = cursor.fetchall()
    return Redirections(
        by_paid={paid: present for paid, present, _ in rows if present is not None},
        to_turn=frozenset(budget for _, present, budget in rows if present is None),
    )
