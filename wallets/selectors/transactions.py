"""Which documents a caller may see: those that touch a wallet which he may see."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from compliance.models import Caller
from ledger.errors import NotFound
from ledger.selectors.transactions import Transaction, get_transaction
from wallets.selectors.wallets import wallets_visible_to


def get_visible_transaction(caller: Caller, transaction_id: UUID) -> Transaction:
    """A document of the caller's company with a wallet that the caller may see. A refused payment is the payer's
    business alone, as in the wallet's history.

    Raises:
        NotFound: no such document, or none for these eyes.
    """
    row = get_transaction(transaction_id)
    if row is None or row.company_id != caller.company_id:
        raise NotFound
    parties = [row.source_wallet_id, row.destination_wallet_id]
    if row.state == "FAILED" and row.source_wallet_id is not None:
        parties = [row.source_wallet_id]
    if not visible_wallet_ids(caller, (id for id in parties if id is not None)):
        raise NotFound
    return row


def visible_wallet_ids(caller: Caller, wallet_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the wallets that the caller may see."""
    return set(wallets_visible_to(caller).filter(id__in=set(wallet_ids)).values_list("id", flat=True))
