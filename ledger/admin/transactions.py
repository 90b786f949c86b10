from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, id_cell, json_cell, label_cell, money_cell
from ledger.admin.entries import entry_table, gates_table, history_table
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import RecordedFilter, Table
from ledger.models import Transaction
from ledger.selectors.decisions import decisions_about
from ledger.selectors.holds import reservation_of
from ledger.selectors.scope import transactions_within
from ledger.selectors.transactions import entries_of, events_of, undone_by

LAST_DECISIONS = 10


class TransactionAdmin(ScopedAdmin):
    rows_within = staticmethod(transactions_within)
    list_display = (
        "effective_at",
        "type",
        "status_label",
        "amount_cell",
        "source",
        "destination",
        "description",
        "reference",
    )
    list_filter = ("type", "state", "asset", RecordedFilter)
    search_ids = ("id", "source_wallet_id", "destination_wallet_id")
    search_words = ("reference_id",)
    search_help_text = "Whole id of a transaction or wallet, or a reference"
    ordering = ("-created_at", "-id")
    fields = (
        ("id", "type"),
        ("status_label", "refusal_code"),
        ("amount_cell", "fee", "total"),
        ("source", "destination"),
        ("original", "refunded"),
        ("reservation_link",),
        ("description", "reference"),
        ("effective_at", "state"),
        ("created_at", "completed_at"),
        ("initiated_by", "command_link"),
        ("version", "metadata_json"),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Transaction | None:
        row: Any = super().get_object(request, object_id, from_field)
        if row is not None:
            row.reservation = reservation_of(row.id)
            row.is_payer_visible = self.scope_of(request).sees_wallet(row.source_wallet_id)
        return row  # type: ignore[no-any-return]  # a row with two more attributes, for this page only

    def tables(self, request: HttpRequest, row: Transaction) -> list[Table]:
        scope, events = self.scope_of(request), list(events_of(row.id))
        visible = [id for id in (row.source_wallet_id, row.destination_wallet_id) if id and scope.sees_wallet(id)]
        decisions = decisions_about(row, events, visible=visible)
        told = {record.event_id for record in decisions}
        return [
            history_table([event for event in events if event.id in told or "gates" not in event.data]),
            entry_table(entries_of(row.id), scope, self.wallet_cell),
            *_undone_table(list(undone_by(row.id))),
            *(gates_table(record, row.asset_id, visible, self.wallet_cell) for record in decisions[-LAST_DECISIONS:]),
        ]

    @admin.display(description="Status")
    def status_label(self, row: Transaction) -> str:
        return label_cell(row.status)

    @admin.display(description="Amount")
    def amount_cell(self, row: Transaction) -> str:
        return money_cell(row.amount, row.asset_id)

    @admin.display(description="Fee")
    def fee(self, row: Transaction) -> str:
        return money_cell(row.fee_amount, row.asset_id)

    @admin.display(description="Total")
    def total(self, row: Transaction) -> str:
        return money_cell(row.total_amount, row.asset_id)

    @admin.display(description="From")
    def source(self, row: Transaction) -> str:
        return self.wallet_cell(row.source_wallet_id)

    @admin.display(description="To")
    def destination(self, row: Transaction) -> str:
        return self.wallet_cell(row.destination_wallet_id)

    @admin.display(description="Reference")
    def reference(self, row: Transaction) -> str:
        return f"{row.reference_type} {row.reference_id}".strip() or EMPTY

    @admin.display(description="Undoes")
    def original(self, row: Transaction) -> str:
        return link_to("transaction", row.original_transaction_id)

    @admin.display(description="Given back")
    def refunded(self, row: Transaction) -> str:
        return money_cell(row.refunded_amount, row.asset_id)

    @admin.display(description="Reservation")
    def reservation_link(self, row: Any) -> str:
        if row.reservation is None:
            return EMPTY
        id = row.reservation.id
        return link_to("reservation", id) if row.is_payer_visible else id_cell(id)

    @admin.display(description="Command")
    def command_link(self, row: Transaction) -> str:
        return link_to("command", row.command_id)

    @admin.display(description="Metadata")
    def metadata_json(self, row: Transaction) -> str:
        return json_cell(row.metadata) if row.metadata else EMPTY


def _undone_table(documents: list[Transaction]) -> list[Table]:
    rows = [
        [
            document.created_at,
            document.type.capitalize(),
            label_cell(document.status),
            money_cell(document.amount, document.asset_id),
            link_to("transaction", document.id),
        ]
        for document in documents
    ]
    headers = ("When", "Type", "Status", "Amount", "Transaction")
    return [Table("Refunds and reversals", headers, rows)] if rows else []
