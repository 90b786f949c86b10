"""Imports in the back office: templates, a file's way from its upload to its end, its errors and results as files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from compliance.admin.staff import signed_in
from compliance.api.looks import note_looks
from compliance.api.origin import origin_of_admin
from compliance.selectors.scope import teams_visible_to
from ledger.admin.cells import EMPTY, id_cell, label_cell
from ledger.admin.exports import XLSX_TYPE
from ledger.admin.screens import ReadOnlyAdmin, RecordedFilter, Table
from ledger.api.csv_files import CONTENT_TYPE, csv_lines, safe_cell
from ledger.errors import InvalidInput, ServiceError
from wallets.admin.approvals.pages import approval_url
from wallets.admin.dialogs import HistoryReasonForm, tell
from wallets.models import Import, ImportKind, ImportState, Source
from wallets.selectors.imports import imports_visible_to
from wallets.services.import_requests import ask_to_apply
from wallets.services.imports.columns import FORMATS, Format
from wallets.services.imports.kinds import IMPORTERS
from wallets.services.imports.progress import progress_of
from wallets.services.imports.reading import MOST_BYTES, MOST_ROWS
from wallets.services.imports.stages import discard_import, take_in
from wallets.services.imports.templates import column_help, template_csv, template_xlsx

ERRORS_SHOWN = 50
REFRESH_SECONDS = 2
RUNNING = (ImportState.DRAFT, ImportState.APPLYING)
ASK: dict[str, Any] = {
    "title": "Ask to have this applied?",
    "description": "Somebody else has to approve it. Then all rows are applied, or none.",
    "form_class": HistoryReasonForm,
    "form_submit_text": "Ask",
}
DISCARD: dict[str, Any] = {
    "title": "Discard this import?",
    "description": "Nothing of it was applied, and nothing will be. The file can be uploaded again.",
    "form_class": HistoryReasonForm,
    "form_submit_text": "Discard",
}
TEMPLATES = {"csv": (template_csv, CONTENT_TYPE), "xlsx": (template_xlsx, XLSX_TYPE)}


class UploadForm(forms.Form):
    kind = forms.ChoiceField(choices=[(kind.value, FORMATS[kind].title) for kind in ImportKind])
    file = forms.FileField(
        allow_empty_file=True, widget=UnfoldAdminFileFieldWidget({"aria-label": "File", "accept": ".csv,.xlsx"})
    )


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = (
        "file_name",
        "kind_label",
        "state_label",
        "row_count",
        "mistakes",
        "totals_label",
        "maker",
        "created_at",
    )
    list_filter = ("state", "kind", RecordedFilter)
    search_ids = ("id", "approval_id")
    search_parts = ("file_name",)
    search_help_text = "Name of a file, or the whole id of an import or approval"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_before_template = "admin/wallets/import/list.html"
    change_form_outer_before_template = "admin/wallets/import/state.html"
    fields = (
        ("file_name", "kind_label"),
        ("row_count", "mistakes"),
        ("totals_label", "maker"),
        ("created_at", "checked_at"),
        ("ended_at", "outcome"),
        ("id", "approval"),
    )
    actions_detail = ("ask", "discard")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        return imports_visible_to(signed_in(request))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        note_looks(request, {row.made_by_id for row in rows})
        return rows

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        row: Import = options["obj"]
        note_looks(request, [row.made_by_id])
        done = min(progress_of(row.id), row.row_count)
        context["row"], context["done"], context["label"] = row, done, label_cell(row.state)
        context["percent"], context["is_running"] = done * 100 // row.row_count, row.state in RUNNING
        response = super().render_change_form(request, context, **options)
        if context["is_running"]:
            response.headers["Refresh"] = str(REFRESH_SECONDS)
        return response

    def tables(self, request: HttpRequest, row: Import) -> list[Table]:
        teams = {str(team.id): team.name for team in teams_visible_to(signed_in(request))}
        named = [[teams.get(id, "No team"), count] for id, count in row.teams.items()]
        wrong = [[error["line"], error["column"] or EMPTY, error["words"]] for error in row.errors[:ERRORS_SHOWN]]
        more = f"The first {ERRORS_SHOWN}; all of them are in the file." if len(row.errors) > ERRORS_SHOWN else ""
        return [
            *([Table("What is wrong", ("Line", "Column", "Why"), wrong, more)] if wrong else []),
            *([Table("Whom it is about", ("Team", "Rows"), named)] if named else []),
        ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("new/", view(self.upload), name="wallets_import_new"),
            path("template/<slug:kind>/<slug:form>/", view(self.template), name="wallets_import_template"),
            path("<uuid:object_id>/errors/", view(self.download_errors), name="wallets_import_errors"),
            path("<uuid:object_id>/results/", view(self.download_results), name="wallets_import_results"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """The page with the templates and the form; sent, it leads to the import or says what is wrong."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                return HttpResponseRedirect(_page_of(self._taken_in(request)))
            except ServiceError as error:
                messages.error(request, error.detail)
        context = {
            **self.admin_site.each_context(request),
            "title": "New import",
            "formats": [_shown(format) for format in FORMATS.values()],
            "form": UploadForm(),
            "chosen": request.POST.get("kind", ""),
            "most_rows": MOST_ROWS,
            "most_bytes": MOST_BYTES // 1024 // 1024,
        }
        return TemplateResponse(request, "admin/wallets/import/new.html", context)

    def _taken_in(self, request: HttpRequest) -> Import:
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            raise InvalidInput(f"Choose a kind and a file of at most {MOST_BYTES // 1024 // 1024} MB.")
        file = form.cleaned_data["file"]
        return take_in(
            caller=signed_in(request),
            kind=ImportKind(form.cleaned_data["kind"]),
            file_name=file.name,
            data=file.read(),
            origin=origin_of_admin(request),
        )

    def template(self, request: HttpRequest, kind: str, form: str) -> HttpResponse:
        """An empty file with the names of the columns and examples."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind.upper() not in ImportKind.values or form not in TEMPLATES:
            raise Http404
        write, content_type = TEMPLATES[form]
        data = write(FORMATS[ImportKind(kind.upper())])
        return HttpResponse(data, content_type=content_type, headers=_saved_as(f"{kind}-template.{form}"))

    def download_errors(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        row = self.visible(request, str(object_id))
        lines = [(error["line"], error["column"], safe_cell(error["words"])) for error in row.errors]
        return _file([("line", "column", "why"), *lines], f"import-{row.id.hex[-8:]}-errors.csv")

    def download_results(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        row = self.visible(request, str(object_id))
        lines = [(result["line"], result["id"]) for result in row.results]
        return _file([("line", "id"), *lines], f"import-{row.id.hex[-8:]}-results.csv")

    # -- What is done, and by whom.

    def has_import_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Unfold hands over any id that was typed, whatever the list hides."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in IMPORTERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this import."""
        row, names = self.visible(request, object_id), set()
        if row.state in (ImportState.DRAFT, ImportState.CHECKED) and self.has_import_permission(request):
            names = {"discard"} | ({"ask"} if row.state == ImportState.CHECKED and not row.errors else set())
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(description="Ask for approval", permissions=["import"], dialog=ASK, icon="how_to_reg")  # type: ignore[untyped-decorator]
    def ask(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        row, caller = self.visible(request, object_id), signed_in(request)

        def act() -> str:
            ask_to_apply(
                row.id,
                caller=caller,
                reason=form.cleaned_data["reason"],
                origin=origin_of_admin(request),
                source=Source.ADMIN,
            )
            return "Somebody else has to approve it now."

        return tell(request, act, _page_of(row))

    @action(description="Discard", permissions=["import"], dialog=DISCARD, icon="delete")  # type: ignore[untyped-decorator]
    def discard(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        row, caller = self.visible(request, object_id), signed_in(request)

        def act() -> str:
            reason = form.cleaned_data["reason"]
            discard_import(row.id, caller=caller, reason=reason, origin=origin_of_admin(request))
            return "The import is discarded. Nothing of it was applied."

        return tell(request, act, _page_of(row))

    def visible(self, request: HttpRequest, object_id: str) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().visible(request, object_id)

    @admin.display(description="What")
    def kind_label(self, row: Import) -> str:
        return FORMATS[ImportKind(row.kind)].title

    @admin.display(description="State")
    def state_label(self, row: Import) -> str:
        return label_cell(row.state)

    @admin.display(description="Mistakes")
    def mistakes(self, row: Import) -> int:
        return len(row.errors)

    @admin.display(description="Totals")
    def totals_label(self, row: Import) -> str:
        return ", ".join(f"{total} {currency}" for currency, total in row.totals.items()) or EMPTY

    @admin.display(description="Approval")
    def approval(self, row: Import) -> str:
        return id_cell(row.approval_id, approval_url(row.approval_id)) if row.approval_id else EMPTY

    @admin.display(description="By")
    def maker(self, row: Import) -> str:
        url = reverse("admin:compliance_user_change", args=[row.made_by_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, row.made_by.get_full_name())


def _page_of(row: Import) -> str:
    return reverse("admin:wallets_import_change", args=[row.id])


def _shown(format: Format) -> dict[str, Any]:
    kind = format.kind.lower()
    urls = {form: reverse("admin:wallets_import_template", args=[kind, form]) for form in TEMPLATES}
    help = Table(format.title, ("Column", "Needed", "What stands there"), [list(line) for line in column_help(format)])
    return {"kind": format.kind.value, "title": format.title, "about": format.about, "urls": urls, "help": help}


def _file(lines: list[tuple[object, ...]], name: str) -> HttpResponse:
    return HttpResponse(csv_lines(lines), content_type=CONTENT_TYPE, headers=_saved_as(name))


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
