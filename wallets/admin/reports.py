"""Reports: budget against actual, how long money has been held, and the statements of a month as one file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from compliance.admin.staff import signed_in
from compliance.api.looks import note_looks
from compliance.api.origin import origin_of_admin
from compliance.selectors.scope import sees_whole_company, teams_visible_to
from ledger.admin.cells import EMPTY, Cell, label_cell, money_cell
from ledger.admin.screens import ReadOnlyAdmin, Table
from ledger.api.csv_files import CONTENT_TYPE, csv_lines, safe_cell
from ledger.errors import ServiceError
from wallets.admin.dialogs import HistoryReasonForm, tell
from wallets.models import PackState, StatementPack
from wallets.selectors.imports import packs_visible_to
from wallets.selectors.reports import ageing_of_holds, spend_by_team
from wallets.services.statement_packs import ask_for_pack, fetch_pack


class MonthForm(HistoryReasonForm):
    month = forms.DateField(
        input_formats=["%Y-%m"],
        widget=UnfoldAdminTextInputWidget({"type": "month"}),
        help_text="A month that is over, such as 2026-10.",
    )
    field_order = ("month", "reason")


PACK: dict[str, Any] = {
    "title": "Pack the statements of a month?",
    "description": "One ZIP with the PDF and CSV of every wallet and a summary. It is made in the background and kept "
    "for a day. Who fetches it is recorded.",
    "form_class": MonthForm,
    "form_submit_text": "Pack",
}


def spend_table(request: HttpRequest) -> Table:
    caller = signed_in(request)
    teams = dict(teams_visible_to(caller).values_list("id", "name"))
    rows = [
        [
            teams.get(row.team_id, "A team") if row.team_id else "No team",
            row.category or "All spends",
            row.budgets,
            *(money_cell(amount, row.currency) for amount in (row.allowed, row.spent, row.reserved, row.left)),
            row.currency,
        ]
        for row in spend_by_team(caller)
    ]
    headers = ("Team", "Category", "Budgets", "Allowed", "Spent", "Reserved", "Left", "Currency")
    note = "Active budgets in their current periods. A spend that several of them cover counts in each."
    return Table("Budget against actual, by team and category", headers, rows, note)


def holds_table(request: HttpRequest) -> Table:
    rows = [
        [row.age, row.holds, money_cell(row.left, row.currency), row.currency]
        for row in ageing_of_holds(signed_in(request))
    ]
    return Table("How long money has been held", ("Open for", "Holds", "Left", "Currency"), rows, "Open holds only.")


REPORTS: dict[str, Callable[[HttpRequest], Table]] = {"spend": spend_table, "holds": holds_table}


@admin.register(StatementPack)
class StatementPackAdmin(ReadOnlyAdmin):
    list_display = ("month_label", "state_label", "wallets", "size_label", "link", "maker", "created_at", "expires_at")
    list_filter = ("state",)
    search_ids = ("id",)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_display_links = None
    list_before_template = "admin/wallets/statementpack/reports.html"
    actions_list = ("pack",)
    fields = (
        ("month_label", "state_label"),
        ("wallets", "size_label"),
        ("link", "maker"),
        ("created_at", "expires_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementPack]:
        return packs_visible_to(signed_in(request))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        note_looks(request, {row.made_by_id for row in rows})
        return rows

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("report/<slug:name>/", view(self.report), name="wallets_statementpack_report"),
            path("report/<slug:name>/csv/", view(self.report_file), name="wallets_statementpack_report_file"),
            path("<uuid:object_id>/file/", view(self.download), name="wallets_statementpack_file"),
            *super().get_urls(),
        ]

    def report(self, request: HttpRequest, name: str) -> HttpResponse:
        """One report as a page, over what the member of staff may see."""
        table = self._table(request, name)
        context = {**self.admin_site.each_context(request), "title": table.title, "tables": [table]}
        return TemplateResponse(request, "admin/wallets/statementpack/report.html", context)

    def report_file(self, request: HttpRequest, name: str) -> HttpResponse:
        table = self._table(request, name)
        lines = [table.headers, *([_plain(cell) for cell in row] for row in table.rows)]
        disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return HttpResponse(csv_lines(lines), content_type=CONTENT_TYPE, headers=disposition)

    def _table(self, request: HttpRequest, name: str) -> Table:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if name not in REPORTS:
            raise Http404
        return REPORTS[name](request)

    def download(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The file of a pack, while it is there."""
        pack: StatementPack | None = self.get_queryset(request).filter(id=object_id).first()
        if pack is None or not self.has_view_permission(request):
            raise Http404
        context = f"{request.method} {request.path}"[:200]
        try:
            pieces = fetch_pack(pack, caller=signed_in(request), origin=origin_of_admin(request), context=context)
        except ServiceError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(reverse("admin:wallets_statementpack_changelist"))
        disposition = {"Content-Disposition": f'attachment; filename="statements-{pack.month:%Y-%m}.zip"'}
        return StreamingHttpResponse(pieces, content_type="application/zip", headers=disposition)

    def has_pack_permission(self, request: HttpRequest) -> bool:
        return sees_whole_company(signed_in(request))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Pack the statements of a month", permissions=["pack"], dialog=PACK, icon="folder_zip"
    )
    def pack(self, request: HttpRequest, form: MonthForm) -> HttpResponse:
        month: date = form.cleaned_data["month"]
        reason: str = form.cleaned_data["reason"]

        def act() -> str:
            ask_for_pack(caller=signed_in(request), month=month, reason=reason, origin=origin_of_admin(request))
            return f"The statements of {month:%B %Y} are being packed. Come back in a minute."

        return tell(request, act, reverse("admin:wallets_statementpack_changelist"))

    @admin.display(description="Month")
    def month_label(self, row: StatementPack) -> str:
        return f"{row.month:%Y-%m}"

    @admin.display(description="State")
    def state_label(self, row: StatementPack) -> str:
        return label_cell(row.state)

    @admin.display(description="Size")
    def size_label(self, row: StatementPack) -> str:
        return filesizeformat(row.size) if row.size else EMPTY

    @admin.display(description="File")
    def link(self, row: StatementPack) -> str:
        if row.state != PackState.READY:
            return EMPTY
        url = reverse("admin:wallets_statementpack_file", args=[row.id])
        return format_html('<a class="text-link" href="{}">Download</a>', url)

    @admin.display(description="By")
    def maker(self, row: StatementPack) -> str:
        return row.made_by.get_full_name()


def _plain(cell: object) -> object:
    """What a file says in the place of a cell."""
    if isinstance(cell, Cell):
        return cell.value
    return safe_cell(cell) if isinstance(cell, str) else cell
