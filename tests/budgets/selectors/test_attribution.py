"""In which period of a budget a spend counts, to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from budgets.selectors.covering.budgets import Period, Rule
from ledger.ids import new_id
from ledger.services.allowances import Envelope
from tests.budgets.spending import Somebody

ALICE = Somebody()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Weeks of Berlin. The clocks change on Sunday, 29 March 2026: W13 lasts 167 hours.
W12 = Period(new_id(), at("2026-03-15T23:00"), at("2026-03-22T23:00"), is_closed=True, is_carried_out=False)
W13 = Period(new_id(), at("2026-03-22T23:00"), at("2026-03-29T22:00"), is_closed=True, is_carried_out=False)
W14 = Period(new_id(), at("2026-03-29T22:00"), at("2026-04-05T22:00"), is_closed=False, is_carried_out=False)
WEEKS = {W12.id: "W12", W13.id: "W13", W14.id: "W14"}


def rule(**more: Any) -> Rule:
    weekly = Rule(
        id=new_id(),
        name="Weekly budget",
        scope="WALLET",
        company_id=ALICE.company_id,
        team_id=None,
        wallet_id=ALICE.wallet_id,
        currency="EUR",
        categories=frozenset(),
        enforcement="BLOCK",
        status="ACTIVE",
        start_date=date(2026, 1, 5),
        end_date=None,
        zone="Europe/Berlin",
        grace_days=5,
        periods=(W14, W13, W12),
    )
    return replace(weekly, **more)


def where(asked: Rule, moment: str | None, now: str) -> tuple[str, bool, bool] | None:
    """The week, whether the decision has to fall into it, and whether the spend comes too late for its own."""
    found = asked.allowance(ALICE.spends(at=moment and at(moment)), at(now))
    if found is None:
        return None
    assert isinstance(found, Envelope)
    return WEEKS[found.owner_id], found.is_current, found.is_late


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2026-03-22T22:59:59", "W12"),
        ("2026-03-22T23:00:00", "W13"),
        ("2026-03-29T21:59:59", "W13"),
        ("2026-03-29T22:00:00", "W14"),
        ("2026-04-05T21:59:59", "W14"),
    ],
)
def test_now_lies_in_one_week(now: str, week: str) -> None:
    assert where(rule(), None, now) == (week, True, False)


@pytest.mark.parametrize(
    ("moment", "now", "found"),
    [
        ("2026-03-29T22:00:00", "2026-04-02T12:00", ("W14", True, False)),  # earlier, but of the same week
        ("2026-03-29T21:59:59", "2026-04-02T12:00", ("W13", False, False)),  # its own week, within grace
        ("2026-03-29T21:59:59", "2026-04-03T21:59:59", ("W13", False, False)),  # until 4 April in Berlin
        ("2026-03-29T21:59:59", "2026-04-03T22:00:00", ("W14", True, True)),
        ("2026-03-22T22:59:59", "2026-03-30T12:00", ("W14", True, True)),  # two weeks ago
        ("2026-02-01T12:00:00", "2026-03-30T12:00", ("W14", True, True)),  # before the oldest period
        ("2026-01-04T22:59:59", "2026-03-30T12:00", None),  # before the budget's first day
        ("2026-04-04T12:00:00", "2026-03-30T12:00", ("W14", True, False)),  # ahead: as if it were now
    ],
)
def test_late_spends(moment: str, now: str, found: tuple[str, bool, bool] | None) -> None:
    assert where(rule(), moment, now) == found


def test_what_is_carried_out_takes_nothing_more() -> None:
    carried = rule(periods=(W14, replace(W13, is_carried_out=True), W12))
    assert where(carried, "2026-03-29T12:00", "2026-03-30T12:00") == ("W14", True, True)


def test_no_grace() -> None:
    assert where(rule(grace_days=0), "2026-03-29T21:59:59", "2026-03-29T22:00:00") == ("W14", True, True)


@pytest.mark.parametrize("status", ["ACTIVE", "EXPIRED"])
@pytest.mark.parametrize(
    ("moment", "now", "found"),
    [
        (None, "2026-03-30T12:00", None),
        ("2026-03-29T21:59:59", "2026-03-30T12:00", ("W13", False, False)),
        ("2026-03-29T22:00:00", "2026-03-30T12:00", None),
        ("2026-03-29T21:59:59", "2026-04-03T22:00", None),
    ],
)
def test_a_budget_that_is_over(status: str, moment: str | None, now: str, found: tuple[str, bool, bool] | None) -> None:
    """It still takes what belongs to it, whether or not somebody has marked it EXPIRED by now."""
    over = rule(status=status, end_date=date(2026, 3, 30), periods=(W13, W12))
    assert where(over, moment, now) == found


@pytest.mark.parametrize(
    ("now", "is_covered"),
    [("2026-03-28T22:59:59", False), ("2026-03-28T23:00:00", True), ("2026-03-29T21:59:59", True)],
)
def test_days_begin_at_midnight_of_the_zone(now: str, is_covered: bool) -> None:
    """29 March is its first day, and its last: 23 hours."""
    of_one_day = rule(start_date=date(2026, 3, 29), end_date=date(2026, 3, 30))
    assert (where(of_one_day, None, now) is not None) is is_covered


@pytest.mark.parametrize(
    ("more", "now", "is_to_turn"),
    [
        ({}, "2026-04-02T12:00", False),
        ({}, "2026-04-05T22:00", True),
        ({"periods": (W14, replace(W13, is_closed=False))}, "2026-04-02T12:00", True),
        ({"periods": (W13, W12)}, "2026-03-29T22:00", True),
        ({"periods": (W13, W12), "end_date": date(2026, 3, 30)}, "2026-03-29T22:00", False),
        ({"periods": ()}, "2026-01-04T12:00", False),
        ({"periods": ()}, "2026-01-05T12:00", True),
        ({"periods": (), "zone": "Nowhere"}, "2026-01-05T12:00", False),
        ({"status": "EXPIRED"}, "2026-04-05T22:00", False),
    ],
)
def test_what_has_to_be_turned(more: dict[str, Any], now: str, is_to_turn: bool) -> None:
    assert rule(**more).is_to_turn(at(now)) is is_to_turn
