"""Refusals of the product that the ledger knows nothing of.

Conflict (ledger)
└── WalletExists         wallet.already_exists, with `existing_id`
"""

from __future__ import annotations

from uuid import UUID

from ledger.errors import Conflict


class WalletExists(Conflict):
    """Args: the wallet that is in the way, and its currency."""

    code = "wallet.already_exists"

    def __init__(self, existing_id: UUID, currency: str) -> None:
        super().__init__("This person already has such a wallet.", existing_id=str(existing_id))
        self.existing_id, self.currency = existing_id, currency
