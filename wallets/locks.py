"""The only place of the product that locks rows: wallets come before the ledger's accounts, never after."""

from __future__ import annotations

from uuid import UUID

from wallets.models import Wallet


def lock_wallet(wallet_id: UUID) -> Wallet:
    """Lock a wallet's document until the end of the transaction, and return it as it is then."""
    return Wallet.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(id=wallet_id)
