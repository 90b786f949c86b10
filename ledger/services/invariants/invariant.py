"""What an invariant is, and what looking at one gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` returns one broken row; none means that it holds."""

    id: str
    title: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`broken` is the first row that breaks the invariant, as column name to text; None when it holds."""

    invariant: Invariant
    broken: dict[str, str] | None
