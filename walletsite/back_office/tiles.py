"""The figures at the top of the home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse

from ledger.admin.cells import in_words, money_cell
from ledger.selectors.delivery import DeliveryState, delivery_state
from ledger.selectors.job_runs import LastRun
from ledger.selectors.seals import SealBacklog, seal_backlog
from ledger.selectors.totals import MOST_COUNTED, Holdings, outcomes_since
from wallets.admin.budgets.filters import NEAR
from wallets.selectors.budget_pace import Pace
from walletsite.back_office.sight import Sight
from walletsite.schedule import is_late

SEAL_SECONDS = 300
"""For how long something may wait for its seal; they are made every minute."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure and what it means. `tone`: good, bad or neither, said by the text as well."""

    title: str
    value: str
    meaning: str
    url: str = ""
    tone: str = ""


def about_access() -> list[Tile]:
    """For who administers access, and sees nothing of money."""
    people, programs = (
        reverse("admin:compliance_user_changelist"),
        reverse("admin:compliance_serviceaccount_changelist"),
    )
    return [
        Tile("People", "Roles", "who may what, and who stands in for whom", people),
        Tile("Service accounts", "Programs", "new ones, new secrets, on and off", programs),
    ]


def today(sight: Sight) -> list[Tile]:
    """What happened since midnight, and how much of it was refused."""
    url, zone = reverse("admin:ledger_transaction_changelist"), sight.user.company.timezone
    outcomes = outcomes_since(sight.scope, start_of_day(sight.now, ZoneInfo(zone)))
    failed, all_of_them = outcomes["FAILED"], outcomes.total()
    return [
        Tile("Transactions today", _counted(all_of_them), f"since midnight, {zone}", url),
        Tile(
            "Refused today",
            _counted(failed),
            "nothing moved; each says why",
            f"{url}?state__exact=FAILED",
            "bad" if failed else "",
        ),
    ]


def budgets(sight: Sight) -> list[Tile]:
    """How many budgets are used faster than time goes, how many are near their end, how many requests wait."""
    requests = reverse("admin:budgets_budgetrequest_changelist")
    waiting = sight.requests.pending
    return [
        *_pace(sight.pace),
        Tile(
            "Requests for more",
            _counted(waiting),
            "wait for an answer" if waiting else "none waits for an answer",
            f"{requests}?state__exact=PENDING",
        ),
    ]


def operations(sight: Sight, runs: list[LastRun]) -> list[Tile]:
    """How the service does: for who sees the whole company, and looks at all of it."""
    return [
        _balance_tile(sight.held),
        _seal_tile(seal_backlog()),
        *_delivery_tiles(delivery_state()),
        _jobs_tile(runs),
    ]


def _pace(pace: Pace | None) -> list[Tile]:
    url, ahead, near = reverse("admin:budgets_budget_changelist"), "Budgets ahead of time", f"Budgets over {NEAR} %"
    if pace is None:
        return [Tile(title, "not now", "too many to look at here", url) for title in (ahead, near)]
    return [
        Tile(
            ahead,
            f"{_counted(pace.ahead)} of {_counted(pace.running)}",
            "a larger share is used than of the time",
            f"{url}?status__exact=ACTIVE",
            "bad" if pace.ahead else "",
        ),
        Tile(
            near,
            _counted(pace.near),
            f"{_counted(pace.used_up)} of them used up",
            f"{url}?over_pct={NEAR}",
            "bad" if pace.near else "",
        ),
    ]


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


def _seal_tile(backlog: SealBacklog) -> Tile:
    title, url = "Newest seal", reverse("admin:ledger_seal_changelist")
    is_behind = backlog.oldest_seconds > SEAL_SECONDS
    waiting = f"{backlog.unsealed} events wait for theirs, up to {in_words(timedelta(seconds=backlog.oldest_seconds))}"
    meaning = waiting if backlog.unsealed else "everything is sealed"
    tone = "bad" if is_behind else "good"
    if backlog.age_seconds is None:
        return Tile(title, "none yet", meaning, url, "bad" if is_behind else "")
    return Tile(title, f"{in_words(timedelta(seconds=backlog.age_seconds))} old", meaning, url, tone)


def _jobs_tile(runs: list[LastRun]) -> Tile:
    late, url = [run.job for run in runs if is_late(run)], reverse("admin:ledger_jobrun_changelist")
    if late:
        return Tile("Regular jobs", f"{len(late)} late", ", ".join(late), url, "bad")
    return Tile("Regular jobs", "on time", f"all {len(runs)} of them", url, "good")


def _balance_tile(held: list[Holdings] | None) -> Tile:
    title = "Sum of all postings"
    if held is None:
        return Tile(title, "not now", "too many to add up here: run verify_ledger")
    wrong = [row for row in held if row.difference]
    if wrong:
        sums = ", ".join(str(money_cell(row.difference, row.asset)) for row in wrong)
        return Tile(title, sums, "must be zero: stop and run verify_ledger", tone="bad")
    return Tile(title, "0", "balanced in every currency", tone="good")


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The last midnight of a zone."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _counted(count: int) -> str:
    return f"{MOST_COUNTED}+" if count >= MOST_COUNTED else str(count)
