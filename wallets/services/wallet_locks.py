"""Holding a wallet for an operation, in sight of everybody and for a while (R12–R14, R251, ADR 0022).

It keeps other operations away, politely, at the edge; money is guarded by the rows of the ledger's accounts.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all
from compliance.models import Caller
from compliance.services.audit import record_change
from ledger.errors import Forbidden, NotFound
from ledger.ids import new_id
from ledger.selectors.clock import DatabaseClock
from ledger.services.claims import already_used
from ledger.services.movements import Claim
from wallets.errors import LockLost, WalletLocked
from wallets.models import Wallet, WalletLock
from wallets.selectors.wallets import Reach, get_reach

BREAKERS = roles_over_all("locks.break")
"""Who may take a lock away from its holder."""

_TAKE = """
    INSERT INTO wallets_walletlock AS held
        (wallet_id, lock_id, operation, holder_id, holder_role, fencing_token, acquired_at, expires_at)
    SELECT %(wallet)s, %(lock)s, %(operation)s, %(holder)s, %(role)s, 1, clock.now, clock.now + %(lease)s
    FROM (SELECT clock_timestamp() AS now) AS clock
    ON CONFLICT (wallet_id) DO UPDATE
    SET lock_id = EXCLUDED.lock_id, operation = EXCLUDED.operation,
        holder_id = EXCLUDED.holder_id, holder_role = EXCLUDED.holder_role,
        fencing_token = held.fencing_token + 1,
        -- Whoever waited for the row has to be told the time once more.
        (acquired_at, expires_at) = (SELECT now, now + %(lease)s FROM (SELECT clock_timestamp() AS now) AS clock)
    WHERE held.expires_at <= clock_timestamp()
    RETURNING held.*
"""


def take_lock(*, caller: Caller, wallet: Wallet, operation: str, lease: timedelta, origin: Origin) -> WalletLock:
    """Hold a wallet for an operation. Nobody waits here: who comes too late is told when to come again (R252).

    Args:
        wallet: one that the caller has been found to see.
        operation: what for, in a few words; no personal data.
        lease: after this time it is gone, unless it was extended.

    Raises:
        WalletLocked: an operation holds it, be it one of the same caller.
    """
    parameters = {
        "wallet": wallet.id,
        "lock": new_id(),
        "operation": operation,
        "holder": caller.id,
        "role": caller.role,
        "lease": lease,
    }
    with atomic():
        for lock in WalletLock.objects.raw(_TAKE, parameters):
            taken = {"operation": operation, "fencing_token": lock.fencing_token, "expires_at": lock.expires_at}
            record_change(origin=origin, entity=wallet, event_type="wallet.locked", after=taken)
            return lock
    held = get_reach(caller, wallet.id).held
    raise WalletLocked(held.time_left if held else timedelta())


def extend_lock(*, caller: Caller, wallet: Wallet, lock_id: UUID, lease: timedelta, origin: Origin) -> WalletLock:
    """Keep a lock for `lease` from now on.

    Raises:
        NotFound: it is not the caller's, or it has lapsed: what has been let go of has to be taken again.
    """
    with atomic():
        own = _live_locks(wallet.id).filter(lock_id=lock_id, holder_id=caller.id)
        if not own.update(expires_at=DatabaseClock() + lease):
            raise NotFound
        lock = WalletLock.objects.get(wallet_id=wallet.id)  # still the same: the update holds its row
        until = {"fencing_token": lock.fencing_token, "expires_at": lock.expires_at}
        record_change(origin=origin, entity=wallet, event_type="wallet.lock_extended", after=until)
    return lock


def release_lock(*, caller: Caller, wallet: Wallet, lock_id: UUID, origin: Origin) -> None:
    """Let go of a wallet. A former holder lets go of nothing: compare and end are one statement (C13).

    Raises:
        NotFound: it is not the caller's, or it has lapsed.
    """
    with atomic():
        if not _end(_live_locks(wallet.id).filter(lock_id=lock_id, holder_id=caller.id)):
            raise NotFound
        record_change(origin=origin, entity=wallet, event_type="wallet.unlocked", before={"lock_id": lock_id})


def break_lock(*, caller: Caller, wallet: Wallet, reason: str, origin: Origin) -> None:
    """Take a lock away from its holder, whose next request with it will be refused.

    Args:
        reason: kept in the audit trail.

    Raises:
        Forbidden: not this caller's to do.
        NotFound: nobody holds the wallet any more.
    """
    if caller.role not in BREAKERS:
        raise Forbidden
    with atomic():
        held = get_reach(caller, wallet.id).held
        if held is None or not _end(_live_locks(wallet.id).filter(lock_id=held.lock.lock_id)):
            raise NotFound("Nobody holds this wallet any more.")
        broken = {
            "operation": held.lock.operation,
            "holder_id": held.lock.holder_id,
            "fencing_token": held.lock.fencing_token,
        }
        record_change(origin=origin, entity=wallet, event_type="wallet.lock_broken", before=broken, reason=reason)


def require_unlocked(reach: Reach, presented_lock_id: UUID | None, *, claim: Claim) -> None:
    """Refuse to take money out of a wallet that another operation holds (C14).

    Args:
        reach: the wallet that pays.
        presented_lock_id: the lock that the caller says to hold it by.
        claim: the request's key. If it has been used, this is a repetition and owed the first answer.

    Raises:
        WalletLocked, LockLost: as `obstacle`.
    """
    refusal = obstacle(reach, presented_lock_id)
    if refusal is not None and not already_used([claim]):
        raise refusal


def obstacle(reach: Reach, presented_lock_id: UUID | None) -> WalletLocked | LockLost | None:
    """What a lock has against money leaving a wallet: that it is another's, or that the one presented is gone, be it
    taken over or merely lapsed. Its holder may have slept while others worked, and must not go on as if not."""
    held_id = reach.held.lock.lock_id if reach.held else None
    if held_id == presented_lock_id:
        return None
    return WalletLocked(reach.held.time_left) if reach.held else LockLost()


def _live_locks(wallet_id: UUID) -> QuerySet[WalletLock]:
    return WalletLock.objects.filter(wallet_id=wallet_id, expires_at__gt=DatabaseClock())


def _end(locks: QuerySet[WalletLock]) -> int:
    return locks.update(expires_at=DatabaseClock())
