"""Which requests rules ask a second person for, and when enough people have agreed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from wallets.core.approving import (
    Facts,
    Step,
    fault_of,
    is_complete,
    matches,
    role_that_counts,
    step_data,
    step_from_data,
)

RAISE = Facts(
    maker_role="MANAGER", source="ADMIN", amount=Decimal(1000), currency="EUR", kinds=frozenset({"RAISE", "MODE"})
)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], True),
        ([{}], True),
        ([{"amount_gte": "1000"}], True),
        ([{"amount_gte": "1000.01"}], False),
        ([{"currency": "EUR"}], True),
        ([{"currency": "USD"}], False),
        ([{"maker_roles": ["FINANCE", "MANAGER"]}], True),
        ([{"maker_roles": ["FINANCE"]}], False),
        ([{"sources": ["ADMIN"]}], True),
        ([{"sources": ["API"]}], False),
        ([{"kinds": ["RAISE"]}], True),
        ([{"kinds": ["SWEEP"]}], False),
        ([{"amount_gte": "1", "currency": "USD"}], False),
        ([{"amount_gte": "1", "currency": "EUR", "sources": ["ADMIN"]}], True),
        ([{"currency": "USD"}, {"sources": ["ADMIN"]}], True),
        ([{"currency": "USD"}, {"sources": ["API"]}], False),
    ],
)
def test_all_of_one_block_has_to_hold(blocks: list[dict[str, Any]], expected: bool) -> None:
    assert matches(blocks, RAISE) is expected


def test_what_has_no_amount_is_never_large() -> None:
    assert not matches([{"amount_gte": "0.01"}], Facts(maker_role="FINANCE", source="API"))


@pytest.mark.parametrize(
    "blocks",
    [
        None,
        {},
        ["x"],
        [{"amount": "1"}],
        [{"amount_gte": 1000}],
        [{"amount_gte": "0"}],
        [{"amount_gte": "-1"}],
        [{"amount_gte": "1e3"}],
        [{"currency": "XXX"}],
        [{"currency": ["EUR"]}],
        [{"maker_roles": []}],
        [{"maker_roles": ["EMPLOYEE"]}],
        [{"maker_roles": "FINANCE"}],
        [{"sources": ["CONSOLE"]}],
        [{"kinds": ["LOWER"]}],
        [{}] * 11,
    ],
)
def test_a_rule_that_says_nothing_known_has_a_fault(blocks: Any) -> None:
    assert fault_of(blocks, currencies=["EUR"], kinds=frozenset({"RAISE"}))


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [{}],
        [{"amount_gte": "1000.00", "currency": "EUR"}, {"maker_roles": ["SYSTEM"], "sources": ["API"]}],
        [{"kinds": ["RAISE"]}],
    ],
)
def test_a_good_rule_has_none(blocks: Any) -> None:
    assert fault_of(blocks, currencies=["EUR"], kinds=frozenset({"RAISE"})) is None


def step(*checkers: str, needed: int = 1) -> Step:
    return Step(name="A rule", checkers=checkers, needed=needed)


F, M, C = "FINANCE", "MANAGER", "COMPLIANCE"


@pytest.mark.parametrize(
    ("steps", "roles", "expected"),
    [
        ([step(F)], [], False),
        ([step(F)], [F], True),
        ([step(F)], [M], False),
        ([step(F, needed=2)], [F], False),
        ([step(F, needed=2)], [F, F], True),
        ([step(F), step(F)], [F], False),
        ([step(F), step(F)], [F, F], True),
        ([step(F), step(C)], [C, F], True),
        ([step(F, M), step(F)], [F, M], True),
        ([step(F, M), step(F), step(M, C)], [F, F, C], True),
        ([step(F, M), step(F), step(M, C)], [M, M, C], False),
        ([step(F, M, needed=2), step(F)], [F, M, M], True),
    ],
)
def test_nobody_fills_two_places(steps: list[Step], roles: list[str], expected: bool) -> None:
    assert is_complete(steps, roles) is expected
    assert is_complete(steps, roles[::-1]) is expected


@pytest.mark.parametrize(
    ("steps", "roles", "offered", "expected"),
    [
        ([step(F)], [], [F], F),
        ([step(F)], [], [M, F], F),
        ([step(F)], [F], [F], None),
        ([step(F), step(C)], [F], [F], None),
        ([step(F), step(C)], [F], [F, C], C),
        ([step(F, M), step(F)], [F], [M], M),
    ],
)
def test_a_word_counts_with_the_first_role_that_fills_an_open_place(
    steps: list[Step], roles: list[str], offered: list[str], expected: str | None
) -> None:
    assert role_that_counts(steps, roles, offered) == expected


def test_a_step_comes_back_as_it_was_frozen() -> None:
    whole = Step(name="Reversals", checkers=(F, C), needed=2, rule_id=UUID(int=7))
    assert step_from_data(step_data(whole)) == whole
    assert step_from_data(step_data(step(F))) == step(F)
