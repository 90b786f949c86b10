"""Which budgets time has passed by: they have no period for the present, one that is over and open, or an end that has
come; or something came back to a period that has carried over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from budgets.core.carrying import to_carry
from ledger.selectors.envelopes import envelope_figures
from ledger.services.allowances import EnvelopeKind

# Dates are those of a budget's own zone, at most a day from UTC. They only narrow the search, by a day too little: what
# is really due is told by the budget's calendar, and a zone that the database does not know harms no other budget.
_DUE = """
    SELECT b.id FROM budgets_budget AS b
    CROSS JOIN unnest(array[%(now)s, %(soon)s]::timestamptz[]) AS moment(at)
    WHERE b.status = 'ACTIVE'
      AND b.start_date <= (moment.at AT TIME ZONE 'UTC')::date + 1
      AND (b.end_date IS NULL OR b.end_date >= (moment.at AT TIME ZONE 'UTC')::date)
      AND NOT EXISTS (
          SELECT FROM budgets_budgetperiod AS p
          WHERE p.budget_id = b.id AND p.starts_at <= moment.at AND p.ends_at > moment.at
      )
    UNION
    SELECT id FROM budgets_budget
    WHERE status IN ('ACTIVE', 'SUSPENDED') AND end_date <= (%(now)s::timestamptz AT TIME ZONE 'UTC')::date + 1
    UNION
    SELECT budget_id FROM budgets_budgetperiod WHERE closed_at IS NULL AND ends_at <= %(now)s
"""

# The one that follows must be there to carry to, and the rule must still be the one by which the period was closed.
_CLOSED = """
    SELECT p.id, b.currency, b.id, p.carried_out, b.rollover, b.rollover_cap
    FROM budgets_budgetperiod AS p JOIN budgets_budget AS b ON b.id = p.budget_id
    WHERE b.rollover <> 'NONE' AND p.closed_at IS NOT NULL AND p.ends_at > %(since)s
      AND EXISTS (SELECT FROM budgets_budgetperiod AS n WHERE n.budget_id = p.budget_id AND n.starts_at > p.starts_at)
      AND NOT EXISTS (
          SELECT FROM budgets_budgetrevision AS r
          WHERE r.budget_id = b.id AND r.created_at >= p.closed_at AND r.changes ?| array['rollover', 'rollover_cap']
      )
"""


def due_budgets(now: datetime, *, soon: datetime) -> set[UUID]:
    """Budgets for which a period is to be opened or closed, or whose end has come; and some that are nearly so far."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "soon": soon})
        return {id for (id,) in cursor.fetchall()}


def budgets_to_carry_again(now: datetime, *, within: timedelta) -> set[UUID]:
    """Budgets of which a closed period has something else to hand on than it did: a refund came late, or a spend."""
    closed = _recently_closed(now - within)
    figures = envelope_figures(EnvelopeKind.BUDGET, [row[:2] for row in closed])
    return {
        budget_id
        for id, currency, budget_id, carried, rule, cap in closed
        if to_carry(rule, cap, available=figures[id, currency].available, carried=carried)
    }


def _recently_closed(since: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, {"since": since})
        return list(cursor.fetchall())
