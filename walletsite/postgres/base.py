"""The connection, as Django looks for it in a backend."""

from __future__ import annotations

from django.db import OperationalError
from django.db.backends.postgresql import base

CONNECTION_LOST = frozenset({None, "57P01", "57P02"})
"""SQLSTATEs: cut off, ended by an administrator, ended by a crash."""


class CommitLost(OperationalError):
    """The connection broke around COMMIT: nobody knows whether it happened (ADR 0010)."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Whoever commits in a plain `atomic` block may not say afterwards that nothing was changed."""

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # Django's own, which its types do not know
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) in CONNECTION_LOST:
                raise CommitLost(*error.args) from error.__cause__
            raise
