"""What finding a spend's rules costs among a hundred thousand budgets of one company: pages are counted, nothing is
timed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from budgets.selectors.covering import find_coverage
from ledger.selectors.clock import database_now
from tests.budgets.spending import Somebody, give_past, give_present
from tests.ledger.connecting import tampering
from tests.ledger.selectors.plans import explaining

pytestmark = pytest.mark.timeout(300)
NUMBER = 100_000

# Checking for overlaps is what takes time when budgets are made, and there are none.
_UNCHECKED = "ALTER TABLE budgets_budget DROP CONSTRAINT budget_no_overlap"
# Budgets of other people's wallets and teams, one in ten of them over; each with two months. As many limits.
_BUDGETS = """
    INSERT INTO budgets_budget
        (id, company_id, scope, team_id, wallet_id, user_id, children_mode, name, currency, amount, period_type,
         start_date, zone, week_start, month_day, fiscal_month, categories, enforcement, buffer_amount, buffer_percent,
         thresholds, rollover, refunds_to, grace_days, prorate_first, status, revision, version)
    SELECT gen_random_uuid(), %(company)s, CASE WHEN of_team THEN 'TEAM' ELSE 'WALLET' END,
           CASE WHEN of_team THEN gen_random_uuid() END, CASE WHEN NOT of_team THEN gen_random_uuid() END,
           CASE WHEN NOT of_team THEN gen_random_uuid() END, 'CAP', 'Monthly budget', 'EUR', 600, 'MONTHLY',
           '2026-01-01', 'UTC', 1, 1, 1, '{}', 'BLOCK', 0, 0, '{}', 'NONE', 'ORIGIN', 5, false,
           CASE n %% 10 WHEN 0 THEN 'EXPIRED' ELSE 'ACTIVE' END, 1, 0
    FROM generate_series(1, %(number)s) AS n CROSS JOIN LATERAL (SELECT n %% 20 = 1 AS of_team) AS kind
"""
_PERIODS = """
    INSERT INTO budgets_budgetperiod
        (id, budget_id, key, starts_at, ends_at, base, carry_in, adjustments, carried_out, revision, opened_at,
         closed_at)
    SELECT gen_random_uuid(), id, n::text, start, start + interval '30 days', 600, 0, 0, 0, 1, start,
           CASE WHEN n > 0 THEN start END
    FROM budgets_budget CROSS JOIN generate_series(0, 1) AS n
    CROSS JOIN LATERAL (SELECT now() - interval '10 days' - n * interval '30 days' AS start) AS calendar
    WHERE company_id = %(company)s
"""
_LIMITS = """
    INSERT INTO budgets_limit
        (id, company_id, user_id, limited_type, "window", currency, max_amount, zone, week_start, month_day,
         fiscal_month, status, version)
    SELECT gen_random_uuid(), %(company)s, gen_random_uuid(), 'ANY', 'DAILY', 'EUR', 100, 'UTC', 1, 1, 1, 'ACTIVE', 0
    FROM generate_series(1, %(number)s) AS n
"""


@pytest.fixture
def alice(committed_db: None) -> Iterator[Somebody]:
    """Under four budgets and three limits, in a large company. Made by a superuser, and rolled back."""
    with tampering() as cursor:
        alice = Somebody()
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_UNCHECKED)
        for statement in (_BUDGETS, _PERIODS, _LIMITS):
            cursor.execute(statement, {"company": alice.company_id, "number": NUMBER})
        for scope, categories in [("WALLET", []), ("WALLET", ["travel"]), ("TEAM", []), ("COMPANY", [])]:
            budget = alice.budget(scope, categories=categories)
            give_past(budget)
            give_present(budget)
        for window in ("DAILY", "MONTHLY", "PER_TRANSACTION"):
            alice.limit(window=window)
        cursor.execute("ANALYZE budgets_budget, budgets_budgetperiod, budgets_limit")
        yield alice


def test_seven_rules_among_a_hundred_thousand(alice: Somebody) -> None:
    """One test, because a hundred thousand budgets take their time to make."""
    for at in (None, database_now() - timedelta(days=12)):
        with explaining() as look:
            (found,) = find_coverage([alice.spends(category="travel", at=at)]).allowances
        assert len(found) == 7
        assert not [node for node in look.nodes if node["Node Type"] == "Seq Scan"]
        assert look.pages <= 100
