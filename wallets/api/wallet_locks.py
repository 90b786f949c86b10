"""`/v1/wallets/{wallet_id}/lock`: holding a wallet for an operation, and the header that lets its holder through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from compliance.models import Caller
from ledger.api.fields import IdField, TextField, WholeNumberField
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.throttling import limit_wallet
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput, NotFound
from wallets.models import WalletLock
from wallets.selectors.wallets import get_reach, get_wallet
from wallets.services.wallet_locks import extend_lock, release_lock, take_lock

HOLDERS = allow("MANAGER", "FINANCE", scope="transfers:write")
LEASE_SECONDS, MAX_LEASE_SECONDS = 30, 3_600
HEADER = "Wallet-Lock"
LOCK_HEADER: dict[str, dict[str, Any]] = {
    HEADER: {
        "type": "string",
        "format": "uuid",
        "description": "The lock by which you hold every wallet that pays. Without it, a wallet that an operation "
        "holds answers 409 `lock.timeout`; a lock that is gone answers 412 `precondition.failed`.",
    }
}

EXAMPLE = {
    "lock_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0f1",
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "operation": "payroll 2026-03",
    "fencing_token": 3,
    "acquired_at": "2026-03-14T16:05:12.000000Z",
    "expires_at": "2026-03-14T16:05:42.000000Z",
    "held_by": {"role": "SYSTEM", "id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0e1"},
}


class TakeLock(StrictSerializer):
    operation = TextField(max_length=100, help_text="What for, in a few words; everybody who sees the wallet sees it.")
    expires_in = WholeNumberField(
        min_value=1, max_value=MAX_LEASE_SECONDS, default=LEASE_SECONDS, help_text="Seconds from now."
    )


class ExtendLock(StrictSerializer):
    expires_in = WholeNumberField(min_value=1, max_value=MAX_LEASE_SECONDS, help_text="Seconds from now.")


class HolderAnswer(serializers.Serializer[Any]):
    role = serializers.CharField()
    id = serializers.UUIDField()


class LockAnswer(serializers.Serializer[Any]):
    lock_id = serializers.UUIDField(allow_null=True, help_text="Told to its holder only.")
    wallet_id = serializers.UUIDField()
    operation = serializers.CharField()
    fencing_token = serializers.IntegerField(help_text="Rises with every new lock of this wallet.")
    acquired_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    held_by = HolderAnswer()


def presented_lock(request: Request) -> UUID | None:
    """The lock that a request says to hold the paying wallet by.

    Raises:
        InvalidInput: what was sent is no id.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    try:
        lock_id: UUID = IdField().run_validation(header)
    except ValidationError:
        raise InvalidInput(f"{HEADER} is the id of one lock.") from None
    return lock_id


def lock_view(lock: WalletLock, caller: Caller) -> dict[str, Any]:
    """A lock as this caller may see it."""
    return {
        "lock_id": str(lock.lock_id) if lock.holder_id == caller.id else None,
        "wallet_id": str(lock.wallet_id),
        "operation": lock.operation,
        "fencing_token": lock.fencing_token,
        "acquired_at": rfc3339(lock.acquired_at),
        "expires_at": rfc3339(lock.expires_at),
        "held_by": {"role": lock.holder_role, "id": str(lock.holder_id)},
    }


class WalletLockView(ServiceView):
    policy = {"GET": allow(*PEOPLE, scope="wallets:read"), "POST": HOLDERS}

    @operation(
        "Show who holds a wallet",
        answer=LockAnswer,
        example=EXAMPLE,
        description="404 when no operation holds it.",
    )
    def get(self, request: Request, wallet_id: UUID) -> Response:
        caller = caller_of(request)
        held = get_reach(caller, wallet_id).held
        if held is None:
            raise NotFound
        return Response(lock_view(held.lock, caller))

    @operation(
        "Hold a wallet for an operation",
        body=TakeLock,
        answer=LockAnswer,
        status=201,
        codes=("lock.timeout",),
        body_example={"operation": "payroll 2026-03", "expires_in": 30},
        example=EXAMPLE,
        description="While it lives, money leaves the wallet only for requests that send its id in `Wallet-Lock`; "
        "money comes in as always. Nobody waits: a wallet that is held, also by yourself, answers 409 "
        "`lock.timeout` with `Retry-After`. A lock ends by itself when its time is up.",
    )
    def post(self, request: Request, wallet_id: UUID) -> Response:
        caller, wanted = caller_of(request), self.body(TakeLock)
        wallet = get_wallet(caller, wallet_id)
        limit_wallet(wallet_id, "lock")
        lease, origin = timedelta(seconds=wanted["expires_in"]), origin_of(request)
        lock = take_lock(caller=caller, wallet=wallet, operation=wanted["operation"], lease=lease, origin=origin)
        return Response(lock_view(lock, caller), status=201)


class LockView(ServiceView):
    policy = {"PUT": HOLDERS, "DELETE": HOLDERS}

    @operation(
        "Hold a wallet for longer",
        body=ExtendLock,
        answer=LockAnswer,
        codes=("lock.timeout",),
        body_example={"expires_in": 60},
        example=EXAMPLE,
        description="For its holder. A lock that has lapsed is not there any more: 404; take a new one.",
    )
    def put(self, request: Request, wallet_id: UUID, lock_id: UUID) -> Response:
        caller, wanted = caller_of(request), self.body(ExtendLock)
        wallet = get_wallet(caller, wallet_id)
        lease, origin = timedelta(seconds=wanted["expires_in"]), origin_of(request)
        lock = extend_lock(caller=caller, wallet=wallet, lock_id=lock_id, lease=lease, origin=origin)
        return Response(lock_view(lock, caller))

    @operation(
        "Let go of a wallet",
        status=204,
        codes=("lock.timeout",),
        description="For its holder. A lock that has lapsed or was taken over is not there any more: 404.",
    )
    def delete(self, request: Request, wallet_id: UUID, lock_id: UUID) -> Response:
        caller = caller_of(request)
        wallet = get_wallet(caller, wallet_id)
        release_lock(caller=caller, wallet=wallet, lock_id=lock_id, origin=origin_of(request))
        return Response(status=204)
