"""What the database did to answer a statement, from EXPLAIN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

Plan = dict[str, Any]


class Explained:
    """Runs statements and explains them, with the very parameters.

    `plans` has one plan per statement, with the pages that it touched. A statement that writes is explained and
    undone before it runs.
    """

    def __init__(self, only: str | None = None) -> None:
        self.only = only
        self.plans: list[Plan] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.only in {None, sql} and "SAVEPOINT" not in sql:
            execute("SAVEPOINT explaining", None, many, context)
            execute("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sql, params, many, context)
            (plan,) = context["cursor"].fetchone()
            self.plans.append(plan[0]["Plan"])
            execute("ROLLBACK TO explaining", None, many, context)
        return execute(sql, params, many, context)

    @property
    def pages(self) -> int:
        """How many pages all statements touched, in memory or not."""
        return sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in self.plans)

    def pages_of(self, table: str) -> int:
        """How many pages of one table and its indexes, all months together."""
        looks = [node for node in self.nodes if node.get("Relation Name", "").startswith(table)]
        return sum(node["Shared Hit Blocks"] + node["Shared Read Blocks"] for node in looks)

    @property
    def nodes(self) -> list[Plan]:
        return [node for plan in self.plans for node in _nodes(plan)]


@contextmanager
def explaining(*, only: str | None = None) -> Iterator[Explained]:
    """Explain what is sent inside, or `only` this one statement. Inside of a transaction."""
    explained = Explained(only)
    with connection.execute_wrapper(explained):
        yield explained


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
