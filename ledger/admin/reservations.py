from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, json_cell, label_cell, money_cell
from ledger.admin.entries import history_table
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import Table
from ledger.models import Reservation
from ledger.selectors.scope import reservations_within
from ledger.selectors.transactions import events_of


class ReservationAdmin(ScopedAdmin):
    """Holds, with what is left of each and until when."""

    rows_within = staticmethod(reservations_within)
    list_display: tuple[str, ...] = (
        "created_at",
        "status_label",
        "wallet",
        "amount_cell",
        "left",
        "expires_at",
        "purpose_text",
    )
    list_filter: tuple[Any, ...] = ("status", "asset")
    search_ids = ("id", "wallet_id", "transaction_id")
    search_help_text = "Whole id of a reservation, wallet or transaction"
    ordering = ("-created_at", "-id")
    export_also = {"Currency": "asset_id"}
    fields: tuple[Any, ...] = (
        ("id", "status_label"),
        ("wallet", "destination"),
        ("amount_cell", "left"),
        ("captured", "released"),
        ("expires_at", "purpose_text"),
        ("transaction_link", "updated_at"),
        "parts_json",
    )

    def get_fields(self, request: HttpRequest, obj: Reservation | None = None) -> tuple[object, ...]:
        """The accounts that it lies on are the ledger's own matter: for who sees the whole company."""
        return self.fields if self.scope_of(request).is_whole_company else self.fields[:-1]

    def tables(self, request: HttpRequest, row: Reservation) -> list[Table]:
        return [history_table(list(events_of(row.transaction_id)))]

    @admin.display(description="Status")
    def status_label(self, row: Reservation) -> str:
        return label_cell(row.status)

    @admin.display(description="Of")
    def wallet(self, row: Reservation) -> str:
        return self.wallet_cell(row.wallet_id)

    @admin.display(description="For")
    def destination(self, row: Reservation) -> str:
        return self.wallet_cell(row.destination_wallet_id)

    @admin.display(description="Amount")
    def amount_cell(self, row: Reservation) -> str:
        return money_cell(row.amount, row.asset_id)

    @admin.display(description="Left")
    def left(self, row: Reservation) -> str:
        return money_cell(row.amount - row.captured_amount - row.released_amount, row.asset_id)

    @admin.display(description="Captured")
    def captured(self, row: Reservation) -> str:
        return money_cell(row.captured_amount, row.asset_id)

    @admin.display(description="Released")
    def released(self, row: Reservation) -> str:
        return money_cell(row.released_amount, row.asset_id)

    @admin.display(description="Purpose")
    def purpose_text(self, row: Any) -> str:
        return row.purpose or EMPTY

    @admin.display(description="Transaction")
    def transaction_link(self, row: Reservation) -> str:
        return link_to("transaction", row.transaction_id)

    @admin.display(description="Accounts")
    def parts_json(self, row: Reservation) -> str:
        return json_cell(row.parts)
