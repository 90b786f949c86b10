from __future__ import annotations

import ast
from pathlib import Path, PurePosixPath

import pytest
from django.apps import apps

from tests.architecture.house_rules import Rule, rules

ROOT = Path(__file__).parents[2]
OURS = ("ledger", "budgets", "compliance", "wallets", "walletsite")
APPEND_ONLY = frozenset(model.__name__ for model in apps.get_models() if getattr(model, "APPEND_ONLY", False))
RULES = rules(APPEND_ONLY)
FILES = {
    PurePosixPath(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for app in OURS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_house_keeps(rule: Rule) -> None:
    broken = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path, tree in FILES.items()
        if rule.applies(path)
        for node in rule.find(tree)
    ]
    assert not broken, f"{rule.name}, because {rule.reason}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_can_fail(rule: Rule) -> None:
    assert list(rule.find(ast.parse(rule.bad)))
    assert not list(rule.find(ast.parse(rule.good)))


def test_the_rules_see_the_files_and_the_models() -> None:
    assert PurePosixPath("ledger/core/machine.py") in FILES
    assert {"Posting", "Event"} <= APPEND_ONLY


def test_where_a_rule_applies() -> None:
    locks, clock = RULES[0], RULES[3]
    assert not locks.applies(PurePosixPath("wallets/locks.py"))
    assert locks.applies(PurePosixPath("wallets/services/wallets.py"))
    assert clock.applies(PurePosixPath("ledger/core/machine.py"))
    assert not clock.applies(PurePosixPath("ledger/ids.py"))


def test_no_room_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "helpers", "common", "misc", "base"}
    assert not [path for path in FILES if empty_words & {*path.parts, path.stem}]


def test_no_file_is_longer_than_a_reader() -> None:
    too_long = {str(path): len((ROOT / path).read_text().splitlines()) for path in FILES}
    assert not {path: lines for path, lines in too_long.items() if lines > 300}
