"""Lists: pages by (created_at, id), and a signed cursor that carries the whole question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from rest_framework import serializers

from ledger.api.fields import StrictField, WholeNumberField, WordField
from ledger.api.serializers import StrictQuery, pointer_to, single_values
from ledger.api.views import unprefixed
from ledger.errors import InvalidInput
from ledger.ids import ID_LAG, floor_id

Row = TypeVar("Row", bound=Model)
MAX_LIMIT = 200
MAX_CURSOR_LENGTH = 4096
PLACES = {"limit", "cursor", "page"}
"""Parameters that say where in a list to look; all others are the question."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last row that a client has seen."""

    created_at: datetime
    id: UUID


class PaginationInvalid(InvalidInput):
    code = "pagination.invalid"


class PagingField(WholeNumberField):
    """How many rows, or which page; a wrong number is `pagination.invalid`."""

    def refuse(self, detail: str, code: str = "pagination.invalid") -> Any:
        super().refuse(detail, code)


class _CursorField(StrictField):
    """Opened by `PageQuery.parse`."""

    def to_internal_value(self, data: Any) -> str:
        return str(data)


class PageQuery(StrictQuery):
    """`limit`, `cursor` and `order`. A list with filters declares them in a subclass.

    A cursor carries the filters and the order of the question that it continues. They may be left out when it
    is sent, or repeated, but not changed: page two of another question would make no sense.
    """

    limit = PagingField(min_value=1, max_value=MAX_LIMIT, default=50, help_text="How many at most.")
    cursor = _CursorField(required=False, help_text="`next_cursor` of the page before.")
    order = WordField(("asc", "desc"), default="asc", help_text="By creation: oldest or newest first.")

    @classmethod
    def parse(cls, params: QueryDict, path: str) -> dict[str, Any]:
        """The validated values, with the `position` to go on from and the `next` cursor to be."""
        given, salt = single_values(params), f"cursor:{unprefixed(path)}"
        question = {name: value for name, value in given.items() if name not in PLACES}
        position = None
        if "cursor" in given:
            carried, position = open_cursor(given["cursor"], salt)
            if any(carried.get(name) != value for name, value in question.items()):
                raise PaginationInvalid("This cursor is of a list with other filters.", pointer=pointer_to("cursor"))
            question = carried
        return {**cls.read({**question, **given}), "position": position, "next": Cursor(question, salt)}


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the next cursor is made of, except the position."""

    question: dict[str, str]
    salt: str

    def after(self, position: Position) -> str:
        content = [self.question, position.created_at.isoformat(), str(position.id)]
        return signing.dumps(content, salt=self.salt, compress=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None

    def body(self, view: Callable[[Row], Any]) -> dict[str, Any]:
        """The JSON of the list, each row as `view` shows it."""
        page = {"next_cursor": self.next_cursor, "has_more": self.next_cursor is not None}
        return {"data": [view(row) for row in self.rows], "page": page}


def paginate(
    rows: QuerySet[Row],
    query: dict[str, Any],
    *,
    time: str = "created_at",
    offset: int = 0,
    is_monthly: bool = False,
) -> Page[Row]:
    """One page of rows, ordered by (`time`, id).

    Args:
        rows: scoped and filtered, in any order.
        query: what `PageQuery` read.
        time: the column of creation, with an index on (`time`, id).
        offset: rows to skip, for lists that are paged by number as well.
        is_monthly: the table is cut by month, and months beyond the cursor shall be left alone.
    """
    return _page(list(_cut(rows, query, time, is_monthly, offset)), query, time)


def paginate_together(
    one: QuerySet[Row],
    *others: QuerySet[Row],
    query: dict[str, Any],
    time: str = "created_at",
    is_monthly: bool = False,
) -> Page[Row]:
    """`paginate` of the rows that are in any of several parts; one query.

    Of "in this part or in that one" a database reads everything before it can tell which rows are first. Each part by
    itself lies in order in an index of its own, and a page needs no more than a page of each.
    """
    first, *rest = (_cut(part, query, time, is_monthly) for part in (one, *others))
    found = {row.pk: row for row in first.union(*rest, all=True)}
    is_descending = query["order"] == "desc"
    rows = sorted(found.values(), key=lambda row: (getattr(row, time), row.pk), reverse=is_descending)
    return _page(rows[: query["limit"] + 1], query, time)


def _cut(rows: QuerySet[Row], query: dict[str, Any], time: str, is_monthly: bool, offset: int = 0) -> QuerySet[Row]:
    """The rows of a page, and one more if there are more."""
    is_descending = query["order"] == "desc"
    if query["position"] is not None:
        rows = rows.filter(_beyond(query["position"], time, "lt" if is_descending else "gt"))
        if is_monthly:
            rows = rows.filter(_months_beyond(query["position"], is_descending=is_descending))
    sign = "-" if is_descending else ""
    return rows.order_by(f"{sign}{time}", f"{sign}id")[offset : offset + query["limit"] + 1]


def _page(found: list[Row], query: dict[str, Any], time: str) -> Page[Row]:
    shown = found[: query["limit"]]
    if len(found) == len(shown):
        return Page(shown, None)
    last = shown[-1]
    return Page(shown, query["next"].after(Position(getattr(last, time), last.pk)))


def open_cursor(cursor: str, salt: str) -> tuple[dict[str, str], Position]:
    """What a cursor of ours says.

    Raises:
        PaginationInvalid: not ours, changed, or of another list.
    """
    try:
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise signing.BadSignature
        question, created_at, id = signing.loads(cursor, salt=salt)
    except signing.BadSignature:
        raise PaginationInvalid("This is not a cursor of this list.", pointer=pointer_to("cursor")) from None
    return question, Position(datetime.fromisoformat(created_at), UUID(id))


def _beyond(position: Position, time: str, comparison: str) -> Q:
    """(time, id) beyond the position, written so that the index on both is used from its start."""
    reached = Q(**{f"{time}__{comparison}e": position.created_at})
    return reached & (Q(**{f"{time}__{comparison}": position.created_at}) | Q(**{f"id__{comparison}": position.id}))


def _months_beyond(position: Position, *, is_descending: bool) -> Q:
    """The same by the primary key, roughly: what the planner leaves months out by (ADR 0003)."""
    if is_descending:
        return Q(id__lt=floor_id(position.created_at + ID_LAG))
    return Q(id__gte=floor_id(position.created_at - ID_LAG))


class PageInfo(serializers.Serializer[Any]):
    """Documents the `page` member of every list."""

    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


def page_of(row: type[serializers.BaseSerializer[Any]]) -> type[serializers.BaseSerializer[Any]]:
    """Documents a list of such rows."""
    return type(f"{row.__name__}Page", (serializers.Serializer,), {"data": row(many=True), "page": PageInfo()})
