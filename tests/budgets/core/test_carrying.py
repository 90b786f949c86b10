"""What goes over from one period to the next, asked once, again, and after something came late."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budgets.core.carrying import Rollover, to_carry
from budgets.models import vocabulary

AMOUNTS = st.decimals(-(10**19), 10**19, places=18)
CAPS = st.none() | st.decimals(0, 10**19, places=18)
RULES = st.sampled_from(list(Rollover))


def test_the_words_are_those_of_the_models() -> None:
    assert [*Rollover] == vocabulary.Rollover.values


@pytest.mark.parametrize(
    ("rule", "cap", "available", "carried", "now"),
    [
        pytest.param("SURPLUS", "100", "120", "0", "100", id="a-surplus-of-120-capped-at-100"),
        pytest.param("SURPLUS", "100", "20", "100", "0", id="again"),
        pytest.param("SURPLUS", "100", "70", "100", "0", id="a-late-refund-above-the-cap"),
        pytest.param("SURPLUS", "100", "60", "0", "60", id="a-surplus-below-the-cap"),
        pytest.param("SURPLUS", "100", "25", "60", "25", id="a-late-refund-below-the-cap"),
        pytest.param("SURPLUS", "100", "70", "60", "40", id="a-late-refund-up-to-the-cap"),
        pytest.param("SURPLUS", "100", "-30", "100", "-30", id="a-late-spend-takes-back"),
        pytest.param("SURPLUS", None, "120", "0", "120", id="no-cap"),
        pytest.param("SURPLUS", "0", "120", "0", "0", id="a-cap-of-nothing"),
        pytest.param("SURPLUS", None, "-15", "0", "0", id="a-deficit-stays-where-it-is"),
        pytest.param("SURPLUS", None, "-75", "60", "-60", id="a-late-spend-takes-back-no-more-than-went"),
        pytest.param("SURPLUS_AND_DEFICIT", "100", "120", "0", "100", id="the-cap-binds-here-too"),
        pytest.param("SURPLUS_AND_DEFICIT", "100", "-250", "0", "-250", id="a-deficit-goes-wholly"),
        pytest.param("SURPLUS_AND_DEFICIT", "100", "0", "-250", "0", id="a-deficit-again"),
        pytest.param("SURPLUS_AND_DEFICIT", "100", "40", "-250", "40", id="a-late-refund-eases-a-deficit"),
        pytest.param("SURPLUS_AND_DEFICIT", "100", "400", "-250", "350", id="a-late-refund-turns-it"),
        pytest.param("NONE", None, "120", "0", "0", id="none-of-a-surplus"),
        pytest.param("NONE", None, "-120", "0", "0", id="none-of-a-deficit"),
    ],
)
def test_what_goes_over_now(rule: str, cap: str | None, available: str, carried: str, now: str) -> None:
    found = to_carry(
        rule, None if cap is None else Decimal(cap), available=Decimal(available), carried=Decimal(carried)
    )

    assert found == Decimal(now)


@settings(derandomize=True, deadline=None)
@given(rule=RULES, cap=CAPS, left=AMOUNTS, late=AMOUNTS)
def test_in_how_many_steps_a_period_closes_makes_no_difference(
    rule: Rollover, cap: Decimal | None, left: Decimal, late: Decimal
) -> None:
    first = to_carry(rule, cap, available=left, carried=Decimal(0))
    assert to_carry(rule, cap, available=left - first, carried=first) == 0

    second = to_carry(rule, cap, available=left - first + late, carried=first)
    assert first + second == to_carry(rule, cap, available=left + late, carried=Decimal(0))
    assert cap is None or first + second <= cap
