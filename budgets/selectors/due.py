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

_DUE = """
    SELECT b.id FROM budgets_budget AS b
    CROSS JOIN LATERAL (SELECT %(now)s AT TIME ZONE b.zone AS now, %(soon)s AT TIME ZONE b.zone AS soon) AS local
    WHERE b.status = 'ACTIVE' AND (
        -- Dates are those of the budget's zone, a day around what its periods say to the instant.
        (b.start_date <= local.now::date AND (b.end_date IS NULL OR b.end_date > local.now::date) AND NOT EXISTS (
            SELECT FROM budgets_budgetperiod AS p
            WHERE p.budget_id = b.id AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
        )) OR
        (b.start_date <= local.soon::date AND (b.end_date IS NULL OR b.end_date > local.soon::date) AND NOT EXISTS (
            SELECT FROM budgets_budgetperiod AS p
            WHERE p.budget_id = b.id AND p.starts_at <= %(soon)s AND p.ends_at > %(soon)s
        ))
    )
    UNION
    SELECT b.id FROM budgets_budget AS b
    WHERE b.status IN ('ACTIVE', 'SUSPENDED') AND b.end_date <= (%(now)s AT TIME ZONE b.zone)::date
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
    """Budgets for which a period is to be opened or closed, or whose end has come."""
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
