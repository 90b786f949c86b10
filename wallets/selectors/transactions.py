"""Which documents a caller may see: those that touch a wallet which he may see."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from compliance.models import Caller
from ledger.errors import NotFound
from ledger.selectors.transactions import Transaction, get_transactions
from wallets.selectors.wallets import wallets_visible_to


def get_visible_transaction(caller: Caller, transaction_id: UUID) -> Transaction:
    """A document of the caller's company with a wallet that the caller may see. A refused payment is the payer's
    business alone, as in the wallet's history.

    Raises:
        NotFound: no such document, or none for these eyes.
    """
    found = visible_transactions(caller, [transaction_id])
    if not found:
        raise NotFound
    return found[transaction_id]


def visible_transactions(caller: Caller, ids: Iterable[UUID]) -> dict[UUID, Transaction]:
    """Those of the documents that `get_visible_transaction` would show, by id; two queries however many."""
    rows = [row for row in get_transactions(ids) if row.company_id == caller.company_id]
    visible = visible_wallet_ids(caller, {id for row in rows for id in _concerned(row)})
    return {row.id: row for row in rows if not visible.isdisjoint(_concerned(row))}


def _concerned(row: Transaction) -> list[UUID]:
    parties = [row.source_wallet_id, row.destination_wallet_id]
    if row.state == "FAILED" and row.source_wallet_id is not None:
        parties = [row.source_wallet_id]
    return [id for id in parties if id is not None]


def sees_payer(caller: Caller, row: Transaction) -> bool:
    """Whether the caller may see the wallet that pays; the receiver's where it is the company that pays."""
    payer = row.source_wallet_id or row.destination_wallet_id
    return payer is not None and bool(visible_wallet_ids(caller, [payer]))


def visible_wallet_ids(caller: Caller, wallet_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the wallets that the caller may see."""
    return set(wallets_visible_to(caller).filter(id__in=set(wallet_ids)).values_list("id", flat=True))
