from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, id_cell, label_cell, money_cell
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import ReadOnlyAdmin, Table
from ledger.models import Account, Posting
from ledger.selectors.balances import system_balances
from ledger.selectors.scope import accounts_within

LAST_POSTINGS = 20


class AccountAdmin(ScopedAdmin):
    rows_within = staticmethod(accounts_within)
    list_display = ("account", "owner", "owner_type", "bucket", "balance_now", "status_label", "version", "updated_at")
    list_filter = ("bucket", "status", "asset")
    search_ids = ("id", "owner_id")
    search_help_text = "Whole id of an account, wallet or company"
    export_also = {"Currency": "asset_id"}
    ordering = ("-owner_id", "bucket")  # follows an index, and keeps a wallet's accounts together
    fields = (
        ("id", "owner"),
        ("book", "asset", "bucket"),
        ("balance_now", "floor", "status_label"),
        ("seq", "version"),
        ("opened_at", "updated_at"),
    )

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        return _with_balances(rows)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Account | None:
        account: Account | None = super().get_object(request, object_id, from_field)
        return None if account is None else _with_balances([account])[0]

    def tables(self, request: HttpRequest, row: Account) -> list[Table]:
        postings = Posting.objects.filter(account=row).order_by("-recorded_at", "-id")[:LAST_POSTINGS]
        rows = [
            [
                posting.effective_at,
                posting.account_seq or EMPTY,
                money_cell(posting.amount, row.asset_id),
                money_cell(posting.balance_after, row.asset_id),
                link_to("event", posting.event_id),
            ]
            for posting in postings
        ]
        headers = ("Effective", "No.", "Amount", "Balance after", "Event")
        return [Table("Last postings", headers, rows, f"At most {LAST_POSTINGS}. More: search Postings by this id.")]

    @admin.display(description="Account")
    def account(self, account: Account) -> str:
        return id_cell(account.id)

    @admin.display(description="Owner")
    def owner(self, account: Account) -> str:
        return self.wallet_cell(account.owner_id) if account.owner_type == "WALLET" else "Company"

    @admin.display(description="Balance")
    def balance_now(self, account: Any) -> str:
        return money_cell(account.balance_now, account.asset_id)

    @admin.display(description="Floor")
    def floor(self, account: Account) -> str:
        return money_cell(account.min_balance, account.asset_id)

    @admin.display(description="Status")
    def status_label(self, account: Account) -> str:
        return label_cell(account.status)


def _with_balances(rows: list[Account]) -> list[Account]:
    """The rows with `balance_now`: of system accounts the stored balance is a checkpoint only."""
    own = [row.id for row in rows if row.bucket == "SYSTEM"]
    exact = system_balances(own) if own else {}
    for row in rows:
        row.balance_now = exact.get(row.id, row.balance)  # type: ignore[attr-defined]  # for this page only
    return rows


class AssetAdmin(ReadOnlyAdmin):
    list_display = ("code", "symbol", "chain", "kind", "scale", "cash_scale")
    list_filter = ("kind",)
    ordering = ("kind", "code")
