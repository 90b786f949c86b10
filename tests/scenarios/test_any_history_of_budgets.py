"""Whatever happens to Mia's budgets, in whatever order, over days and weeks: their figures are the sums of postings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.models import BudgetPeriod
from budgets.selectors.figures import figures_of
from budgets.services.invariants import find_broken_budgets
from budgets.services.turning import turn
from compliance.models import User
from ledger.models import Account, Posting
from ledger.services.replay import replay
from tests import messages
from tests.scenarios.nordwind import Nordwind
from tests.wallets.holds import figures, step
from tests.wallets.incoming import broken
from tests.wallets.scene import send, undone

FILLED = Decimal(2000)
BUDGETS: tuple[dict[str, Any], ...] = (
    {"total_amount": "600", "refunds_to": "CURRENT", "rollover": "SURPLUS", "rollover_cap": "100"},
    {"total_amount": "200", "period_type": "WEEKLY", "rollover": "SURPLUS_AND_DEFICIT"},
    {"total_amount": "900", "period_type": "QUARTERLY", "enforcement": "WARN"},
)

AMOUNTS = st.sampled_from(["0.01", "5", "35.50", "90", "140"])
WHICH = st.integers(0, 5)
OPERATIONS = st.one_of(
    st.tuples(st.just("spend"), AMOUNTS),
    st.tuples(st.just("hold"), AMOUNTS),
    st.tuples(st.just("capture"), WHICH, AMOUNTS),
    st.tuples(st.just("release"), WHICH),
    st.tuples(st.just("refund"), WHICH, AMOUNTS),
    st.tuples(st.just("amount"), WHICH, st.sampled_from(["50", "250", "700"]), st.sampled_from(["NOW", "NEXT_PERIOD"])),
    st.tuples(st.just("adjust"), WHICH, AMOUNTS, st.sampled_from(["RAISE", "LOWER"])),
    st.tuples(st.just("move"), WHICH, WHICH, AMOUNTS),
    st.tuples(st.just("wait"), st.sampled_from([1, 4, 9, 33]), st.booleans()),
)


@dataclass
class Life:
    """Asks the service for one thing after the other; whether it says yes or no, it has an answer."""

    nordwind: Nordwind
    today: datetime = field(default_factory=lambda: datetime.fromisoformat("2026-03-24 09:00"))
    budgets: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)
    keys: Callable[[], str] = field(default_factory=lambda: map("life-{}".format, count()).__next__)

    def begin(self) -> None:
        self.nordwind.clock.put(self.today.isoformat())
        self.nordwind.join()
        User.objects.filter(id=self.nordwind.mia.id).update(team=self.nordwind.lena.team)
        self.nordwind.fill(str(FILLED))
        path, wallet_id = "/v1/budgets", str(self.nordwind.wallet.id)
        for budget in BUDGETS:
            body = {"wallet_id": wallet_id, **budget}
            self.budgets.append(self.nordwind.post(self.nordwind.lena, path, body)["budget_id"])

    def spend(self, amount: str) -> int:
        body = {"type": "DEBIT", "amount": amount, "currency": "EUR", "reference_type": "trip"}
        path = f"/v1/wallets/{self.nordwind.wallet.id}/transactions"
        response = self.nordwind.as_(self.nordwind.cast.bookings).post(path, {**body, "reference_id": self.keys()})
        if response.status_code == 201:
            self.paid.append(response.json()["txn_id"])
        return int(response.status_code)

    def hold(self, amount: str) -> int:
        body = {"wallet_id": str(self.nordwind.wallet.id), "amount": amount, "currency": "EUR", "expires_in": 2_000_000}
        response = send(self.nordwind.as_(self.nordwind.cast.bookings), "/v1/reservations", body, key=self.keys())
        if response.status_code == 201:
            self.holds.append(response.json()["reservation_id"])
        return int(response.status_code)

    def capture(self, which: int, amount: str) -> int:
        return self._step(which, "capture", amount=amount, final=False)

    def release(self, which: int) -> int:
        return self._step(which, "release")

    def _step(self, which: int, name: str, **body: Any) -> int:
        if not self.holds:
            return 404
        hold = self.holds[which % len(self.holds)]
        client = self.nordwind.as_(self.nordwind.cast.bookings)
        return int(step(client, hold, name, key=self.keys(), **body).status_code)

    def refund(self, which: int, amount: str) -> int:
        if not self.paid:
            return 404
        path = f"/v1/transactions/{self.paid[which % len(self.paid)]}/refunds"
        return self._post(self.nordwind.frida, path, {"amount": amount})

    def amount(self, which: int, amount: str, effective: str) -> int:
        body = {"total_amount": amount, "effective": effective, "reason": "A story."}
        response = self.nordwind.as_(self.nordwind.lena).put(f"/budgets/{self._budget(which)}", body)
        return int(response.status_code)

    def adjust(self, which: int, amount: str, direction: str) -> int:
        path = f"/v1/budgets/{self._budget(which)}/adjustments"
        return self._post(self.nordwind.lena, path, {"amount": amount, "direction": direction})

    def move(self, source: int, target: int, amount: str) -> int:
        named = {"from_budget_id": self._budget(source), "to_budget_id": self._budget(target)}
        return self._post(self.nordwind.lena, "/v1/budget-transfers", {**named, "amount": amount})

    def wait(self, days: int, is_turned: bool) -> int:
        self.today += timedelta(days=days)
        self.nordwind.clock.put(self.today.isoformat())
        if is_turned:
            turn()
        return 200

    def _post(self, who: User, path: str, body: dict[str, Any]) -> int:
        response = send(self.nordwind.as_(who), path, {**body, "reason": "A story."}, key=self.keys())
        return int(response.status_code)

    def _budget(self, which: int) -> str:
        return self.budgets[which % len(self.budgets)]


@settings(derandomize=True, max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(OPERATIONS, min_size=3, max_size=16))
def test_spent_is_the_sum_of_postings(nordwind: Nordwind, history: list[tuple[Any, ...]]) -> None:
    for caller in (nordwind.cast.bookings, nordwind.lena, nordwind.frida):
        nordwind.as_(caller)  # a log-in that is not undone
    before = messages.horizon()
    with undone():
        life = Life(nordwind)
        life.begin()
        for name, *wanted in history:
            assert getattr(life, name)(*wanted) in {200, 201, 400, 404, 409, 422}
        turn()
        require_that_it_adds_up(life)
        assert not broken()
        assert [finding.invariant.id for finding in find_broken_budgets() if finding.broken] == []
        assert replay().difference is None
        assert messages.faults_since(before) == []


def require_that_it_adds_up(life: Life) -> None:
    """In each period by its postings, and over all periods of each budget by the wallet."""
    available, reserved, _ = figures(life.nordwind.wallet)
    for id in life.budgets:
        periods = list(BudgetPeriod.objects.filter(budget_id=id).select_related("budget"))
        shown = figures_of(periods)
        for period in periods:
            told = shown[period.id]
            assert (told.remaining, told.reserved, told.used) == _posted(period)
            assert told.allocated - period.carried_out == told.remaining + told.reserved + told.used
        assert sum(told.used for told in shown.values()) == FILLED - available - reserved
        assert sum(told.reserved for told in shown.values()) == reserved
    carried = BudgetPeriod.objects.filter(budget_id__in=life.budgets).aggregate(
        out=Sum("carried_out"), into=Sum("carry_in")
    )
    assert carried["out"] == carried["into"]


def _posted(period: BudgetPeriod) -> tuple[Decimal, ...]:
    """What the postings of each of a period's three accounts add up to."""
    accounts = Account.objects.filter(owner_type="BUDGET", owner_id=period.id)
    by_bucket = dict(accounts.values_list("bucket", "id"))
    sums = dict(
        Posting.objects.filter(account_id__in=by_bucket.values())
        .values_list("account_id")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    return tuple(sums.get(by_bucket[bucket], Decimal(0)) for bucket in ("AVAILABLE", "RESERVED", "SPENT"))
