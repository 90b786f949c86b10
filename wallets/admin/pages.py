"""What a wallet's page shows besides its fields: the figures, the last movements, what became of the wallet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html

from compliance.models import User
from ledger.admin.cells import EMPTY, actor_cell, id_cell, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.selectors.balances import wallet_figures
from ledger.selectors.holds import open_reservations
from ledger.selectors.lifecycle import StatusChange
from ledger.selectors.transactions import WalletFilter, wallet_history, wallet_lines
from wallets.models import Wallet

LAST_MOVEMENTS, MOST_HOLDS = 15, 20


def figure_cards(wallet: Wallet) -> list[tuple[str, str]]:
    """Names and amounts, for the top of the page."""
    figures = wallet_figures([wallet.id])[wallet.id]
    amounts = {"Available": figures.available, "Reserved": figures.reserved, "Pending": figures.pending}
    return [(name, money_cell(amount, wallet.currency)) for name, amount in amounts.items()]


def holds_table(wallet: Wallet) -> list[Table]:
    """What is set aside just now, if anything is."""
    rows = [
        [
            hold.created_at,
            hold.purpose or EMPTY,
            money_cell(hold.amount, hold.asset_id),
            money_cell(hold.amount - hold.captured_amount - hold.released_amount, hold.asset_id),
            hold.expires_at,
            id_cell(hold.id, reverse("admin:ledger_reservation_change", args=[hold.id])),
        ]
        for hold in open_reservations(wallet.id)[:MOST_HOLDS]
    ]
    headers = ("Since", "Purpose", "Amount", "Left", "Until", "Reservation")
    return [Table("Open reservations", headers, rows, _all_holds(wallet))] if rows else []


def _all_holds(wallet: Wallet) -> str:
    url = reverse("admin:ledger_reservation_changelist", query={"q": str(wallet.id)})
    return format_html('<a class="text-link" href="{}">All reservations of this wallet</a>', url)


def movements_table(wallet: Wallet) -> Table:
    """The last documents, newest first, from the wallet's side."""
    documents = list(wallet_history(wallet.id, WalletFilter()).order_by("-created_at", "-id")[:LAST_MOVEMENTS])
    lines = wallet_lines(wallet.id, wallet.currency, documents)
    rows = [
        [
            document.effective_at,
            line.type.replace("_", " ").capitalize(),
            line.description or EMPTY,
            label_cell(line.status),
            money_cell(_signed(line.amount, line.type), line.asset),
            money_cell(line.balance_after, line.asset),
            id_cell(line.id, reverse("admin:ledger_transaction_change", args=[line.id])),
        ]
        for document, line in zip(documents, lines, strict=True)
    ]
    headers = ("Effective", "Type", "Description", "Status", "Amount", "Balance after", "Transaction")
    return Table("Last movements", headers, rows, _all_movements(wallet))


def _signed(amount: Any, type: str) -> Any:
    return -amount if type in {"DEBIT", "TRANSFER_OUT"} else amount


def _all_movements(wallet: Wallet) -> str:
    url = reverse("admin:ledger_transaction_changelist", query={"q": str(wallet.id)})
    return format_html('<a class="text-link" href="{}">All transactions of this wallet</a>', url)


def history_table(changes: list[StatusChange], people: Mapping[UUID, User]) -> Table:
    """What became of the wallet, who did it and why; names of those only whom the reader may see."""
    rows = [
        [
            change.recorded_at,
            label_cell(change.status),
            change.reason,
            _actor(change, people),
            id_cell(change.event_id, reverse("admin:ledger_event_change", args=[change.event_id])),
        ]
        for change in changes
    ]
    return Table("Status and reasons", ("When", "Status", "Reason", "By", "Event"), rows)


def _actor(change: StatusChange, people: Mapping[UUID, User]) -> str:
    person = people.get(change.actor_id) if change.actor_id else None
    if person is None:
        return actor_cell(change.actor_type, change.actor_id)
    url = reverse("admin:compliance_user_change", args=[person.id])
    return format_html('<a class="text-link" href="{}">{}</a> ({})', url, person.get_full_name(), change.actor_type)
