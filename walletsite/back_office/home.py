"""The home page: what waits, what is held, what happened, and whether it all adds up; for each role what is its own
first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from budgets.selectors.budgets import view_periods
from compliance.models import Role
from ledger.admin.cells import in_words, label_cell
from ledger.selectors.job_runs import LastRun, last_runs
from wallets.admin.budgets.home import near_rows
from wallets.admin.csv_files import chart_file
from wallets.admin.owners import owners_for
from wallets.models import WalletStatus
from wallets.selectors.wallets import wallets_by_status
from walletsite.back_office import tiles
from walletsite.back_office.charts import CHARTS
from walletsite.back_office.filters import PERIODS
from walletsite.back_office.sight import Sight
from walletsite.back_office.waiting import waiting_for
from walletsite.schedule import is_late, scheduled_jobs


@dataclass(frozen=True, slots=True)
class Order:
    """What a role sees first: groups of tiles, and parts of the page. `jobs` and `operations` are for who sees the
    whole company."""

    tiles: Sequence[str]
    parts: Sequence[str]


ORDERS = {
    Role.MANAGER: Order(
        ("budgets", "today"),
        ("waiting", "near", "teams", "burn", "bookings", "balances", "holds", "activity", "statuses"),
    ),
    Role.FINANCE: Order(
        ("today", "operations", "budgets"),
        ("waiting", "balances", "bookings", "holds", "teams", "burn", "activity", "near", "statuses", "jobs"),
    ),
    Role.COMPLIANCE: Order(
        ("today", "operations", "budgets"),
        ("statuses", "bookings", "activity", "holds", "balances", "teams", "burn", "near", "waiting", "jobs"),
    ),
    Role.AUDITOR: Order(
        ("operations", "today", "budgets"),
        ("jobs", "balances", "activity", "bookings", "holds", "teams", "burn", "near", "statuses", "waiting"),
    ),
}


MONEY = "wallets.view_wallet"
"""Without it, one administers access and sees nothing of money."""


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the home page with what the member of staff may see. Whose budgets are near their end, and who waits for an
    answer, is personal: that it was looked at is written down."""
    if not request.user.has_perm(MONEY):
        return {**context, "tiles": tiles.about_access()}
    sight = Sight(request)
    order = ORDERS[Role(sight.user.role)]
    runs = last_runs(scheduled_jobs()) if sight.is_whole_company else []
    context["filters"], context["periods"] = sight.filters, PERIODS
    context["tiles"] = _tiles(sight, order, runs)
    context["parts"] = [_part(name, sight) for name in order.parts if name != "jobs" or sight.is_whole_company]
    context["jobs"] = [_job_row(run) for run in runs]
    context["statuses"] = _statuses(sight)
    return context | _people(sight)


def home_file(request: HttpRequest, name: str) -> HttpResponse:
    """The figures of one chart of the home page, as they are filtered."""
    if name not in CHARTS or not request.user.has_perm(MONEY):
        raise Http404
    return chart_file(request, CHARTS[name](Sight(request)), name)


def _tiles(sight: Sight, order: Order, runs: list[LastRun]) -> list[tiles.Tile]:
    groups = {
        "today": lambda: tiles.today(sight),
        "budgets": lambda: tiles.budgets(sight),
        "operations": lambda: tiles.operations(sight, runs) if sight.is_whole_company else [],
    }
    return [tile for name in order.tiles for tile in groups[name]()]


def _part(name: str, sight: Sight) -> dict[str, Any]:
    """A part of the page: a chart, or a template of its own."""
    if name not in CHARTS:
        return {"template": f"admin/home/{name}.html", "is_wide": True}
    query = sight.request.GET.urlencode()
    url = reverse("home_file", args=[name]) + (f"?{query}" if query else "")
    return {"template": "admin/charts/chart.html", "chart": CHARTS[name](sight), "file_url": url}


def _people(sight: Sight) -> dict[str, Any]:
    """What is shown with names: who waits, and whose budgets are near their end."""
    waiting = waiting_for(sight.request)
    views = [] if sight.pace is None else view_periods(sight.pace.nearest)
    budgets = [view.budget for view in views]
    people = [*(one.person for one in waiting), *(budget.user_id for budget in budgets)]
    owners = owners_for(sight.request, people, teams=sight.filters.teams)
    rows = [(one, owners.person(one.person) if one.person else "", in_words(sight.now - one.since)) for one in waiting]
    return {"waiting": rows, "near": near_rows(views, owners, sight.now)}


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


def _statuses(sight: Sight) -> list[dict[str, Any]]:
    counts = wallets_by_status(sight.user, sight.team_id)
    team = "" if sight.team_id is None else f"&team={sight.team_id}"
    url = reverse("admin:wallets_wallet_changelist")
    return [
        {"label": label_cell(status), "count": counts.get(status, 0), "url": f"{url}?status__exact={status}{team}"}
        for status in WalletStatus.values
    ]
