"""Which budgets and limits a spend has to fit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.selectors.covering import Spend, find_coverage
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from ledger.services.allowances import Allowance, Ceiling, Envelope, EnvelopeKind, Unevaluable
from tests.budgets.spending import A_DAY, Somebody, give_past, give_present

pytestmark = pytest.mark.django_db


def allowances(spend: Spend) -> tuple[Allowance, ...]:
    (found,) = find_coverage([spend]).allowances
    return found


def test_nothing_covers_a_spend_without_rules() -> None:
    found = find_coverage([Somebody().spends()])
    assert (found.allowances, found.to_turn) == ([()], frozenset())


def test_a_budget_is_an_envelope_of_its_present_period() -> None:
    alice = Somebody()
    budget = alice.budget(name="Weekly budget", zone="Europe/Berlin")
    give_past(budget)
    period = give_present(budget)
    assert allowances(alice.spends()) == (
        Envelope(
            kind=EnvelopeKind.BUDGET,
            rule_id=budget.id,
            name="Weekly budget",
            owner_id=period.id,
            asset="EUR",
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            zone="Europe/Berlin",
            is_current=True,
            is_late=False,
        ),
    )


@pytest.mark.parametrize(
    ("scope", "out", "to_colleague", "to_stranger"),
    [("WALLET", 1, 1, 1), ("TEAM", 1, 0, 1), ("COMPANY", 1, 0, 0)],
)
def test_a_budget_counts_what_leaves_its_scope(scope: str, out: int, to_colleague: int, to_stranger: int) -> None:
    alice = Somebody()
    give_present(alice.budget(scope))
    spends = [alice.spends(), alice.sends(alice.colleague()), alice.sends(alice.stranger())]
    assert [len(found) for found in find_coverage(spends).allowances] == [out, to_colleague, to_stranger]


def test_a_budget_counts_nobody_else() -> None:
    alice = Somebody()
    for scope in ("WALLET", "TEAM", "COMPANY"):
        give_present(alice.budget(scope))
    spends = [alice.colleague().spends(), alice.stranger().spends(), Somebody().spends(), alice.spends(team_id=None)]
    assert [len(found) for found in find_coverage(spends).allowances] == [2, 1, 0, 2]


@pytest.mark.parametrize(
    ("categories", "category", "is_covered"),
    [
        ([], "", True),
        ([], "travel", True),
        (["travel"], "travel", True),
        (["Travel", "meals"], "tRAVEL", True),
        (["travel"], "meals", False),
        (["travel"], "", False),
    ],
)
def test_categories(categories: list[str], category: str, is_covered: bool) -> None:
    alice = Somebody()
    give_present(alice.budget(categories=categories))
    assert bool(allowances(alice.spends(category=category))) is is_covered


@pytest.mark.parametrize("scope", ["WALLET", "TEAM", "COMPANY"])
@pytest.mark.parametrize(("enforcement", "blocks"), [("BLOCK", True), ("WARN", False), ("ALLOW", False)])
def test_without_a_rate_only_what_does_not_block_lets_pass(scope: str, enforcement: str, blocks: bool) -> None:
    alice = Somebody()
    budget = alice.budget(scope, currency="USD", enforcement=enforcement)
    give_present(budget)
    refusal = Unevaluable(kind=EnvelopeKind.BUDGET, rule_id=budget.id, name="Monthly budget")
    assert allowances(alice.spends()) == ((refusal,) if blocks else ())


@pytest.mark.parametrize(("enforcement", "blocks"), [("BLOCK", True), ("WARN", False), ("ALLOW", False)])
def test_without_a_calendar_only_what_does_not_block_lets_pass(enforcement: str, blocks: bool) -> None:
    alice = Somebody()
    budget = alice.budget(zone="Europe/Atlantis", enforcement=enforcement)
    give_present(budget)
    found = find_coverage([alice.spends()])
    refusal = Unevaluable(kind=EnvelopeKind.BUDGET, rule_id=budget.id, name="Monthly budget")
    assert found.allowances == [(refusal,) if blocks else ()]
    assert found.to_turn == frozenset(), "nobody can open a period of it"


@pytest.mark.parametrize(("enforcement", "blocks"), [("BLOCK", True), ("WARN", False), ("ALLOW", False)])
def test_a_missing_period_has_to_be_opened(enforcement: str, blocks: bool) -> None:
    alice = Somebody()
    budget = alice.budget(enforcement=enforcement)
    give_past(budget)
    found = find_coverage([alice.spends()])
    assert found.to_turn == {budget.id}
    refusal = Unevaluable(kind=EnvelopeKind.BUDGET, rule_id=budget.id, name="Monthly budget")
    assert found.allowances == [(refusal,) if blocks else ()]


def test_a_period_that_is_over_has_to_be_closed() -> None:
    """What it carries over has not arrived yet."""
    alice = Somebody()
    budget = alice.budget()
    give_past(budget, closed_at=None)
    period = give_present(budget)
    found = find_coverage([alice.spends()])
    assert found.to_turn == {budget.id}
    assert [envelope.owner_id for envelope in found.allowances[0] if isinstance(envelope, Envelope)] == [period.id]


def test_the_next_period_may_be_there_already() -> None:
    alice = Somebody()
    budget = alice.budget()
    period = give_present(budget)
    give_past(budget, ended=-50 * A_DAY, closed_at=None)
    found = find_coverage([alice.spends()])
    assert [[allowance.rule_id for allowance in each] for each in found.allowances] == [[budget.id]]
    assert [envelope.owner_id for envelope in found.allowances[0] if isinstance(envelope, Envelope)] == [period.id]
    assert found.to_turn == frozenset()


@pytest.mark.parametrize("status", ["SUSPENDED", "EXPIRED"])
def test_only_active_budgets_are_asked(status: str) -> None:
    alice = Somebody()
    give_present(alice.budget(status=status))
    found = find_coverage([alice.spends()])
    assert (found.allowances, found.to_turn) == ([()], frozenset())


@pytest.mark.parametrize(
    ("starts", "ends", "is_covered"), [(0, None, True), (1, None, False), (-9, 0, False), (-9, 1, True)]
)
def test_the_first_and_the_last_day(starts: int, ends: int | None, is_covered: bool) -> None:
    """In days from now. `end_date` is the first day without it, also before anybody has marked it EXPIRED."""
    alice, today = Somebody(), database_now().date()
    end_date = None if ends is None else today + ends * A_DAY
    give_present(alice.budget(start_date=today + starts * A_DAY, end_date=end_date))
    assert bool(allowances(alice.spends())) is is_covered


def test_all_rules_at_once_in_the_order_of_their_ids() -> None:
    """Four budgets and three limits; the count of a limit follows its amount."""
    alice = Somebody()
    budgets = [alice.budget(scope, **more) for scope, more in FOUR]
    for budget in budgets:
        give_present(budget)
    limits = [alice.limit(max_count=3), alice.limit(window="PER_TRANSACTION"), alice.limit(limited_type="PAYMENT")]
    found = [(one.rule_id, getattr(one, "asset", None)) for one in allowances(alice.spends(category="travel"))]
    per_rule = [(rule.id, asset) for rule in budgets for asset in ("EUR",)]
    per_rule += [(limits[0].id, "EUR"), (limits[0].id, "COUNT"), (limits[1].id, "EUR"), (limits[2].id, "EUR")]
    assert found == sorted(per_rule, key=lambda rule: rule[0])
    assert len(found) == 8


FOUR: list[tuple[str, dict[str, Any]]] = [
    ("WALLET", {}),
    ("WALLET", {"categories": ["travel"]}),
    ("TEAM", {}),
    ("COMPANY", {"period_type": "YEARLY"}),
]


@pytest.mark.parametrize(
    ("limited", "counted"),
    [
        ({}, ["PAYMENT", "TRANSFER", "WITHDRAWAL"]),
        ({"limited_type": "PAYMENT"}, ["PAYMENT"]),
        ({"limited_type": "TRANSFER"}, ["TRANSFER"]),
        ({"limited_type": "WITHDRAWAL"}, ["WITHDRAWAL"]),
        ({"currency": "USD"}, []),
        ({"status": "ENDED"}, []),
        ({"wallet_id": new_id()}, []),
    ],
    ids=["any", "payments", "transfers", "withdrawals", "another currency", "ended", "another wallet"],
)
def test_what_a_limit_counts(limited: dict[str, Any], counted: list[str]) -> None:
    alice = Somebody()
    limit = alice.limit(**limited)
    types = ["PAYMENT", "TRANSFER", "WITHDRAWAL"]
    found = find_coverage([alice.spends(type=type) for type in types]).allowances
    assert [
        type for type, each in zip(types, found, strict=True) if [one.rule_id for one in each] == [limit.id]
    ] == counted
    assert sum(map(len, found)) == len(counted)


def test_a_limit_binds_all_wallets_of_a_person_or_one() -> None:
    alice = Somebody()
    over_all, of_one = alice.limit(), alice.limit(wallet_id=alice.wallet_id)
    spends = [alice.spends(), alice.spends(wallet_id=new_id()), alice.colleague().spends()]
    found = [[one.rule_id for one in each] for each in find_coverage(spends).allowances]
    assert found == [sorted([over_all.id, of_one.id]), [over_all.id], []]


def test_a_limit_of_each_spend_is_a_ceiling() -> None:
    alice = Somebody()
    limit = alice.limit(window="PER_TRANSACTION", limited_type="PAYMENT", max_amount="250.5")
    expected = Ceiling(rule_id=limit.id, name="Single payment limit", asset="EUR", maximum=Decimal("250.5"))
    assert allowances(alice.spends()) == (expected,)


def test_a_limit_without_a_calendar_lets_nothing_pass() -> None:
    alice = Somebody()
    limit = alice.limit(zone="../etc/passwd")
    refusal = Unevaluable(kind=EnvelopeKind.LIMIT, rule_id=limit.id, name="Daily limit")
    assert allowances(alice.spends()) == (refusal,)


def test_a_late_spend_counts_on_the_limit_of_today() -> None:
    """A limit is about what somebody does in a day."""
    alice = Somebody()
    alice.limit()
    (envelope,) = allowances(alice.spends(at=database_now() - 3 * A_DAY))
    assert isinstance(envelope, Envelope)
    assert envelope.starts_at <= database_now() < envelope.ends_at
    assert envelope.ends_at - envelope.starts_at == A_DAY


@pytest.mark.parametrize(("spends", "rules"), [(1, 0), (1, 7), (50, 0), (50, 7)])
def test_one_query_however_much_is_asked(spends: int, rules: int) -> None:
    people = [Somebody() for _ in range(spends)]
    if rules:
        for person in people:
            for scope, more in FOUR:
                give_present(person.budget(scope, **more))
            for window in ("DAILY", "MONTHLY", "PER_TRANSACTION"):
                person.limit(window=window)
    at = database_now() - timedelta(seconds=1)
    asked = [person.spends(category="travel", at=at) for person in people]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = find_coverage(asked).allowances
    assert len(queries) == 1
    assert [len(each) for each in found] == [rules] * spends
