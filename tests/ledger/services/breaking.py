"""Breaking the ledger by hand, as only a superuser can, to see whether the checker names what is broken."""

from __future__ import annotations

from typing import Any, NamedTuple

from ledger.services.invariants import check_invariants
from tests.ledger.connecting import tampering


class Break(NamedTuple):
    """An act of a superuser, and what the invariant's finding must then say."""

    invariant: str
    what: str
    sql: str
    found: dict[str, str]

    def try_out(self, named: dict[str, Any]) -> None:
        """Do it, look what is found, undo it.

        Args:
            named: what the statement and the expectation call the rows.
        """
        with tampering() as cursor:
            cursor.execute(self.sql.format(**named))
            broken = next(finding.broken for finding in check_invariants() if finding.invariant.id == self.invariant)
        assert broken is not None
        expected = {column: text.format(**named) for column, text in self.found.items()}
        assert broken | expected == broken
