"""The regular work of budgets. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

from budgets.services.alerts import follow_alerts
from budgets.services.invariants import check_budgets
from budgets.services.turning import turn
from ledger.services.job_runs import Done
from ledger.tasks.jobs import job

TELLING_SECONDS = 60
"""For so long at most one run tells of what is new; the next one goes on."""


@job("budgets.tell_of_budgets")
def tell_of_budgets_task() -> Done:
    messages, end, is_behind = 0, monotonic() + TELLING_SECONDS, True
    while is_behind and monotonic() < end:
        progress = follow_alerts()
        messages, is_behind = messages + progress.handled, progress.is_behind
    return {"messages": messages}


@job("budgets.turn_budgets")
def turn_budgets_task() -> Done:
    return {"budgets": turn()}


@job("budgets.verify_budgets", time_limit=timedelta(hours=6))
def verify_budgets_task() -> Done:
    return check_budgets()
