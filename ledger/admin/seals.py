"""The seals over the history: what was signed when, and how it hangs together."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger.admin.cells import id_cell
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import Table
from ledger.models import Seal, SealedLeaf
from ledger.selectors.scope import seals_within

LEAVES_SHOWN = 50


class SealAdmin(ScopedAdmin):
    rows_within = staticmethod(seals_within)
    list_display = ("number", "seal", "sealed_at", "events", "tree_size", "root_cell", "key_id")
    list_filter = ("key_id",)
    search_ids = ("id",)
    search_help_text = "Whole id of a seal"
    ordering = ("-number",)
    fields = (
        ("number", "id"),
        ("sealed_at", "horizon_xid"),
        ("events", "first_index", "tree_size"),
        "root_cell",
        "previous_root_cell",
        ("algorithm", "key_id"),
        "signature_cell",
    )

    def tables(self, request: HttpRequest, row: Seal) -> list[Table]:
        """The first leaves, as hashes: whose events they are is not for every company to see."""
        leaves = SealedLeaf.objects.filter(index__gte=row.first_index, index__lt=row.tree_size).order_by("index")
        rows = [[leaf.index, hex_cell(leaf.hash)] for leaf in leaves[:LEAVES_SHOWN]]
        note = f"At most {LEAVES_SHOWN}. Check them with manage.py verify_seals."
        neighbours = [
            [name, link_to("seal", found.id)]
            for name, found in (("Before", _numbered(row.number - 1)), ("After", _numbered(row.number + 1)))
            if found is not None
        ]
        return [Table("Chain", ("Place", "Seal"), neighbours), Table("Leaves", ("Index", "Hash"), rows, note)]

    @admin.display(description="Seal")
    def seal(self, row: Seal) -> str:
        return id_cell(row.id)

    @admin.display(description="Events")
    def events(self, row: Seal) -> int:
        return row.tree_size - row.first_index

    @admin.display(description="Root")
    def root_cell(self, row: Seal) -> str:
        return hex_cell(row.root)

    @admin.display(description="Previous root")
    def previous_root_cell(self, row: Seal) -> str:
        return hex_cell(row.previous_root)

    @admin.display(description="Signature")
    def signature_cell(self, row: Seal) -> str:
        return hex_cell(row.signature)


def hex_cell(data: bytes | memoryview) -> SafeString:
    """Bytes as hexadecimal digits, all of them: they are there to be compared."""
    return format_html("<code>{}</code>", bytes(data).hex())


def _numbered(number: int) -> Seal | None:
    return Seal.objects.filter(number=number).first()
