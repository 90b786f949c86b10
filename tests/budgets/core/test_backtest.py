"""Past spends run through another rule, without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from budgets.core.backtest import Allotted, Asked, PeriodOutcome, Returned, Start, Step, replay
from ledger.money import LOWEST

MARCH, APRIL = UUID(int=3), UUID(int=4)
AT = datetime(2026, 3, 10, tzinfo=UTC)


def asked(
    document: int, amount: str, *, period: UUID = MARCH, was_refused: bool = False, anyway: bool = False
) -> Asked:
    return Asked(
        period_id=period,
        document_id=UUID(int=document),
        at=AT,
        amount=Decimal(amount),
        was_refused=was_refused,
        is_refused_anyway=anyway,
    )


def returned(document: int, amount: str, *, period: UUID = MARCH) -> Returned:
    return Returned(period_id=period, document_id=UUID(int=document), amount=Decimal(amount))


def run(amount: str, *steps: Step, floor: str = "0") -> PeriodOutcome:
    return replay({MARCH: Start(Decimal(amount), Decimal(floor))}, steps)[MARCH]


def refused(outcome: PeriodOutcome) -> list[tuple[int, str, str]]:
    """The documents, what was left, and what was missing."""
    return [(one.asked.document_id.int, str(one.left), str(one.shortfall)) for one in outcome.refused]


def test_1200_instead_of_1500() -> None:
    """1,400 were spent of 1,500. With 1,200 the third does not pass; the smaller one after it does."""
    steps = asked(1, "700"), asked(2, "400"), asked(3, "200"), asked(4, "100")
    outcome = run("1200", *steps)
    assert refused(outcome) == [(3, "100", "100")]
    assert (outcome.spends, outcome.spent, outcome.left, outcome.refused_amount) == (4, 1200, 0, 200)
    assert refused(run("1500", *steps)) == []


def test_the_last_cent_passes_and_one_more_does_not() -> None:
    assert refused(run("100", asked(1, "100"))) == []
    assert refused(run("100", asked(1, "100.01"))) == [(1, "100", "0.01")]


def test_what_is_refused_does_not_come_back() -> None:
    outcome = run("100", asked(1, "150"), returned(1, "150"), asked(2, "101"))
    assert refused(outcome) == [(1, "100", "50"), (2, "100", "1")]
    assert (outcome.left, outcome.spent) == (100, 0)


def test_what_passes_comes_back_in_parts_and_makes_room() -> None:
    outcome = run("100", asked(1, "100"), returned(1, "30"), asked(2, "30"), asked(3, "1"), returned(1, "70"))
    assert refused(outcome) == [(3, "0", "1")]
    assert (outcome.left, outcome.spent) == (70, 30)


def test_what_was_refused_takes_its_room_once_it_passes() -> None:
    outcome = run("200", asked(1, "150", was_refused=True), asked(2, "60"))
    assert refused(outcome) == [(2, "50", "10")]
    assert (outcome.spends, outcome.was_refused) == (2, 1)


def test_what_another_gate_refused_takes_nothing() -> None:
    outcome = run("200", asked(1, "150", was_refused=True, anyway=True), asked(2, "60"))
    assert (refused(outcome), outcome.spent) == ([], 60)


def test_the_buffer_counts_and_warn_refuses_nothing() -> None:
    assert refused(run("100", asked(1, "120"), floor="-20")) == []
    assert refused(run("100", asked(1, "120.01"), floor="-20")) == [(1, "120", "0.01")]
    assert refused(run("100", asked(1, "9999"), floor=str(LOWEST))) == []


def test_what_a_period_was_given_meanwhile_counts_from_then() -> None:
    more = Allotted(period_id=MARCH, amount=Decimal(40))
    assert refused(run("60", asked(1, "90"), more, asked(2, "90"))) == [(1, "60", "30")]


def test_a_refund_to_another_period_follows_its_spend() -> None:
    starts = {MARCH: Start(Decimal(100), Decimal(0)), APRIL: Start(Decimal(50), Decimal(0))}
    steps = asked(1, "100"), asked(2, "10"), returned(1, "20", period=APRIL), returned(2, "10", period=APRIL)
    outcomes = replay(starts, steps)
    assert refused(outcomes[MARCH]) == [(2, "0", "10")]
    assert (outcomes[MARCH].left, outcomes[APRIL].left) == (0, 70)


AMOUNTS = st.integers(min_value=1, max_value=60)


@given(amount=AMOUNTS, wishes=st.lists(AMOUNTS, max_size=12))
def test_more_never_spends_less_of_the_same_wishes_than_all_that_fits(amount: int, wishes: list[int]) -> None:
    """What was spent never exceeds the amount, and whatever was refused did not fit."""
    steps = [asked(number, str(wish)) for number, wish in enumerate(wishes, start=1)]
    outcome = run(str(amount), *steps)
    assert 0 <= outcome.spent <= amount
    assert outcome.spent + outcome.refused_amount == sum(wishes)
    assert all(one.shortfall > 0 for one in outcome.refused)
