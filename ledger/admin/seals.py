"""The seals over history and records: what was signed when, and how it hangs together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from ledger.admin.cells import hex_cell, id_cell
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import Table
from ledger.admin.verifying import verify_context
from ledger.models.tree import TreeSeal
from ledger.selectors.scope import Scope, record_seals_within, seals_within
from ledger.selectors.sealed_logs import EVENTS, RECORDS, SealedLog

LEAVES_SHOWN = 50


class SealAdmin(ScopedAdmin):
    """The seals over the events.

    Attributes:
        log: what they are over.
    """

    log: ClassVar[SealedLog] = EVENTS

    rows_within: Callable[[Scope], QuerySet[Any]] = staticmethod(seals_within)
    list_display = ("number", "seal", "sealed_at", "rows_added", "tree_size", "root_cell", "key_id")
    list_filter = ("key_id",)
    search_ids = ("id",)
    search_help_text = "Whole id of a seal"
    ordering = ("-number",)
    list_before_template = "admin/ledger/seal/link.html"
    fields = (
        ("number", "id"),
        ("sealed_at", "horizon_xid"),
        ("rows_added", "first_index", "tree_size"),
        "root_cell",
        "previous_root_cell",
        ("algorithm", "key_id"),
        "signature_cell",
    )

    def get_urls(self) -> list[URLPattern]:
        name = f"ledger_{self.opts.model_name}_verify"
        return [path("verify/", self.admin_site.admin_view(self.verify), name=name), *super().get_urls()]

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Whether what was sealed on some days is still so."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"Check the {self.log.title}s of some days",
            **verify_context(request, self.log),
        }
        return TemplateResponse(request, "admin/ledger/seal/verify.html", context)

    def tables(self, request: HttpRequest, row: TreeSeal) -> list[Table]:
        """The first leaves, as hashes: whose rows they are is not for every company to see."""
        leaves = self.log.leaves().filter(index__gte=row.first_index, index__lt=row.tree_size).order_by("index")
        rows = [[leaf.index, hex_cell(leaf.hash)] for leaf in leaves[:LEAVES_SHOWN]]
        note = f"At most {LEAVES_SHOWN}. Check them with manage.py verify_seals."
        numbers = {row.number - 1: "Before", row.number + 1: "After"}
        neighbours = [
            [numbers[found.number], link_to(self.opts.model_name, found.id)]
            for found in self.log.seals().filter(number__in=numbers).order_by("number")
        ]
        return [Table("Chain", ("Place", "Seal"), neighbours), Table("Leaves", ("Index", "Hash"), rows, note)]

    @admin.display(description="Seal")
    def seal(self, row: TreeSeal) -> str:
        return id_cell(row.id)

    @admin.display(description="Rows")
    def rows_added(self, row: TreeSeal) -> int:
        return row.tree_size - row.first_index

    @admin.display(description="Root")
    def root_cell(self, row: TreeSeal) -> str:
        return hex_cell(row.root)

    @admin.display(description="Previous root")
    def previous_root_cell(self, row: TreeSeal) -> str:
        return hex_cell(row.previous_root)

    @admin.display(description="Signature")
    def signature_cell(self, row: TreeSeal) -> str:
        return hex_cell(row.signature)


class RecordSealAdmin(SealAdmin):
    """The seals over audit and access records."""

    log = RECORDS
    rows_within = staticmethod(record_seals_within)
