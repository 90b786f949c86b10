from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, actor_cell, json_cell, label_cell, money_cell
from ledger.admin.entries import entry_table, gates_table
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import RecordedFilter, Table
from ledger.models import Event, Transaction
from ledger.selectors.scope import transactions_within
from ledger.selectors.transactions import entries_of, events_of


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
        ("description", "reference"),
        ("effective_at", "state"),
        ("created_at", "completed_at"),
        ("initiated_by", "command_link"),
        ("version", "metadata_json"),
    )

    def tables(self, request: HttpRequest, row: Transaction) -> list[Table]:
        scope = self.scope_of(request)
        events = list(events_of(row.id))
        return [
            _history(events),
            entry_table(entries_of(row.id), scope, self.wallet_cell),
            *(gates_table(event, scope, self.wallet_cell) for event in events[:1]),
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

    @admin.display(description="Command")
    def command_link(self, row: Transaction) -> str:
        return link_to("command", row.command_id)

    @admin.display(description="Metadata")
    def metadata_json(self, row: Transaction) -> str:
        return json_cell(row.metadata) if row.metadata else EMPTY


def _history(events: list[Event]) -> Table:
    rows: list[list[Any]] = [
        [
            event.seq,
            event.type,
            event.data.get("code") or event.data.get("effective_reason") or EMPTY,
            actor_cell(event.actor_type, event.actor_id),
            event.effective_at,
            event.recorded_at,
            link_to("event", event.id),
        ]
        for event in events
    ]
    return Table("History", ("No.", "Event", "Reason", "Actor", "Effective", "Recorded", "Id"), rows)
