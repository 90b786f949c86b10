"""The regular work of budgets. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from datetime import timedelta

from budgets.services.invariants import check_budgets
from budgets.services.turning import turn
from ledger.services.job_runs import Done
from ledger.tasks.jobs import job


@job("budgets.turn_budgets")
def turn_budgets_task() -> Done:
    return {"budgets": turn()}


@job("budgets.verify_budgets", time_limit=timedelta(hours=6))
def verify_budgets_task() -> Done:
    return check_budgets()
