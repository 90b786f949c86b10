"""Whose messages to the outside are."""

from __future__ import annotations

from uuid import UUID

from ledger.selectors.transactions import get_transactions
from wallets.models import Wallet


def company_of_message(aggregate_type: str, aggregate_id: UUID) -> UUID:
    """The company that a message belongs to: that of the wallet's owner, or of the document."""
    if aggregate_type == "wallet":
        return Wallet.objects.values_list("user__company_id", flat=True).get(id=aggregate_id)
    (document,) = get_transactions([aggregate_id])
    return document.company_id
