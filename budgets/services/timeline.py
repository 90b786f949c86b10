"""A locked budget with those of its periods that something may happen to, and what shall happen to them.

A use case plans on it, then `carry_out` writes everything at once: the rows first, the ledger's accounts last, because
nothing may be waited for while they are locked. What was left of a period was read before it was locked; where the
plan relies on that, it is compared with what the lock showed, and the use case runs again if it was outdated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from budgets.core.enforcement import floor_of
from budgets.core.periods import Calendar
from budgets.errors import BudgetTooSmall
from budgets.models import Budget, BudgetPeriod, BudgetRevision
from budgets.services.history import subject_of
from ledger.errors import Busy
from ledger.money import EXACT, ZERO
from ledger.selectors.assets import get_asset
from ledger.selectors.envelopes import envelope_figures
from ledger.services import journal
from ledger.services.allowances import Allot, EnvelopeKind, Move, OpenAccounts, SetAccountFloor

CARRIED_AGAIN_FOR = timedelta(days=100)
"""For so long after its end, what comes back to a period is carried over; later it stays where it is."""


Command = OpenAccounts | SetAccountFloor | Allot


@dataclass
class Timeline:
    """A budget, its periods, and the plan.

    Attributes:
        periods: ascending; the last one, those that are not closed, and those that may be carried over again.
        read: AVAILABLE of each period as it was read, before it was locked.
        left: the same when the commands planned so far have happened.
        relied_on: periods where a command follows from what was read.
        opened, touched: periods to insert, and to save.
    """

    budget: Budget
    now: datetime
    periods: list[BudgetPeriod]
    read: dict[UUID, Decimal]
    left: dict[UUID, Decimal] = field(init=False)
    commands: list[Command] = field(default_factory=list)
    revisions: list[BudgetRevision] = field(default_factory=list)
    relied_on: set[UUID] = field(default_factory=set)
    opened: list[BudgetPeriod] = field(default_factory=list)
    touched: dict[UUID, BudgetPeriod] = field(default_factory=dict)
    outcomes: Sequence[journal.Outcome] = ()

    def __post_init__(self) -> None:
        self.left = dict(self.read)

    @property
    def calendar(self) -> Calendar:
        return calendar_of(self.budget)

    @property
    def current(self) -> BudgetPeriod | None:
        """The period that the present lies in."""
        return next((p for p in self.periods if p.starts_at <= self.now < p.ends_at), None)

    @property
    def unfinished(self) -> list[BudgetPeriod]:
        """The current period and those that begin later."""
        return [p for p in self.periods if self.now < p.ends_at]

    def after(self, period: BudgetPeriod) -> BudgetPeriod | None:
        """The next period that there is; a budget that rested has none for the time of its rest."""
        return next((p for p in self.periods if p.starts_at > period.starts_at), None)

    def floor_of(self, period: BudgetPeriod) -> Decimal:
        return floor_of_period(self.budget, period)

    def move(self, period: BudgetPeriod, amount: Decimal) -> Move:
        """A change of what is left of a period, which the plan counts on from here."""
        self.left[period.id] = EXACT.add(self.left.get(period.id, ZERO), amount)
        self.touched[period.id] = period
        return Move(
            of=subject_of(self.budget),
            owner_id=period.id,
            company_id=self.budget.company_id,
            asset=self.budget.currency,
            amount=amount,
        )


def calendar_of(budget: Budget) -> Calendar:
    """The calendar that a budget was set with."""
    return Calendar(budget.zone, budget.week_start, budget.month_day, budget.fiscal_month)


def floor_of_period(budget: Budget, period: BudgetPeriod) -> Decimal:
    """How far what is left of a period may fall."""
    scale = get_asset(budget.currency).cash_scale
    return floor_of(budget.enforcement, budget.buffer_amount, budget.buffer_percent, period.base, scale)


def read_timeline(budget: Budget, now: datetime) -> Timeline:
    """The timeline of a locked budget, in two queries."""
    periods = list(BudgetPeriod.objects.raw(_TAIL, {"budget": budget.id, "since": now - CARRIED_AGAIN_FOR}))
    for period in periods:
        period.budget = budget
    figures = envelope_figures(EnvelopeKind.BUDGET, [(period.id, budget.currency) for period in periods])
    return Timeline(budget, now, periods, {id: figure.available for (id, _), figure in figures.items()})


_TAIL = """
    SELECT * FROM budgets_budgetperiod
    WHERE budget_id = %(budget)s AND starts_at >= (
        SELECT least(min(starts_at) FILTER (WHERE closed_at IS NULL OR ends_at > %(since)s), max(starts_at))
        FROM budgets_budgetperiod WHERE budget_id = %(budget)s
    )
    ORDER BY starts_at
"""

_BUDGET_FIELDS = (
    *("name", "amount", "end_date", "categories", "enforcement", "buffer_amount", "buffer_percent", "thresholds"),
    *("rollover", "rollover_cap", "refunds_to", "children_mode", "grace_days", "status"),
    *("revision", "version", "updated_at"),
)
_PERIOD_FIELDS = ("ends_at", "base", "carry_in", "adjustments", "carried_out", "revision", "closed_at")


def carry_out(timelines: Iterable[Timeline]) -> None:
    """Write what was planned, inside the caller's `journal.use_case`.

    Raises:
        BudgetTooSmall: what was to be taken away is not left.
        Outdated: a period that the plan relied on has moved meanwhile; nothing of this counts, plan anew.
        IntegrityError: `budget_no_overlap`.
    """
    lines = list(timelines)
    for line in lines:
        _save(line)
    outcomes = journal.record([command for line in lines for command in line.commands])
    for outcome in outcomes:
        _require_accepted(outcome)
    for line in lines:
        line.outcomes = outcomes
        _compare(line)


class Outdated(Busy):
    """What was read before the lock was not so any more under it."""

    def __init__(self) -> None:
        super().__init__("Somebody else is changing this just now. Try again.")


def _save(line: Timeline) -> None:
    if not line.commands:
        return
    line.budget.updated_at = line.now
    line.budget.save(update_fields=_BUDGET_FIELDS)
    BudgetPeriod.objects.bulk_create(line.opened)
    known = line.touched.keys() - {period.id for period in line.opened}
    BudgetPeriod.objects.bulk_update([line.touched[id] for id in sorted(known)], _PERIOD_FIELDS)
    BudgetRevision.objects.bulk_create(line.revisions)


def _require_accepted(outcome: journal.Outcome) -> None:
    assert outcome.result is not None, "a version is given once"
    refusal = outcome.result.refusal
    if refusal is None:
        return
    gate = next(gate for gate in refusal.gates if not gate.ok)
    assert gate.available is not None, "what is moved between budgets has to be left"
    assert gate.required is not None, "so both figures are told"
    raise BudgetTooSmall(gate.id, gate.available, gate.required)


def _compare(line: Timeline) -> None:
    unseen = set(line.relied_on)
    for outcome in line.outcomes:
        for account in outcome.result.before.values() if outcome.result else ():
            if account.bucket == "AVAILABLE" and account.owner_id in unseen:
                unseen.remove(account.owner_id)
                if line.read[account.owner_id] != account.balance:
                    raise Outdated
    assert not unseen, "whatever a plan relies on is moved by it"
