"""The log of the regular jobs: what ran when, what it did, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, json_cell, label_cell
from ledger.admin.scoped import ScopedAdmin
from ledger.admin.screens import RecordedFilter
from ledger.models import JobRun
from ledger.selectors.scope import job_runs_within


class ShownFilter(admin.SimpleListFilter):
    """By outcome as it is shown: a run that nobody ended is interrupted, whatever is stored."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(outcome, outcome.capitalize()) for outcome in JobRun.Outcome.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(shown=self.value())


class JobRunAdmin(ScopedAdmin):
    rows_within = staticmethod(job_runs_within)
    list_display = ("started_at", "job", "outcome_label", "took", "done_text", "error")
    list_filter = ("job", ShownFilter, RecordedFilter)
    search_ids = ("id", "delivery_id")
    search_words = ("job",)
    search_help_text = "A job's name, such as ledger.seal, or a whole id"
    fields = (
        ("job", "outcome_label"),
        ("started_at", "finished_at", "took"),
        "done_json",
        "error",
        ("id", "delivery_id", "ends_by"),
    )

    @admin.display(description="Outcome")
    def outcome_label(self, run: Any) -> str:
        return label_cell(run.shown)

    @admin.display(description="Took")
    def took(self, run: JobRun) -> str:
        return EMPTY if run.duration is None else f"{run.duration.total_seconds():.3f} s"

    @admin.display(description="Done")
    def done_text(self, run: JobRun) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in run.done.items()) or EMPTY

    @admin.display(description="Done")
    def done_json(self, run: JobRun) -> str:
        return json_cell(run.done) if run.done else EMPTY
