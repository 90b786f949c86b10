"""How tables are looked at in the back office: within a scope, without change, and without counting what is large."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import and_, or_
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from ledger.admin.exports import Exporting
from ledger.ids import floor_id
from ledger.selectors.clock import database_now

MOST_ROWS = 10_000
"""How far one can page. Who looks for more, searches or filters."""
_COMPARISONS = frozenset({"", "exact", "in", "isnull", "gte", "gt", "lte", "lt", "id__exact", "code__exact"})


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic when it runs
    """Counts no further than one can page."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[:MOST_ROWS].count()


class EndlessPaginator(InfinitePaginator):  # type: ignore[misc]  # Unfold is untyped
    """Previous and next, no count: counting postings takes longer than anybody waits."""

    count = MOST_ROWS


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a detail page; `note` says what they are or where there are more."""

    title: str
    headers: tuple[str, ...]
    rows: list[list[Any]]
    note: str = ""
    numbers: ClassVar[frozenset[str]] = frozenset(
        {
            "Allowed",
            "Amount",
            "Balance after",
            "Required",
            "Available",
            "Pending",
            "Reserved",
            "Postings",
            "Left",
            "Short by",
            "Spent",
        }
    )
    """Headers of columns that are aligned right."""


class ReadOnlyAdmin(Exporting, ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    """Rows to look at. Nobody adds, changes or deletes any here, whatever his role."""

    actions = None
    list_per_page = 50
    list_fullwidth = True
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_before_template = "admin/exports.html"
    change_form_outer_after_template = "admin/tables.html"
    search_ids: tuple[str, ...] = ()
    search_words: tuple[str, ...] = ()
    search_parts: tuple[str, ...] = ()
    """What the search looks at: whole ids and words, which indexes find, and parts of words for short tables."""

    def visible(self, request: HttpRequest, object_id: str) -> Any:
        """The row of a page or of a button, for who may see it: Unfold hands over any id that was typed, whatever the
        list hides. What is not there, or not to be seen, is 404."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the filters of the screen ask. Django lets a query string ask about any column, hashes too."""
        return any(_asks(lookup, listed) for listed in self.list_filter)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Read once a request: a page asks for its row, and so does each of its buttons."""
        read: dict[tuple[str, str], Any] = request.__dict__.setdefault("rows_read", {})
        key = (self.opts.label_lower, str(object_id))
        if key not in read:
            read[key] = super().get_object(request, object_id, from_field)
        return read[key]

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.search_ids, *self.search_words, *self.search_parts)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if request.resolver_match is not None and request.resolver_match.url_name == "autocomplete":
            raise Http404  # it serves forms, of which there are none, and would show people to whom nobody looked
        term = search_term.strip()
        return (queryset.filter(self.matching(term)) if term else queryset), False

    def matching(self, term: str) -> Q:
        """The condition that a row answers a search: by a whole id, a whole reference, or parts of words."""
        found, id = Q(pk__in=[]), as_id(term)
        if id is not None:
            found |= _any(Q(**{name: id}) for name in self.search_ids)
        found |= _any(Q(**{name: term}) for name in self.search_words)
        return found | reduce(and_, (self._part(word) for word in term.split()))

    def list_of(self, request: HttpRequest) -> Any:
        """The list as the request filters and searches it."""
        return super().get_changelist_instance(request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = self.list_of(request)
        changelist.full_result_count = changelist.result_count  # the theme's header would tell an unknown total
        changelist.result_list = self.rows(request, list(changelist.result_list))
        return changelist

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The rows of a page, with what the screen shows beside their own columns."""
        return rows

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """What a detail page shows below the row's own fields."""
        return []

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        context["tables"] = self.tables(request, options["obj"])
        response: HttpResponse = super().render_change_form(request, context, **options)
        return response

    def _part(self, word: str) -> Q:
        return _any(Q(**{f"{name}__icontains": word}) for name in self.search_parts)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """What one may not see answers like what does not exist; Django would send him to the home page."""
        raise Http404


class RecordedFilter(admin.SimpleListFilter):
    """When a row was written, asked of its id: the ids sort by time, so no index is needed and months are skipped."""

    title = "recorded"
    parameter_name = "recorded"
    days: ClassVar[dict[str, int]] = {"day": 1, "week": 7, "month": 31}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("day", "Last 24 hours"), ("week", "Last 7 days"), ("month", "Last 31 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.days.get(self.value() or "")
        return queryset if days is None else queryset.filter(id__gte=floor_id(database_now() - timedelta(days=days)))


def _asks(lookup: str, listed: Any) -> bool:
    """Whether a parameter of the query string belongs to a filter of the screen."""
    if isinstance(listed, str):
        name, _, comparison = lookup.partition(listed)
        return name == "" and comparison.removeprefix("__") in _COMPARISONS
    return lookup == getattr(listed, "parameter_name", None) or lookup in getattr(listed, "boxes", ())


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))


def as_id(term: str) -> UUID | None:
    """What was typed, if it is a whole id."""
    try:
        return UUID(term)
    except ValueError:
        return None
