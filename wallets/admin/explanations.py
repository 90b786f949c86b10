"""The page that says why a wallet's balance is what it is: the snapshot, and every posting since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from ledger.admin.cells import EMPTY, id_cell, money_cell
from ledger.admin.screens import Table
from ledger.selectors.balances import WALLET_BUCKETS
from ledger.selectors.explanation import Explanation, Sum, explain_balance
from wallets.models import Wallet

MOST_PARTS = 200


def explanation_tables(wallet: Wallet, now: datetime) -> list[Table]:
    """The sum, bucket by bucket, and the parts of it."""
    explanation = explain_balance(
        wallet_id=wallet.id, asset=wallet.currency, at=now, known_at=now, after=None, limit=MOST_PARTS
    )
    return [_sum_table(wallet, explanation), _parts_table(wallet, explanation)]


def _sum_table(wallet: Wallet, explanation: Explanation) -> Table:
    figures = explanation.figures
    total = {"AVAILABLE": figures.available, "PENDING": figures.pending, "RESERVED": figures.reserved}
    before = EMPTY if explanation.base_at is None else explanation.base_at
    rows = [
        ["Snapshot", before, *_amounts(wallet, explanation.base), _count(explanation.base)],
        ["Everything since", "", *_amounts(wallet, explanation.since), _count(explanation.since)],
        ["Balance", "", *(money_cell(total[bucket], wallet.currency) for bucket in WALLET_BUCKETS), ""],
    ]
    headers = ("", "Of", *(bucket.capitalize() for bucket in WALLET_BUCKETS), "Postings")
    return Table("How the balance comes about", headers, rows, "The first two rows add up to the third.")


def _count(sum: Sum) -> str:
    return format_html('<span class="money">{}</span>', sum.postings)


def _amounts(wallet: Wallet, sum: Sum) -> list[Any]:
    return [money_cell(sum.amounts[bucket], wallet.currency) for bucket in WALLET_BUCKETS]


def _parts_table(wallet: Wallet, explanation: Explanation) -> Table:
    rows = [
        [
            part.effective_at,
            part.recorded_at,
            part.type.capitalize(),
            part.description or EMPTY,
            part.bucket.capitalize(),
            money_cell(part.amount, wallet.currency),
            id_cell(part.transaction_id, reverse("admin:ledger_transaction_change", args=[part.transaction_id])),
        ]
        for part in explanation.parts
    ]
    headers = ("Effective", "Recorded", "Type", "Description", "Bucket", "Amount", "Transaction")
    note = _more(wallet) if explanation.has_more else ""
    return Table("Everything since", headers, rows, note)


def _more(wallet: Wallet) -> str:
    return format_html(
        "These are the first {}. GET /v1/wallets/{}/balance/explain lists all of them.", MOST_PARTS, wallet.id
    )
