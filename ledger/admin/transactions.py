from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, id_cell, json_cell, label_cell, money_cell
from ledger.admin.entries import entry_table, history_table
from ledger.admin.filters import AmountFilter, CategoryFilter, CreatedFilter, ReferenceFilter
from ledger.admin.gates import GateCell, gates_table, sentence
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import RecordedFilter, Table, as_id
from ledger.core.refusals import Gate
from ledger.models import Reservation, Transaction
from ledger.selectors.decisions import DecisionRecord, decisions_about
from ledger.selectors.holds import reservation_of
from ledger.selectors.scope import transactions_within
from ledger.selectors.transactions import entries_of, events_of, get_transactions, undone_by

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
    list_filter = (
        "type",
        "state",
        "asset",
        RecordedFilter,
        CreatedFilter,
        AmountFilter,
        ReferenceFilter,
        CategoryFilter,
    )
    search_ids = ("id", "source_wallet_id", "destination_wallet_id")
    search_words = ("reference_id",)
    search_help_text = "Whole id of a transaction or wallet, or a reference"
    ordering = ("-created_at", "-id")
    export_also = {"Currency": "asset_id"}
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
        cell = self.gate_cells(request, decisions, visible)
        return [
            *(decision_table(record, row.asset_id, cell) for record in decisions[-LAST_DECISIONS:]),
            history_table([event for event in events if event.id in told or "gates" not in event.data]),
            entry_table(entries_of(row.id), scope, self.wallet_cell),
            *_related_table(row),
        ]

    def gate_cells(self, request: HttpRequest, decisions: list[DecisionRecord], visible: Collection[UUID]) -> GateCell:
        """How the gates of a document's decisions are named. `visible`: the wallets that may be."""
        return lambda gate: self.named_gate(gate, visible)

    def named_gate(self, gate: Gate, visible: Collection[UUID]) -> str:
        """Mostly a wallet; else the name of a limit or condition."""
        id = as_id(str(gate.id))
        if gate.name or id is None:
            return gate.name or str(gate.id)
        return self.wallet_cell(id) if id in visible else id_cell(id)

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


def decision_table(record: DecisionRecord, asset: str, cell: GateCell) -> Table:
    """What was asked when a document was decided, or about its hold later."""
    title = f"Decision: {record.wanted.lower()}" if record.wanted else "Decision"
    note = f"{sentence(record.code, record.gates, asset)} ({record.code.value})" if record.code else "It went through."
    return gates_table(title, record.gates, asset, cell, note=note)


def _related_table(row: Any) -> list[Table]:
    """What it undoes, what undoes it, and the hold that it came of."""
    original = [("Undoes", document) for document in get_transactions(filter(None, [row.original_transaction_id]))]
    undoing = [(document.type.capitalize(), document) for document in undone_by(row.id)]
    rows: list[list[Any]] = [
        [
            what,
            document.created_at,
            label_cell(document.status),
            money_cell(document.amount, document.asset_id),
            link_to("transaction", document.id),
        ]
        for what, document in [*original, *undoing]
    ]
    if row.reservation is not None:
        rows.append(_hold_row(row.reservation, is_payer_visible=row.is_payer_visible))
    return [Table("Related documents", ("What", "When", "Status", "Amount", "Document"), rows)] if rows else []


def _hold_row(hold: Reservation, *, is_payer_visible: bool) -> list[Any]:
    """The receiver sees the document, not what the payer had set aside for it."""
    if not is_payer_visible:
        return ["Hold", hold.created_at, EMPTY, EMPTY, id_cell(hold.id)]
    amount = money_cell(hold.amount, hold.asset_id)
    return ["Hold", hold.created_at, label_cell(hold.status), amount, link_to("reservation", hold.id)]
