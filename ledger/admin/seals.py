"""The seals over history and records: what was signed when, and how it hangs together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger.admin.cells import id_cell
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import Table
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
    fields = (
        ("number", "id"),
        ("sealed_at", "horizon_xid"),
        ("rows_added", "first_index", "tree_size"),
        "root_cell",
        "previous_root_cell",
        ("algorithm", "key_id"),
        "signature_cell",
    )

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


def hex_cell(data: bytes | memoryview) -> SafeString:
    """Bytes as hexadecimal digits, all of them: they are there to be compared."""
    return format_html("<code>{}</code>", bytes(data).hex())


class RecordSealAdmin(SealAdmin):
    """The seals over audit and access records."""

    log = RECORDS
    rows_within = staticmethod(record_seals_within)
