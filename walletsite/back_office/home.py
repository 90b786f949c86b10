"""The home page: what is held, what happened today, what waits, and whether it all adds up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError
from django.http import HttpRequest
from django.urls import reverse

from compliance.admin.staff import signed_in
from compliance.models import User
from ledger.admin.cells import label_cell, money_cell
from ledger.selectors.clock import database_now
from ledger.selectors.delivery import DeliveryState, delivery_state
from ledger.selectors.job_runs import LastRun, last_runs
from ledger.selectors.scope import Scope
from ledger.selectors.totals import MOST_COUNTED, Holdings, holdings, outcomes_since
from wallets.admin.budget_filters import NEAR
from wallets.admin.budget_home import near_rows
from wallets.models import WalletStatus
from wallets.selectors.budget_pace import Pace, pace_of_budgets, pending_requests
from wallets.selectors.scope import ledger_scope
from wallets.selectors.wallets import wallets_by_status
from walletsite.schedule import is_late, scheduled_jobs


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure and what it means. `tone`: good, bad or neither, said by the text as well."""

    title: str
    value: str
    meaning: str
    url: str = ""
    tone: str = ""


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the home page with what the member of staff may see. Whose budgets are near their end is personal: that it
    was looked at is written down."""
    user = signed_in(request)
    scope = ledger_scope(user)
    held = _holdings(scope)
    runs = last_runs(scheduled_jobs()) if scope.is_whole_company else []
    pace = pace_of_budgets(user, near_percent=NEAR)
    operations = _operations(held, runs) if scope.is_whole_company else ()
    context["tiles"] = [*_today(user, scope), *_budgets(pace, pending_requests(user)), *operations]
    context["jobs"] = [_job_row(run) for run in runs]
    context["held"] = None if held is None else [_holdings_row(row) for row in held]
    context["near"] = near_rows(request, pace.nearest)
    context["is_whole_company"] = scope.is_whole_company
    context["statuses"] = _statuses(user)
    return context


def _holdings(scope: Scope) -> list[Holdings] | None:
    """None when adding up would take too long for a home page."""
    try:
        return holdings(scope)
    except OperationalError:
        return None


def _today(user: User, scope: Scope) -> list[Tile]:
    url = reverse("admin:ledger_transaction_changelist")
    outcomes = outcomes_since(scope, start_of_day(database_now(), ZoneInfo(user.company.timezone)))
    failed, all_of_them = outcomes["FAILED"], outcomes.total()
    return [
        Tile("Transactions today", _counted(all_of_them), f"since midnight, {user.company.timezone}", url),
        Tile(
            "Refused today",
            _counted(failed),
            "nothing moved; each says why",
            f"{url}?state__exact=FAILED",
            "bad" if failed else "",
        ),
    ]


def _budgets(pace: Pace, waiting: int) -> list[Tile]:
    """How many budgets are used faster than time goes, how many are near their end, how many requests wait."""
    budgets, requests = reverse("admin:budgets_budget_changelist"), reverse("admin:budgets_budgetrequest_changelist")
    return [
        Tile(
            "Budgets ahead of time",
            f"{_counted(pace.ahead)} of {_counted(pace.running)}",
            "a larger share is used than of the time",
            f"{budgets}?status__exact=ACTIVE",
            "bad" if pace.ahead else "",
        ),
        Tile(
            f"Budgets over {NEAR} %",
            _counted(pace.near),
            f"{_counted(pace.used_up)} of them used up",
            f"{budgets}?over_pct={NEAR}",
            "bad" if pace.near else "",
        ),
        Tile(
            "Requests for more",
            _counted(waiting),
            "wait for an answer" if waiting else "none waits for an answer",
            f"{requests}?state__exact=PENDING",
        ),
    ]


def _operations(held: list[Holdings] | None, runs: list[LastRun]) -> list[Tile]:
    return [*_delivery_tiles(delivery_state()), _balance_tile(held), _jobs_tile(runs)]


def _delivery_tiles(state: DeliveryState) -> list[Tile]:
    age = state.backlog.age
    waiting = "all are told" if age is None else f"oldest waits for {in_words(age)}"
    if state.error:
        waiting += "; the broker is away"
    url = reverse("admin:ledger_outboxmessage_changelist")
    dead, meaning = state.dead_letters, "none: the broker takes them all"
    return [
        Tile("Events to publish", _counted(state.backlog.waiting), waiting, f"{url}?status__exact=PENDING"),
        Tile(
            "Dead letters",
            _counted(dead),
            "refused three times: send again or skip" if dead else meaning,
            f"{url}?status__exact=FAILED",
            "bad" if dead else "good",
        ),
    ]


def _jobs_tile(runs: list[LastRun]) -> Tile:
    late, url = [run.job for run in runs if is_late(run)], reverse("admin:ledger_jobrun_changelist")
    if late:
        return Tile("Regular jobs", f"{len(late)} late", ", ".join(late), url, "bad")
    return Tile("Regular jobs", "on time", f"all {len(runs)} of them", url, "good")


def _job_row(run: LastRun) -> dict[str, Any]:
    since = run.seconds_since_success
    return {
        "job": run.job,
        "url": f"{reverse('admin:ledger_jobrun_changelist')}?job={run.job}",
        "outcome": label_cell(run.outcome or ""),
        "success": "never" if since is None else f"{in_words(timedelta(seconds=since))} ago",
        "is_late": is_late(run),
        "error": run.error,
    }


def _balance_tile(held: list[Holdings] | None) -> Tile:
    title = "Sum of all postings"
    if held is None:
        return Tile(title, "not now", "too many to add up here: run verify_ledger")
    wrong = [row for row in held if row.difference]
    if wrong:
        sums = ", ".join(str(money_cell(row.difference, row.asset)) for row in wrong)
        return Tile(title, sums, "must be zero: stop and run verify_ledger", tone="bad")
    return Tile(title, "0", "balanced in every currency", tone="good")


def _holdings_row(row: Holdings) -> dict[str, Any]:
    buckets = ("AVAILABLE", "RESERVED", "PENDING")
    cells = [money_cell(row.wallets.get(bucket), row.asset) for bucket in buckets]
    own = () if row.company is None else (money_cell(row.company, row.asset),)
    return {"asset": row.asset, "cells": [*cells, money_cell(row.total, row.asset), *own]}


def _statuses(user: User) -> list[dict[str, Any]]:
    counts = wallets_by_status(user)
    url = reverse("admin:wallets_wallet_changelist")
    return [
        {"label": label_cell(status), "count": counts.get(status, 0), "url": f"{url}?status__exact={status}"}
        for status in WalletStatus.values
    ]


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The last midnight of a zone."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def in_words(age: timedelta) -> str:
    """An age for people: `42 s`, `12 min`, `3 h`, `2 days`."""
    seconds = int(age.total_seconds())
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _counted(count: int) -> str:
    return f"{MOST_COUNTED}+" if count >= MOST_COUNTED else str(count)
