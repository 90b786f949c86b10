"""Wallets that an operation holds, and locks whose time is up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from rest_framework.test import APIClient

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.selectors.clock import DatabaseClock
from wallets.models import Wallet, WalletLock
from wallets.services.wallet_locks import take_lock

HALF_A_MINUTE = timedelta(seconds=30)


def hold(wallet: Wallet, *, by: Caller, operation: str = "payroll", lease: timedelta = HALF_A_MINUTE) -> WalletLock:
    return take_lock(caller=by, wallet=wallet, operation=operation, lease=lease, origin=Origin(actor_id=by.id))


def let_lapse(wallet: Wallet) -> None:
    """Its time is up: what waiting does, without the wait."""
    assert WalletLock.objects.filter(wallet=wallet).update(expires_at=DatabaseClock()) == 1


def path_of(wallet: Wallet, lock_id: UUID | str | None = None) -> str:
    path = f"/v1/wallets/{wallet.id}/lock"
    return path if lock_id is None else f"{path}/{lock_id}"


def presenting(client: APIClient, lock_id: UUID | str) -> APIClient:
    """A client that sends this lock with every request."""
    client.credentials(**client._credentials, HTTP_WALLET_LOCK=str(lock_id))  # type: ignore[attr-defined]
    return client
