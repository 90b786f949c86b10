"""Refusals of the product that the ledger knows nothing of.

Conflict (ledger)
└── WalletExists         wallet.already_exists, with `existing_id`
Busy (ledger)
└── WalletLocked         lock.timeout: an operation holds the wallet
PreconditionFailed (ledger)
└── LockLost             precondition.failed: the lock that was presented does not hold the wallet
Forbidden (ledger)
└── OwnRequest           approval.self: nobody answers what he has asked for himself
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ledger.errors import Busy, Conflict, Forbidden, PreconditionFailed

MOST_RETRY_AFTER_SECONDS = 30


class WalletExists(Conflict):
    """Args: the wallet that is in the way, and its currency."""

    code = "wallet.already_exists"

    def __init__(self, existing_id: UUID, currency: str) -> None:
        super().__init__("This person already has such a wallet.", existing_id=str(existing_id))
        self.existing_id, self.currency = existing_id, currency


class WalletLocked(Busy):
    """Args: how long the lock still lives. It may be given back earlier, so nobody is told to wait for longer than
    `MOST_RETRY_AFTER_SECONDS`."""

    def __init__(self, time_left: timedelta) -> None:
        super().__init__("Another operation holds this wallet. Try again when it has let go.")
        self.retry_after_seconds = max(1, min(-(-time_left // timedelta(seconds=1)), MOST_RETRY_AFTER_SECONDS))


class LockLost(PreconditionFailed):
    def __init__(self) -> None:
        super().__init__("The lock that you present does not hold this wallet, or no longer. Take it again.")


class OwnRequest(Forbidden):
    code = "approval.self"

    def __init__(self) -> None:
        super().__init__("Somebody else has to answer what you have asked for.")
