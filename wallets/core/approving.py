"""Which requests need a second person, and when enough of them have agreed (ADR 0035)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.errors import MoneyInvalid
from ledger.money import parse_amount

CHECKERS = frozenset({"MANAGER", "FINANCE", "COMPLIANCE"})
"""Roles whose people may be asked to check. Services never are."""
MAKERS = CHECKERS | {"SYSTEM"}
SOURCES = frozenset({"ADMIN", "API"})
MOST_NEEDED = 3
MOST_BLOCKS = 10

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules look at.

    Attributes:
        amount: what it is about, in `currency`; None where there is no amount.
        kinds: what sort of case of its operation it is, such as RAISE.
    """

    maker_role: str
    source: str
    amount: Decimal | None = None
    currency: str = ""
    kinds: frozenset[str] = frozenset()


def matches(blocks: Sequence[Block], facts: Facts) -> bool:
    """Whether one of the blocks holds; without blocks always. All conditions of a block have to hold."""
    return not blocks or any(_holds(block, facts) for block in blocks)


def _holds(block: Block, facts: Facts) -> bool:
    if "amount_gte" in block and (facts.amount is None or facts.amount < Decimal(block["amount_gte"])):
        return False
    if "kinds" in block and facts.kinds.isdisjoint(block["kinds"]):
        return False
    wanted = (("currency", facts.currency), ("maker_roles", facts.maker_role), ("sources", facts.source))
    return all(name not in block or value in _listed(block[name]) for name, value in wanted)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


_WORDS = {"maker_roles": MAKERS, "sources": SOURCES}
_CONDITIONS = {"amount_gte", "currency", "kinds", *_WORDS}


def fault_of(blocks: Any, *, currencies: Iterable[str], kinds: frozenset[str]) -> str | None:
    """What is wrong with the blocks of a rule, in one sentence; None if nothing is.

    Args:
        currencies: asset codes that there are.
        kinds: those of the rule's operation.
    """
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS or not all(isinstance(one, dict) for one in blocks):
        return f"A rule has at most {MOST_BLOCKS} blocks, each an object of conditions."
    words = {**_WORDS, "kinds": kinds, "currency": frozenset(currencies)}
    return next((fault for block in blocks for name in block if (fault := _fault(name, block[name], words))), None)


def _fault(name: str, value: Any, words: Mapping[str, frozenset[str]]) -> str | None:
    if name not in _CONDITIONS:
        return f"There is no condition {name}."
    if name == "amount_gte":
        return None if _is_amount(value) else "amount_gte is an amount above zero, such as 1000.00."
    if name == "currency":
        return None if isinstance(value, str) and value in words[name] else "There is no such asset here."
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(one, str) and one in words[name] for one in value)
    ):
        return f"{name} lists some of {', '.join(sorted(words[name])) or 'nothing here'}."
    return None


def _is_amount(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return parse_amount(value) > 0
    except MoneyInvalid:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a rule asks for: so many people of these roles. Frozen in the request when it is made.

    Attributes:
        rule_id: None = the operation itself asks, whatever the rules say.
    """

    name: str
    checkers: tuple[str, ...]
    needed: int
    rule_id: UUID | None = None


def step_data(step: Step) -> dict[str, Any]:
    rule_id = None if step.rule_id is None else str(step.rule_id)
    return {"rule_id": rule_id, "name": step.name, "checkers": list(step.checkers), "needed": step.needed}


def step_from_data(data: Mapping[str, Any]) -> Step:
    rule_id = None if data["rule_id"] is None else UUID(data["rule_id"])
    return Step(name=data["name"], checkers=tuple(data["checkers"]), needed=data["needed"], rule_id=rule_id)


def filled(steps: Sequence[Step], roles: Sequence[str]) -> dict[int, int]:
    """Which people go to which steps so that as many places as possible are filled, nobody counted twice.

    Args:
        roles: of each person one.

    Returns:
        For each place that is filled, the index of its person. Places are numbered through all steps in order.
    """
    places = [step.checkers for step in steps for _ in range(step.needed)]
    held: dict[int, int] = {}

    def find(person: int, tried: set[int]) -> bool:
        """Seat a person, moving others to places that they fill as well (Kuhn 1955)."""
        for place, checkers in enumerate(places):
            if roles[person] in checkers and place not in tried:
                tried.add(place)
                if place not in held or find(held[place], tried):
                    held[place] = person
                    return True
        return False

    for person in range(len(roles)):
        find(person, set())
    return held


def places_of(steps: Sequence[Step]) -> int:
    """How many people have to agree in all."""
    return sum(step.needed for step in steps)


def is_complete(steps: Sequence[Step], roles: Sequence[str]) -> bool:
    """Whether people with these roles are enough for every step."""
    return len(filled(steps, roles)) == places_of(steps)


def role_that_counts(steps: Sequence[Step], roles: Sequence[str], offered: Sequence[str]) -> str | None:
    """The first of the offered roles with which one more person would fill a place that is still open."""
    before = len(filled(steps, roles))
    return next((role for role in offered if len(filled(steps, [*roles, role])) > before), None)
