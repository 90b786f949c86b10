"""Columns of values as PostgreSQL array literals.

A quarter faster in the database than Python lists through the driver and far cheaper in Python, where the
driver escapes every quote of a JSON text by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def literal(values: Iterable[Any]) -> str:
    """One array as text, for a parameter that the statement casts: `%s::uuid[]`. None becomes NULL."""
    return "{" + ",".join(map(_element, values)) + "}"


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[str]:
    """Rows turned into one literal per column; `width` of them also when there are no rows."""
    if not rows:
        return ["{}"] * width
    return [literal(column) for column in zip(*rows, strict=True)]


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        value = f"\\x{value.hex()}"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
