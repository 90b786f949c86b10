"""Columns of values as PostgreSQL array literals.

A quarter faster in the database than Python lists through the driver and far cheaper in Python, where the
driver escapes every quote of a JSON text by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID


def literal(values: Iterable[Any]) -> str:
    """One array as text, for a parameter that the statement casts: `%s::uuid[]`. None becomes NULL."""
    return "{" + ",".join([_WRITTEN.get(type(value), _quoted)(value) for value in values]) + "}"


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[str]:
    """Rows turned into one literal per column; `width` of them also when there are no rows."""
    if not rows:
        return ["{}"] * width
    return [literal(column) for column in zip(*rows, strict=True)]


def _quoted(value: object) -> str:
    """Anything, as its text. Most texts need no escaping, and looking is cheaper than replacing."""
    text = str(value)
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if '"' in text:
        text = text.replace('"', '\\"')
    return f'"{text}"'


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "NULL",
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    UUID: lambda value: f"{value.int:032x}",
    int: str,
    Decimal: str,
}
"""What needs no quotes, by its exact type. Whatever is not named here is quoted."""
