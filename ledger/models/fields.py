"""How money lies in the database, and the checks that go with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, overload

from django.db import models

from ledger.money import LIMIT


@overload
def money(*, null: Literal[True], **options: Any) -> models.DecimalField[Decimal | None, Decimal | None]: ...


@overload
def money(**options: Any) -> models.DecimalField[Decimal, Decimal]: ...


def money(**options: Any) -> models.DecimalField[Any, Any]:
    """A NUMERIC(38,18) column. Always give it a check from this module: NUMERIC accepts NaN and Infinity."""
    return models.DecimalField(max_digits=38, decimal_places=18, **options)


def in_range(field: str, *, lowest: Decimal = -LIMIT) -> models.Q:
    """Between `lowest` and LIMIT, both outside. NaN and Infinity sort above every number and so fall out."""
    return models.Q(**{f"{field}__gt": lowest, f"{field}__lt": LIMIT})


def not_negative(field: str) -> models.Q:
    return models.Q(**{f"{field}__gte": Decimal(0), f"{field}__lt": LIMIT})


def positive(field: str) -> models.Q:
    return models.Q(**{f"{field}__gt": Decimal(0), f"{field}__lt": LIMIT})
