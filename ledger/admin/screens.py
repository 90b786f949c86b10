"""How tables are looked at in the back office: within a scope, without change, and without counting what is large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet, UUIDField
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from ledger.ids import floor_id
from ledger.selectors.clock import database_now

MOST_ROWS = 10_000
"""How far one can page. Who looks for more, searches or filters."""
_COMPARISONS = frozenset({"", "exact", "in", "isnull", "gte", "gt", "lte", "lt", "id__exact", "code__exact"})


class CappedPaginator(Paginator[Any]):
    """Counts no further than one can page."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[:MOST_ROWS].count()


class EndlessPaginator(InfinitePaginator):  # type: ignore[misc]  # Unfold is untyped
    """Previous and next, no count: counting postings takes longer than anybody waits."""

    count = MOST_ROWS


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    """Rows to look at. Nobody adds, changes or deletes any here, whatever his role (safety.md row 50)."""

    actions = None
    list_per_page = 50
    list_fullwidth = True
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the filters on the screen ask. Django lets a query string ask about any column, hashes too."""
        filters: Iterable[Any] = self.list_filter
        names = [name for name in filters if isinstance(name, str)]
        return any(lookup.removeprefix(name).lstrip("_") in _COMPARISONS for name in names if lookup.startswith(name))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole ids and references, which have indexes; `search_text` adds what people type parts of."""
        term = search_term.strip()
        return (queryset.filter(self.matching(term)) if term else queryset), False

    def matching(self, term: str) -> Q:
        """The condition that a row answers a search."""
        id, found = _as_id(term), Q(pk__in=[])
        for name in self.search_fields:
            if not isinstance(self._column(name), UUIDField):
                found |= Q(**{name: term})
            elif id is not None:
                found |= Q(**{name: id})
        return found

    def _column(self, name: str) -> Any:
        column: Any = self.model
        for part in name.split("__"):
            field = (column if hasattr(column, "_meta") else column.related_model)._meta.get_field(part)
            column = field
        return getattr(column, "target_field", column)

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


RowsWith = Callable[[list[Any]], None]


def _as_id(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
