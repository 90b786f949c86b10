"""Approvals in the back office (product: maker-checker): what waits for whom, what would change, and the buttons that
answer. "All" is the log of approvals: nothing of it is ever deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from compliance.admin.staff import signed_in
from ledger.admin.cells import EMPTY, in_words, json_cell, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.selectors.clock import database_now
from wallets.admin.approvals.buttons import ApprovalButtons
from wallets.admin.approvals.filters import (
    ALL,
    TABS,
    AgeFilter,
    AmountFilter,
    OperationFilter,
    SubjectTeamFilter,
    WhoseFilter,
)
from wallets.admin.approvals.pages import (
    changes_cell,
    impact_table,
    names_for,
    outcome_words,
    person_cell,
    steps_table,
    target_cell,
    title_of,
    voters_of,
    votes_table,
)
from wallets.core.approving import CHECKERS
from wallets.models import Approval, ApprovalStatus
from wallets.selectors.approvals import approvals_visible_to, votes_of, waiting_for

MOST_WAITING = 100
"""Beyond which nobody reads a number."""


def waiting_approvals(request: HttpRequest) -> list[Approval]:
    """What waits for whoever is signed in, the oldest first, `MOST_WAITING` at most. Read once a request: the home page
    lists what the navigation counts."""
    kept: Any = request
    if not hasattr(kept, "waiting_approvals"):
        waiting = waiting_for(signed_in(request)).order_by("created_at", "id")
        kept.waiting_approvals = list(waiting[:MOST_WAITING])
    found: list[Approval] = kept.waiting_approvals
    return found


def waiting_badge(request: HttpRequest) -> str:
    """How many approvals wait for whoever is signed in, for the navigation; nothing when none do."""
    if signed_in(request).role not in CHECKERS:
        return ""
    count = len(waiting_approvals(request))
    return f"{count}+" if count == MOST_WAITING else str(count or "")


@admin.register(Approval)
class ApprovalAdmin(ApprovalButtons):
    list_filter = (WhoseFilter, "status", OperationFilter, SubjectTeamFilter, AmountFilter, AgeFilter)
    list_before_template = "admin/approvals/tabs.html"
    list_display = ("what", "target", "maker", "changes", "amount_label", "age", "time_left", "why")
    list_display_log = (
        "what",
        "target",
        "maker",
        "changes",
        "amount_label",
        "status_label",
        "created_at",
        "decided_at",
    )
    """Of the tab "All": what became of each instead of how long there is."""
    search_ids = ("id", "target_id", "requested_by", "subject_user_id")
    search_help_text = "Whole id of an approval, of what it is about, or of a person"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("what", "status_label"),
                    ("target", "amount_label"),
                    ("maker", "asked_where"),
                    ("reason",),
                    ("created_at", "expires_at"),
                    ("decided_at", "outcome_label"),
                )
            },
        ),
        (
            "As programs know it",
            {"classes": ("collapse",), "fields": (("operation", "arguments_json"), ("id", "target_version"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        return approvals_visible_to(signed_in(request))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display_log if request.GET.get(WhoseFilter.parameter_name) == ALL else self.list_display

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the tabs above it; what else was filtered stays filtered."""
        changelist = super().get_changelist_instance(request)
        name = WhoseFilter.parameter_name
        chosen = next(spec.value() for spec in changelist.filter_specs if isinstance(spec, WhoseFilter))
        changelist.tabs = [
            {"title": title, "url": changelist.get_query_string({name: tab}, ["p"]), "is_current": tab == chosen}
            for tab, title in TABS.items()
        ]
        return changelist

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows with their people, in the same few queries however many."""
        owners, now = names_for(request, rows), database_now()
        for row in rows:
            row.owners, row.now = owners, now
        return rows

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        self.rows(request, [options["obj"]])
        return super().render_change_form(request, context, **options)

    def tables(self, request: HttpRequest, row: Approval) -> list[Table]:
        votes = votes_of([row]).get(row.id, [])
        voters = voters_of(request, votes)
        return [impact_table(row), steps_table(row, votes, voters), votes_table(votes, voters)]

    @admin.display(description="What")
    def what(self, row: Approval) -> str:
        return title_of(row)

    @admin.display(description="On")
    def target(self, row: Any) -> str:
        return target_cell(row, row.owners)

    @admin.display(description="Asked by")
    def maker(self, row: Any) -> str:
        return person_cell(row.owners, row.requested_role, row.requested_by)

    @admin.display(description="Before → after")
    def changes(self, row: Approval) -> str:
        return changes_cell(row)

    @admin.display(description="Amount")
    def amount_label(self, row: Approval) -> str:
        return EMPTY if row.amount is None else money_cell(row.amount, row.currency)

    @admin.display(description="Age")
    def age(self, row: Any) -> str:
        return in_words(row.now - row.created_at)

    @admin.display(description="Time left")
    def time_left(self, row: Any) -> str:
        if row.status != ApprovalStatus.PENDING:
            return label_cell(row.status)
        return in_words(row.expires_at - row.now) if row.expires_at > row.now else "its time is up"

    @admin.display(description="Why")
    def why(self, row: Approval) -> str:
        return row.reason

    @admin.display(description="Status")
    def status_label(self, row: Approval) -> str:
        return label_cell(row.status)

    @admin.display(description="Asked where")
    def asked_where(self, row: Approval) -> str:
        return "In the back office" if row.source == "ADMIN" else "Over the interface"

    @admin.display(description="What came of it")
    def outcome_label(self, row: Approval) -> str:
        return outcome_words(row)

    @admin.display(description="Arguments")
    def arguments_json(self, row: Approval) -> str:
        return json_cell(row.arguments)
