"""Opening accounts: the system's own, and the three of a wallet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ledger.core.accounts import WALLET, Account, AccountStatus, Book, Bucket, account_id
from ledger.core.commands import Claim, OpenAccounts, Origin, SetAccountStatus
from ledger.ids import new_event_id, new_id
from ledger.selectors.accounts import existing_ids
from ledger.services import journal

SYSTEM = Origin(actor_type="SYSTEM")
WALLET_BUCKETS = (Bucket.AVAILABLE, Bucket.PENDING, Bucket.RESERVED)


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """One of a company's own accounts: no floor, never locked, appended to (ADR 0011).

    `purpose` names what it is for: COMPANY_FUNDING, BOOKING_CLEARING, FEE_INCOME, …
    """

    purpose: str
    company_id: UUID
    asset: str

    @property
    def id(self) -> UUID:
        return account_id(self.purpose, self.company_id, self.asset, Bucket.SYSTEM)


def ensure_system_accounts(accounts: Iterable[SystemAccount]) -> None:
    """Open those system accounts that are not open yet. Safe to call at any time by anyone, also concurrently."""
    missing = missing_openings(accounts)
    if missing:
        journal.post(missing)


def missing_openings(accounts: Iterable[SystemAccount]) -> list[OpenAccounts]:
    """The commands that open those system accounts that are not open yet. A rehearsal runs them before its own."""
    by_id = {account.id: account for account in accounts}
    return [_opening(by_id[id]) for id in sorted(by_id.keys() - existing_ids(by_id))]


def wallet_account_id(wallet_id: UUID, asset: str, bucket: Bucket = Bucket.AVAILABLE) -> UUID:
    """The id of a wallet's account; it follows from the wallet's id."""
    return account_id(WALLET, wallet_id, asset, bucket)


def open_wallet_accounts(
    *, wallet_id: UUID, asset: str, origin: Origin, announcement: dict[str, Any], claim: Claim | None = None
) -> OpenAccounts:
    """The command that opens a wallet's accounts, AVAILABLE first.

    Args:
        announcement: what `WalletCreated` tells besides the wallet's id (R73).
        claim: the caller's idempotency key; without one the wallet's id is the key.
    """
    accounts = tuple(
        Account(
            id=wallet_account_id(wallet_id, asset, bucket),
            owner_type=WALLET,
            owner_id=wallet_id,
            book=Book.MONEY,
            asset=asset,
            bucket=bucket,
        )
        for bucket in WALLET_BUCKETS
    )
    claim = claim or Claim(scope="wallet-accounts", key=str(wallet_id), request_hash=digest(asset))
    return OpenAccounts(
        id=new_id(), event_id=new_event_id(), claim=claim, origin=origin, accounts=accounts, announcement=announcement
    )


def set_wallet_accounts_status(
    *, wallet_id: UUID, asset: str, status: AccountStatus, reason: str, origin: Origin
) -> SetAccountStatus:
    """The command that changes the status of all of a wallet's accounts, AVAILABLE first."""
    id = new_id()
    return SetAccountStatus(
        id=id,
        event_id=new_event_id(),
        claim=Claim(scope="wallet-status", key=str(id), request_hash=digest(status, reason)),
        origin=origin,
        account_ids=tuple(wallet_account_id(wallet_id, asset, bucket) for bucket in WALLET_BUCKETS),
        status=status,
        reason=reason,
    )


def digest(*parts: str) -> bytes:
    """SHA-256 over length-prefixed parts: the hash of a request that did not come over HTTP."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode()
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.digest()


def _opening(system: SystemAccount) -> OpenAccounts:
    account = Account(
        id=system.id,
        owner_type=system.purpose,
        owner_id=system.company_id,
        book=Book.MONEY,
        asset=system.asset,
        bucket=Bucket.SYSTEM,
        min_balance=None,
    )
    claim = Claim(scope="system-account", key=str(system.id), request_hash=digest(system.purpose))
    return OpenAccounts(id=new_id(), event_id=new_event_id(), claim=claim, origin=SYSTEM, accounts=(account,))
