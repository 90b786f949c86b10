"""The rows of a file through the services that one row alone would take: tried out and applied by the same code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.transaction import atomic

from compliance.core.origin import Origin as PersonOrigin
from compliance.models import User
from ledger.errors import Busy, InvalidInput, ServiceError, Unavailable
from ledger.money import EXACT, ZERO
from ledger.services.movements import Origin
from wallets.services.imports.directory import Directory
from wallets.services.imports.reading import Row
from wallets.services.wallets import ledger_origin

MOST_ERRORS = 500
"""So many mistakes of a file are told; who has more mends these first."""
NOTED_EVERY = 50

Values = Mapping[str, Any]
Numbered = tuple[int, Values]
Note = Callable[[int], None]
"""Told how many rows are done."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a row: the id of what was made, and whose it is about."""

    id: UUID
    team_id: UUID | None = None
    currency: str = ""
    amount: Decimal = ZERO


@dataclass(slots=True)
class Report:
    """What came of all rows."""

    totals: dict[str, Decimal] = field(default_factory=dict)
    teams: Counter[str] = field(default_factory=Counter)
    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: int, made: Made) -> None:
        self.results.append({"line": line, "id": str(made.id)})
        self.teams[str(made.team_id or "")] += 1
        if made.currency:
            self.totals[made.currency] = EXACT.add(self.totals.get(made.currency, ZERO), made.amount)

    def refuse(self, line: int, error: ServiceError) -> None:
        """Say what is wrong with a row, and in which column; never what stood there, which may be personal."""
        mistakes = error.data.get("errors") or [{"pointer": "", "detail": error.detail}]
        for mistake in mistakes:
            column = str(mistake["pointer"]).removeprefix("/")
            self.errors.append({"line": line, "column": column, "words": mistake["detail"]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What applying a row takes besides the row.

    Attributes:
        caller: whose import it is; each row is done as if he did it now.
    """

    import_id: UUID
    caller: User
    directory: Directory
    report: Report
    note: Note

    @property
    def reason(self) -> str:
        return f"Import {self.import_id}."

    @property
    def person_origin(self) -> PersonOrigin:
        return PersonOrigin(
            actor_id=self.caller.id, actor_role=self.caller.role, correlation_id=f"import:{self.import_id}"
        )

    @property
    def origin(self) -> Origin:
        return ledger_origin(self.person_origin)


def read_values(rows: list[Row], read: Callable[[Any], dict[str, Any]], report: Report) -> list[Numbered]:
    """The rows that say what their columns take; what is wrong with the others goes to the report."""
    read_rows: list[Numbered] = []
    for line, cells in rows:
        try:
            read_rows.append((line, read(cells)))
        except InvalidInput as error:
            report.refuse(line, error)
    return read_rows


def each(work: Work, rows: list[Numbered], make: Callable[[Work, Values], Made]) -> None:
    """Make one thing per row. A row that is refused leaves nothing behind, and the next one is tried."""
    for number, (line, values) in enumerate(rows, start=1):
        with refusals(work.report, line), atomic():
            work.report.add(line, make(work, values))
        if number % NOTED_EVERY == 0:
            work.note(number)


@contextmanager
def refusals(report: Report, line: int) -> Iterator[None]:
    """Take a refusal down as a mistake of its line. That somebody else is busy just now is none."""
    try:
        yield
    except (Busy, Unavailable):
        raise
    except ServiceError as error:
        report.refuse(line, error)
