"""What must be true of the ledger at any instant, each as a query for the first row that breaks it.

The queries know the tables but nothing of the code that fills them, so a fault there does not hide itself here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ledger.money import plain
from ledger.selectors.snapshot import whole_ledger
from ledger.services.invariants.announcements import ANNOUNCEMENTS
from ledger.services.invariants.documents import DOCUMENTS
from ledger.services.invariants.history import HISTORY
from ledger.services.invariants.holds import HOLDS
from ledger.services.invariants.invariant import Finding, Invariant
from ledger.services.invariants.money import MONEY
from ledger.services.invariants.sampled import SAMPLED

__all__ = ["INVARIANTS", "SAMPLED", "Finding", "Invariant", "check_invariants", "find_broken"]

INVARIANTS = MONEY + HISTORY + HOLDS + DOCUMENTS + ANNOUNCEMENTS


def check_invariants() -> Iterator[Finding]:
    """Check all invariants in one snapshot of the ledger, one after the other.

    Yields:
        A finding per invariant, in order.
    """
    with whole_ledger(), connection.cursor() as cursor:
        # Every query reads whole tables. Where the planner has no statistics yet, right after much was posted, it
        # would compare each row with each: minutes instead of a second for 5,600 movements.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for invariant in INVARIANTS:
            yield find_broken(cursor, invariant)


def find_broken(cursor: CursorWrapper, invariant: Invariant, parameters: Mapping[str, Any] | None = None) -> Finding:
    """Ask for the first row that breaks an invariant, of the rows that its parameters name."""
    cursor.execute(invariant.sql, parameters)
    row = cursor.fetchone()
    names = [column.name for column in cursor.description or ()]
    broken = None if row is None else {n: _text(v) for n, v in zip(names, row, strict=True)}
    return Finding(invariant, broken)


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
