"""Which thresholds have newly been reached, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budgets.core.thresholds import newly_reached


@pytest.mark.parametrize(
    ("allocated", "before", "used", "reached"),
    [
        pytest.param("200", "0", "140", [50], id="70-percent"),
        pytest.param("200", "0", "99.99", [], id="a-cent-below"),
        pytest.param("200", "0", "100", [50], id="to-the-cent"),
        pytest.param("200", "100", "159.99", [], id="reached-before"),
        pytest.param("200", "140", "160", [80], id="the-next"),
        pytest.param("200", "0", "200", [50, 80, 100], id="all-at-once-in-order"),
        pytest.param("200", "160", "260", [100], id="beyond-100"),
        pytest.param("200", "200", "260", [], id="from-100-on"),
        pytest.param("200", "140", "90", [], id="a-refund"),
        pytest.param("200", None, "170", [50, 80], id="whatever-was-before"),
        pytest.param("200", None, "0", [], id="no-use"),
        pytest.param("200", None, "-50", [], id="more-refunds-than-spends"),
        pytest.param("0", None, "0", [], id="nothing-allocated-nothing-used"),
        pytest.param("0", "0", "0.01", [50, 80, 100], id="nothing-allocated-and-a-cent-used"),
        pytest.param("-40", "0", "0.01", [50, 80, 100], id="less-than-nothing-allocated"),
        pytest.param("-40", "0.01", "5", [], id="less-than-nothing-and-used-before"),
        pytest.param("-40", None, "-10", [], id="less-than-nothing-and-refunds"),
        pytest.param("3", "0", "1.500000000000000000", [50], id="exactly-half-of-three"),
    ],
)
def test_what_a_change_reaches(allocated: str, before: str | None, used: str, reached: list[int]) -> None:
    found = newly_reached(
        [100, 50, 80],
        allocated=Decimal(allocated),
        used=Decimal(used),
        used_before=None if before is None else Decimal(before),
    )

    assert found == reached


def test_each_is_told_once_per_revision_whatever_is_refunded_meanwhile() -> None:
    thresholds, fired, told = [50, 80, 100], set[int](), []
    for before, used in [("0", "110"), ("110", "60"), ("60", "170"), ("170", "20"), ("20", "200"), ("200", "230")]:
        reached = newly_reached(
            thresholds, allocated=Decimal(200), used=Decimal(used), used_before=Decimal(before), fired=fired
        )
        fired.update(reached)
        told.append(reached)

    assert told == [[50], [], [80], [], [100], []]
    assert newly_reached(thresholds, allocated=Decimal(250), used=Decimal(230), fired=()) == [50, 80]


def test_thresholds_above_100_and_doubled_ones() -> None:
    assert newly_reached([120, 100, 120], allocated=Decimal(200), used=Decimal(240)) == [100, 120]
    assert newly_reached([], allocated=Decimal(200), used=Decimal(240)) == []
