"""What was found: one row per promise, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Report:
    """Rows, in the order in which they were found.

    Attributes:
        patience: how many times longer than promised recovering may take.
    """

    patience: float = 1
    rows: list[tuple[str, str, bool]] = field(default_factory=list)

    def note(self, what: str, seen: object) -> None:
        """A figure that nothing is promised about."""
        self.rows.append((what, str(seen), True))

    def require(self, what: str, seen: object, is_kept: bool) -> None:
        self.rows.append((what, str(seen), is_kept))

    def require_none(self, what: str, broken: int, of: int | str = "") -> None:
        self.require(what, f"{broken} of {of}" if of != "" else broken, broken == 0)

    @property
    def is_good(self) -> bool:
        return all(kept for _, _, kept in self.rows)

    def show(self, console: Console, title: str) -> None:
        table = Table(title=title)
        for heading in ("what", "seen", ""):
            table.add_column(heading, overflow="fold")
        for what, seen, kept in self.rows:
            table.add_row(what, seen, "" if kept else "BROKEN", style=None if kept else "bold red")
        console.print(table)
