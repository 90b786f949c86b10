"""Where a session touches the database: before and after each statement, COMMIT and ROLLBACK among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from unittest.mock import patch

from django.db import connections


class Moment(StrEnum):
    BEFORE = "before"
    AFTER = "after"


Reached = Callable[[Moment, str], None]


@contextmanager
def watching(reached: Reached) -> Iterator[None]:
    """Call `reached` at each boundary of this thread's session. A statement that fails has no AFTER."""
    session: Any = connections["default"]  # its ends have no public name

    def execute(run: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        reached(Moment.BEFORE, str(sql))
        result = run(sql, params, many, context)
        reached(Moment.AFTER, str(sql))
        return result

    def ending(word: str, end: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            reached(Moment.BEFORE, word)
            end()
            reached(Moment.AFTER, word)

        return run

    commit, rollback = ending("COMMIT", session._commit), ending("ROLLBACK", session._rollback)
    with (
        session.execute_wrapper(execute),
        patch.object(session, "_commit", commit),
        patch.object(session, "_rollback", rollback),
    ):
        yield
