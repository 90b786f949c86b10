"""Filters that are typed in: amounts from and to, days from and to, a word. They are forms and need no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.admin.screens import as_id
from ledger.days import ONE_DAY
from ledger.errors import MoneyInvalid
from ledger.ids import ID_LAG, floor_id
from ledger.money import parse_amount

LONGEST_TEXT = 128
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
"""Days beyond these are typing errors."""


class TypedFilter(admin.ListFilter):
    """One or more boxes that are sent together. What cannot be read finds nothing, and says so.

    Attributes:
        boxes: the parameters of the query string, with their labels. kind: of the boxes, as HTML names it.
    """

    template = "admin/typed_filter.html"
    boxes: ClassVar[Mapping[str, str]]
    kind: ClassVar[str] = "text"

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: type[Any], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.query, self.error = request.GET, ""
        for name in self.boxes:
            typed = [text.strip()[:LONGEST_TEXT] for text in params.pop(name, []) if text.strip()]
            if typed:
                self.used_parameters[name] = typed[-1]

    def typed(self, name: str) -> str | None:
        """What a box holds; None = nothing."""
        text = self.used_parameters.get(name)
        return None if text is None else str(text)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.boxes)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """One, for the template: the boxes as they are filled in, and the rest of the query string."""
        others = [(name, value) for name, values in self.query.lists() for value in values]
        boxes = [(name, label, self.used_parameters.get(name, "")) for name, label in self.boxes.items()]
        kept = [(name, value) for name, value in others if name not in self.boxes and name != "p"]
        yield {"boxes": boxes, "kept": kept, "error": self.error, "is_used": bool(self.used_parameters)}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.used_parameters:
            return queryset
        try:
            return self.narrowed(queryset)
        except ValueError as error:
            self.error = str(error)
            return queryset.none()

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that answer what was typed.

        Raises:
            ValueError: it cannot be read; what to tell.
        """
        raise NotImplementedError


class AmountFilter(TypedFilter):
    """Attributes:

    column: what is compared; in the rows' own currencies.
    """

    title = "amount"
    boxes = {"amount_from": "From", "amount_to": "To"}
    column: ClassVar[str] = "amount"

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (_amount(self.typed(name)) for name in self.boxes)
        if first is not None:
            queryset = queryset.filter(**{f"{self.column}__gte": first})
        return queryset if last is None else queryset.filter(**{f"{self.column}__lte": last})


class DayFilter(TypedFilter):
    """Whole days, in UTC like all times here. Ids sort by time, so months outside are skipped.

    Attributes:
        column: the row's own time; "" = only its id tells.
    """

    title = "day"
    boxes = {"day_from": "From", "day_to": "To, with"}
    kind = "date"
    column: ClassVar[str] = ""

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (_day(self.typed(name)) for name in self.boxes)
        lag = ID_LAG if self.column else ID_LAG * 0
        if first is not None:
            start = _midnight(first)
            queryset = queryset.filter(id__gte=floor_id(start - lag))
            queryset = queryset.filter(**{f"{self.column}__gte": start}) if self.column else queryset
        if last is not None:
            end = _midnight(last + ONE_DAY)
            queryset = queryset.filter(id__lt=floor_id(end + lag))
            queryset = queryset.filter(**{f"{self.column}__lt": end}) if self.column else queryset
        return queryset


class CreatedFilter(DayFilter):
    column = "created_at"


class ReferenceFilter(TypedFilter):
    title = "booking or other reference"
    boxes = {"reference": "The whole of it"}

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reference_id=self.used_parameters["reference"])


class CategoryFilter(TypedFilter):
    title = "category"
    boxes = {"category": "The whole word"}

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(metadata__category=self.used_parameters["category"])


class AccountFilter(TypedFilter):
    """Of postings."""

    title = "account"
    boxes = {"account": "Whole id"}

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        id = as_id(self.typed("account") or "")
        if id is None:
            raise ValueError("This is not the whole id of an account.")
        return queryset.filter(account_id=id)


def days_between(first: date, last: date) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which the first day begins and the last one is over."""
    return _midnight(first), _midnight(last + ONE_DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return parse_amount(text, zero_allowed=True)
    except MoneyInvalid:
        raise ValueError("Write amounts like 1234.50.") from None


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("Write days like 2026-03-31.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"A day from {FIRST_DAY} to {LAST_DAY}.")
    return day
