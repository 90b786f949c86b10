"""Sealing in tests: wait until everything has settled, seal it, find the leaf of an event."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.db.models import Max

from ledger.models import Event, SealedLeaf
from ledger.selectors.sealed_logs import EVENTS
from ledger.selectors.seals import Seal, latest_seal
from ledger.services.sealing import SealRun, seal_log
from tests.ledger.sessions import wait_until


def wait_for_horizon() -> None:
    """Until every event is settled. A transaction anywhere on the server holds the horizon back."""
    latest = Event.objects.aggregate(latest=Max("xid"))["latest"]

    def has_passed() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s", [latest])
            return bool(cursor.fetchone()[0])

    wait_until(has_passed)


def seal_everything(**limits: int) -> SealRun:
    """Seal up to now."""
    wait_for_horizon()
    return seal_log(EVENTS, **limits)


def last_seal() -> Seal:
    seal = latest_seal()
    assert isinstance(seal, Seal)
    return seal


def leaf_of(event_id: UUID) -> SealedLeaf:
    return SealedLeaf.objects.get(event_id=event_id)


def is_sealed(event_id: UUID) -> bool:
    return SealedLeaf.objects.filter(event_id=event_id).exists()


def key(key_id: str) -> tuple[str, str]:
    """A fresh key as the environment has it: private, public."""
    private = Ed25519PrivateKey.generate()
    seed, public = private.private_bytes_raw(), private.public_key().public_bytes_raw()
    return f"{key_id}:{b64encode(seed).decode()}", f"{key_id}:{b64encode(public).decode()}"
