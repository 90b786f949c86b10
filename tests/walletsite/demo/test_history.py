from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from compliance.models import Role
from wallets.services.past import PastKind
from walletsite.demo.history import Planned, plan_history
from walletsite.demo.people import LENA, LOG_INS, MIA, PEOPLE, PURSES, TEAMS, TIME_ZONE, Purse
from walletsite.demo.spending import UNAFFORDABLE

LAST_DAY = date(2026, 3, 31)
BERLIN = ZoneInfo(TIME_ZONE)


@pytest.fixture(scope="module")
def history() -> list[Planned]:
    return plan_history(LAST_DAY)


def without_dates(history: list[Planned]) -> list[tuple[object, ...]]:
    facts = [(m.reference, m.kind, m.purse, m.receiver, m.cents, m.description) for m in history]
    return sorted(facts, key=lambda fact: (fact[0], fact[1]))


def is_affordable(movement: Planned) -> bool:
    return (movement.description, movement.cents) not in UNAFFORDABLE


def test_who_works_at_nordwind() -> None:
    assert (len(PEOPLE), len(TEAMS), len({person.email for person in PEOPLE})) == (24, 3, 24)
    assert [person.team for person in PEOPLE if person.role is Role.MANAGER] == list(TEAMS)
    assert {role: person.role.value for role, person in LOG_INS.items()} == {
        "employee": "EMPLOYEE",
        "manager": "MANAGER",
        "finance": "FINANCE",
        "checker": "FINANCE",
        "compliance": "COMPLIANCE",
        "auditor": "AUDITOR",
    }
    assert MIA.team == LENA.team


def test_which_wallets_they_have() -> None:
    assert Counter((purse.type.value, purse.currency) for purse in PURSES) == {
        ("PRIMARY", "EUR"): 24,
        ("BUSINESS", "USD"): 4,
        ("SAVINGS", "USD"): 2,
    }


def test_the_figures_are_always_these(history: list[Planned]) -> None:
    totals: Counter[tuple[str, str]] = Counter()
    for movement in history:
        totals[movement.kind.value, movement.purse.currency] += movement.cents
    counts = Counter(movement.kind.value for movement in history)
    assert counts == {"TOP_UP": 366, "DEBIT": 4069, "CREDIT": 84, "TRANSFER": 119}
    assert totals == {
        ("TOP_UP", "EUR"): 155_528_04,
        ("DEBIT", "EUR"): 191_646_46,
        ("CREDIT", "EUR"): 9_697_54,
        ("TRANSFER", "EUR"): 1_906_36,
        ("TOP_UP", "USD"): 33_735_77,
        ("DEBIT", "USD"): 25_947_78,
        ("CREDIT", "USD"): 1_864_35,
    }


@pytest.mark.parametrize("last_day", [date(2024, 2, 29), date(2025, 1, 1), date(2026, 8, 30)])
def test_only_the_dates_depend_on_the_day(history: list[Planned], last_day: date) -> None:
    assert without_dates(plan_history(last_day)) == without_dates(history)


@pytest.mark.parametrize("last_day", [LAST_DAY, date(2024, 2, 29), date(2025, 1, 1), date(2025, 10, 26)])
def test_it_ends_before_the_day_and_starts_fourteen_months_earlier(last_day: date) -> None:
    history = plan_history(last_day)
    first, last = history[0].at, history[-1].at
    assert last < datetime.combine(last_day, datetime.min.time(), tzinfo=BERLIN)
    assert last_day - last.date() < timedelta(days=15)
    months = (last_day.year - first.year) * 12 + last_day.month - first.month
    assert (months, first.astimezone(BERLIN).hour, first.tzinfo) == (14, 7, UTC)


def test_it_is_told_in_order_of_time(history: list[Planned]) -> None:
    moments = [movement.at for movement in history]
    assert moments == sorted(moments)


def test_people_spend_on_workdays_in_daytime(history: list[Planned]) -> None:
    spent = [m.at.astimezone(BERLIN) for m in history if m.kind is not PastKind.TOP_UP]
    assert {at.weekday() for at in spent} == {0, 1, 2, 3, 4}
    assert (min(at.hour for at in spent), max(at.hour for at in spent)) == (6, 22)


def test_no_wallet_is_overdrawn_at_any_moment(history: list[Planned]) -> None:
    left: Counter[Purse] = Counter()
    for movement in filter(is_affordable, history):
        incoming = movement.kind in (PastKind.TOP_UP, PastKind.CREDIT)
        left[movement.purse] += movement.cents if incoming else -movement.cents
        if movement.receiver is not None:
            left[movement.receiver] += movement.cents
        assert left[movement.purse] >= 0, movement
    assert set(left) == set(PURSES)
    assert max(left.values()) < min(cents for _, cents in UNAFFORDABLE), "what is refused is refused at any time"


def test_a_reference_is_used_once_per_kind(history: list[Planned]) -> None:
    assert max(Counter((m.kind, m.reference) for m in history).values()) == 1


def test_a_refund_gives_back_its_booking_two_or_more_days_later(history: list[Planned]) -> None:
    bookings = {m.reference: m for m in history if m.kind is PastKind.DEBIT}
    refunds = [m for m in history if m.kind is PastKind.CREDIT]
    assert refunds
    for refund in refunds:
        booking = bookings[refund.reference]
        assert (refund.purse, refund.cents) == (booking.purse, booking.cents)
        assert refund.description == f"Refund: {booking.description}"
        assert timedelta(days=1) < refund.at - booking.at < timedelta(days=5)


def test_colleagues_of_a_team_pay_each_other(history: list[Planned]) -> None:
    transfers = [m for m in history if m.kind is PastKind.TRANSFER]
    assert transfers
    for movement in transfers:
        assert movement.receiver is not None
        assert movement.receiver is not movement.purse
        assert movement.receiver.owner.team == movement.purse.owner.team


def test_no_text_names_a_person(history: list[Planned]) -> None:
    texts = " ".join({f"{m.description} {m.reference} {m.category}" for m in history}).lower()
    names = {name.lower() for person in PEOPLE for name in (person.first_name, person.last_name)}
    assert not [name for name in names if name in texts.split()]
    assert "@" not in texts
