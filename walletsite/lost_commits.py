"""Whether a failure of the database leaves open what has happened: the connection broke around a COMMIT (ADR 0010)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from traceback import walk_tb

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from ledger.errors import CONNECTION_LOST

_COMMITTING = inspect.unwrap(BaseDatabaseWrapper._commit).__code__  # type: ignore[attr-defined]  # untyped


def is_commit_lost(error: BaseException) -> bool:
    """Whether this failure, or one that it came after, was met while committing.

    Django connects again at once when a commit fails; if that fails too, only the second failure is raised.
    """
    return any(
        isinstance(each, OperationalError)
        and getattr(each.__cause__, "sqlstate", None) in CONNECTION_LOST
        and any(frame.f_code is _COMMITTING for frame, _ in walk_tb(each.__traceback__))
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
