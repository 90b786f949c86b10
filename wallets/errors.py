"""Refusals of the product that the ledger knows nothing of.

Conflict (ledger)
└── WalletExists         wallet.already_exists, with `existing_id`
Busy (ledger)
└── WalletLocked         lock.timeout: an operation holds the wallet
PreconditionFailed (ledger)
└── LockLost             precondition.failed: the lock that was presented does not hold the wallet
Forbidden (ledger)
├── OwnRequest           approval.self: nobody answers what he has asked for himself
└── OwnApproval          approval.own: nobody checks what he has made, or what is about his own wallet
Conflict (ledger)
├── ApprovalPending      approval.pending, with `existing_id`
└── ApprovalClosed       approval.closed: approved, rejected, withdrawn, expired or stale
ServiceError (ledger)
├── NoChecker            approval.no_checker: nobody could approve it
└── ApprovalRequired     approval.required: it needs a second person, and cannot be asked for this way
Refused (ledger)
└── LedgerRefused        the ledger's machine said no; the edge makes the full answer of `refusal`
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ledger.errors import Busy, Conflict, Forbidden, PreconditionFailed, Refused, ServiceError
from ledger.services.movements import Refusal

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


class OwnApproval(Forbidden):
    code = "approval.own"

    def __init__(self) -> None:
        super().__init__("A second person has to check this: not whoever asked, and not whose own wallet it is about.")


class ApprovalPending(Conflict):
    """Args: the request for the same that waits already."""

    code = "approval.pending"

    def __init__(self, existing_id: UUID) -> None:
        super().__init__("Somebody has asked for this already; it waits for approval.", existing_id=str(existing_id))


class ApprovalClosed(Conflict):
    """Args: what became of it."""

    code = "approval.closed"

    def __init__(self, status: str) -> None:
        super().__init__(f"This waits for nobody any more: it is {status}.", approval_status=status)


class NoChecker(ServiceError):
    code = "approval.no_checker"

    def __init__(self) -> None:
        super().__init__("The company has nobody besides you who could approve this. Nothing was asked for.")


class ApprovalRequired(ServiceError):
    code = "approval.required"

    def __init__(self) -> None:
        super().__init__("A second person has to approve this. Ask for it on its own.")


class LedgerRefused(Refused):
    """Args: what the machine decided, and the asset in whose units its figures are."""

    def __init__(self, refusal: Refusal, asset_code: str) -> None:
        super().__init__(f"The ledger refuses it: {refusal.code.value}.", code=refusal.code.value)
        self.refusal, self.asset_code = refusal, asset_code
