"""What a wallet's page shows besides its fields: the figures, the last movements, what became of the wallet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from ledger.admin.cells import EMPTY, id_cell, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.money import EXACT
from ledger.selectors.assets import get_asset
from ledger.selectors.balances import wallet_figures
from ledger.selectors.holds import open_reservations
from ledger.selectors.transactions import (
    Transaction,
    WalletLine,
    newest_documents,
    wallet_lines,
)
from wallets.admin.budgets.bars import signed
from wallets.admin.drawings import share
from wallets.models import Wallet

LAST_MOVEMENTS, MOST_HOLDS = 15, 20


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a wallet, for the top of its page.

    Attributes:
        cards: names and amounts. available, reserved: the places in a bar of all of it where they end, as SVG takes
            them; "" where there is nothing to draw.
        words: the same for who does not see the bar.
    """

    cards: list[tuple[str, str]]
    available: str
    reserved: str
    words: str


def overview_of(wallet: Wallet) -> Overview:
    figures, scale = wallet_figures([wallet.id])[wallet.id], get_asset(wallet.currency).cash_scale
    amounts = {
        "Balance": figures.total,
        "Available": figures.available,
        "Reserved": figures.reserved,
        "Pending": figures.pending,
    }
    spoken_for = EXACT.add(figures.available, figures.reserved)
    is_drawn = figures.total > 0 and figures.available >= 0
    told = [f"{signed(amount, scale)} {wallet.currency} {name.lower()}" for name, amount in amounts.items()]
    return Overview(
        cards=[(name, money_cell(amount, wallet.currency)) for name, amount in amounts.items()],
        available=share(figures.available, figures.total) if is_drawn else "",
        reserved=share(spoken_for, figures.total) if is_drawn else "",
        words=", ".join(told),
    )


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


MOVEMENTS = ("Effective", "Type", "Description", "Status", "Amount", "Balance after", "Transaction")


def last_documents(wallet: Wallet) -> list[Transaction]:
    """The last documents, newest first."""
    return newest_documents(wallet.id, most=LAST_MOVEMENTS)


def movements_table(wallet: Wallet, documents: Sequence[Transaction]) -> Table:
    """Documents from the wallet's side: its mini statement."""
    lines = wallet_lines(wallet.id, wallet.currency, documents)
    rows = movement_rows(zip(documents, lines, strict=True))
    return Table("Last movements", MOVEMENTS, rows, _all_movements(wallet))


def movement_rows(movements: Iterable[tuple[Transaction, WalletLine]]) -> list[list[Any]]:
    """The rows of a mini statement."""
    return [
        [
            document.effective_at,
            line.type.replace("_", " ").capitalize(),
            line.description or EMPTY,
            label_cell(line.status),
            money_cell(_signed(line.amount, line.type), line.asset),
            money_cell(line.balance_after, line.asset),
            id_cell(line.id, reverse("admin:ledger_transaction_change", args=[line.id])),
        ]
        for document, line in movements
    ]


def _signed(amount: Any, type: str) -> Any:
    return -amount if type in {"DEBIT", "TRANSFER_OUT"} else amount


def _all_movements(wallet: Wallet) -> str:
    url = reverse("admin:ledger_transaction_changelist", query={"q": str(wallet.id)})
    return format_html('<a class="text-link" href="{}">All transactions of this wallet</a>', url)
