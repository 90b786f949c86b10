"""The last documents of many wallets at once, as each of them sees it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from ledger.core.accounts import WALLET, Bucket, account_id
from ledger.selectors.transactions import Transaction, WalletLine, entries_of_all, get_transactions, line_of

_LAST = """
    SELECT wanted.wallet_id, last.id
    FROM unnest(%(wallets)s::uuid[]) AS wanted(wallet_id)
    CROSS JOIN LATERAL (
        SELECT id FROM (
            (SELECT created_at, id FROM ledger_transaction WHERE source_wallet_id = wanted.wallet_id
             ORDER BY created_at DESC, id DESC LIMIT %(most)s)
            UNION
            (SELECT created_at, id FROM ledger_transaction WHERE destination_wallet_id = wanted.wallet_id
               AND (state <> 'FAILED' OR source_wallet_id IS NULL) ORDER BY created_at DESC, id DESC LIMIT %(most)s)
        ) AS touching
        ORDER BY created_at DESC, id DESC LIMIT %(most)s
    ) AS last
"""


def recent_lines(assets: Mapping[UUID, str], *, most: int) -> dict[UUID, list[tuple[Transaction, WalletLine]]]:
    """The newest documents of wallets, the newest first, each as the wallet sees it; three queries however many.

    A payment that was refused is the payer's business, as in `wallet_history`.

    Args:
        assets: the wallets' ids, each with its asset. most: of each wallet.
    """
    lines: dict[UUID, list[tuple[Transaction, WalletLine]]] = {id: [] for id in assets}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, {"wallets": list(assets), "most": most})
        found: list[tuple[UUID, UUID]] = cursor.fetchall()
    documents = {row.id: row for row in get_transactions({id for _, id in found})}
    after = {(entry.transaction_id, entry.account_id): entry.balance_after for entry in entries_of_all(documents)}
    for wallet_id, id in sorted(found, key=lambda pair: (documents[pair[1]].created_at, pair[1]), reverse=True):
        available = account_id(WALLET, wallet_id, assets[wallet_id], Bucket.AVAILABLE)
        lines[wallet_id].append((documents[id], line_of(documents[id], wallet_id, after.get((id, available)))))
    return lines
