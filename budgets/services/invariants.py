"""What must be true of budgets at any instant, each as a query for the first row that breaks it: what their rows say
and what stands in the ledger are one (I9).

These are the only queries of budgets that look into the ledger's tables, because they are what compares the two; they
know nothing of the code that fills either.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from django.db import connection

from ledger.selectors.snapshot import whole_ledger
from ledger.services.allowances import LOWEST
from ledger.services.invariants import Finding, Invariant, find_broken
from ledger.services.job_runs import WorkFailed

BUDGETS = (
    Invariant(
        "I9",
        "what each period allows, less what was carried out, is what is left, reserved and spent of it",
        """
        SELECT p.id AS period_id, p.key, p.base + p.carry_in + p.adjustments - p.carried_out AS allowed,
               sum(a.balance) AS accounts
        FROM budgets_budgetperiod p
        LEFT JOIN ledger_account a ON a.owner_type = 'BUDGET' AND a.owner_id = p.id AND a.book = 'allowance'
        GROUP BY p.id
        HAVING p.base + p.carry_in + p.adjustments - p.carried_out IS DISTINCT FROM sum(a.balance)
        LIMIT 1
        """,
    ),
    Invariant(
        "I9a",
        "each period has its three accounts, in its budget's currency",
        """
        SELECT p.id AS period_id, count(a.id) AS accounts
        FROM budgets_budgetperiod p
        JOIN budgets_budget b ON b.id = p.budget_id
        LEFT JOIN ledger_account a ON a.owner_id = p.id AND a.owner_type = 'BUDGET'
        GROUP BY p.id, b.currency
        HAVING count(a.id) <> 3 OR bool_or(a.asset_id <> b.currency OR a.book <> 'allowance')
               OR array_agg(a.bucket::text ORDER BY a.bucket) <> '{AVAILABLE,RESERVED,SPENT}'
        LIMIT 1
        """,
    ),
    Invariant(
        "I9b",
        "how far what is left of a period that is not over may fall is what its budget says",
        """
        SELECT p.id AS period_id, b.enforcement, a.min_balance, rule.floor
        FROM budgets_budgetperiod p
        JOIN budgets_budget b ON b.id = p.budget_id
        JOIN ledger_asset s ON s.code = b.currency
        JOIN ledger_account a ON a.owner_type = 'BUDGET' AND a.owner_id = p.id AND a.bucket = 'AVAILABLE'
        CROSS JOIN LATERAL (
            SELECT CASE b.enforcement
                   WHEN 'BLOCK' THEN -(b.buffer_amount + trunc(p.base * b.buffer_percent / 100, s.cash_scale))
                   ELSE %(lowest)s END AS floor
        ) AS rule
        WHERE p.ends_at > clock_timestamp() AND b.status <> 'EXPIRED' AND a.min_balance <> rule.floor
        LIMIT 1
        """,
    ),
    Invariant(
        "I9c",
        "the version of each budget is the number of its events, which are numbered without a gap",
        """
        SELECT b.id AS budget_id, b.version, count(e.id) AS events, max(e.seq) AS last
        FROM budgets_budget b LEFT JOIN ledger_event e ON e.stream = 'budget' AND e.stream_id = b.id
        GROUP BY b.id
        HAVING b.version <> count(e.id) OR b.version <> max(e.seq) OR count(DISTINCT e.seq) <> count(e.id)
        LIMIT 1
        """,
    ),
    Invariant(
        "I9d",
        "the history of each budget begins with its making and leads to its amount",
        """
        SELECT b.id AS budget_id, b.amount, first.version AS first, first.old_amount, last.new_amount AS told
        FROM budgets_budget b
        LEFT JOIN LATERAL (
            SELECT version, old_amount FROM budgets_budgetrevision WHERE budget_id = b.id ORDER BY version LIMIT 1
        ) AS first ON true
        LEFT JOIN LATERAL (
            SELECT new_amount FROM budgets_budgetrevision
            WHERE budget_id = b.id AND effective <> 'THIS_PERIOD_ONLY' ORDER BY version DESC LIMIT 1
        ) AS last ON true
        WHERE first.version IS DISTINCT FROM 1 OR first.old_amount IS NOT NULL
              OR last.new_amount IS DISTINCT FROM b.amount
        LIMIT 1
        """,
    ),
    Invariant(
        "I9e",
        "each row of a budget's history belongs to an event that told the same",
        """
        SELECT r.budget_id, r.version, e.data ->> 'message' AS message
        FROM budgets_budgetrevision r
        LEFT JOIN ledger_event e ON e.stream = 'budget' AND e.stream_id = r.budget_id AND e.seq = r.version
        WHERE e.data ->> 'message'
              IS DISTINCT FROM CASE r.version WHEN 1 THEN 'BudgetCreated' ELSE 'BudgetChanged' END
        LIMIT 1
        """,
    ),
    Invariant(
        "I9f",
        "periods of a budget do not overlap, and what one carried out the next was given",
        """
        SELECT period_id, key, ends_at, next_starts_at, carried_out, next_carry_in FROM (
            SELECT id AS period_id, key, ends_at, carried_out, carry_in,
                   lead(starts_at) OVER own AS next_starts_at, lead(carry_in) OVER own AS next_carry_in
            FROM budgets_budgetperiod WINDOW own AS (PARTITION BY budget_id ORDER BY starts_at)
        ) AS pair
        WHERE next_starts_at < ends_at OR carried_out <> coalesce(next_carry_in, 0)
        LIMIT 1
        """,
    ),
)

logger = structlog.get_logger(__name__)


def find_broken_budgets() -> Iterator[Finding]:
    """Check all invariants of budgets in one snapshot, one after the other.

    Yields:
        A finding per invariant, in order.
    """
    with whole_ledger(), connection.cursor() as cursor:
        for invariant in BUDGETS:
            yield find_broken(cursor, invariant, {"lowest": LOWEST})


def check_budgets() -> dict[str, int]:
    """Check all invariants of budgets, and do not stop at the first one that is broken.

    Returns:
        How many invariants were looked at, and how many are broken: none.

    Raises:
        WorkFailed: at least one is broken; each is logged with its first broken row.
    """
    findings = list(find_broken_budgets())
    broken = [finding for finding in findings if finding.broken is not None]
    for finding in broken:
        logger.error("invariant_broken", invariant=finding.invariant.id, row=finding.broken)
    done = {"invariants": len(findings), "broken": len(broken)}
    if broken:
        raise WorkFailed("; ".join(f"{one.invariant.id} is broken ({one.invariant.title})" for one in broken), done)
    return done
