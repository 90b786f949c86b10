"""What the checker says."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be.

    Attributes:
        invariant: its number in the list of what must hold (docs/proof.md).
    """

    invariant: str
    words: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.words}"


@dataclass(frozen=True, slots=True)
class Report:
    """
    Attributes:
        looked_at: how many rows and answers there were to look at, by kind. Nothing to look at proves nothing.
    """

    violations: tuple[Violation, ...]
    looked_at: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return not self.violations

    @property
    def broken(self) -> frozenset[str]:
        """The numbers of what does not hold."""
        return frozenset(violation.invariant for violation in self.violations)

    def words(self, most: int = 20) -> list[str]:
        """For people; a flood of one kind says no more than its first few."""
        return [str(violation) for violation in self.violations[:most]]
