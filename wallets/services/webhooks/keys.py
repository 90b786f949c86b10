"""The keys that sign webhooks. They have to be readable to sign, so they lie in the database encrypted (ADR 0027)."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.db.transaction import atomic
from standardwebhooks import Webhook

from compliance.core.origin import Origin
from compliance.services.audit import record_change
from compliance.services.encryption import box_with
from ledger.selectors.clock import DatabaseClock
from wallets.models import WebhookSecret

OVERLAP = timedelta(hours=24)
"""For how long a key that was replaced still signs as well."""
MOST_LIVE = 3
"""With more exchanges in a day than this, the oldest key ends early."""
_BYTES = 32


class UnreadableSecret(Exception):
    """None of WEBHOOK_ENCRYPTION_KEYS opens it."""


def give_secret(endpoint_id: UUID) -> str:
    """Give an endpoint a new key, inside the transaction that holds the endpoint. Those before it sign for a day more.

    Returns:
        The key as its receiver needs it, `whsec_…`. It cannot be shown again.
    """
    secret = f"whsec_{b64encode(secrets.token_bytes(_BYTES)).decode()}"
    earlier = WebhookSecret.objects.filter(endpoint_id=endpoint_id)
    earlier.filter(expires_at__isnull=True).update(expires_at=DatabaseClock() + OVERLAP)
    WebhookSecret.objects.create(endpoint_id=endpoint_id, encrypted=_box().encrypt(secret.encode()).decode())
    kept = earlier.order_by("-created_at", "-id").values_list("id", flat=True)[:MOST_LIVE]
    earlier.exclude(id__in=list(kept)).delete()
    return secret


def live_secrets(endpoint_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The encrypted keys that sign for each endpoint now, the newest first."""
    found: dict[UUID, list[str]] = {}
    live = WebhookSecret.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))
    for secret in live.filter(endpoint_id__in=list(endpoint_ids)).order_by("-created_at", "-id"):
        found.setdefault(secret.endpoint_id, []).append(secret.encrypted)
    return found


def sign(encrypted: Iterable[str], *, message_id: str, sent_at: datetime, body: str) -> str:
    """The `webhook-signature` of a message: one `v1,…` per key.

    Args:
        sent_at: in UTC.

    Raises:
        UnreadableSecret: one of the keys does not open.
    """
    box = _box()
    try:
        opened = [box.decrypt(text).decode() for text in encrypted]
    except InvalidToken:
        raise UnreadableSecret from None
    return " ".join(Webhook(secret).sign(message_id, sent_at, body) for secret in opened)


def reencrypt_secrets() -> int:
    """Encrypt every key with the first of WEBHOOK_ENCRYPTION_KEYS, so that the others can go, and record it of each
    endpoint. Safe to repeat.

    Raises:
        UnreadableSecret: a key does not open; none has changed.
    """
    box = _box()
    with atomic():
        rows = list(WebhookSecret.objects.select_related("endpoint"))
        for row in rows:
            try:
                row.encrypted = box.rotate(row.encrypted).decode()
            except InvalidToken:
                raise UnreadableSecret(f"No key opens {row.id}.") from None
        WebhookSecret.objects.bulk_update(rows, ["encrypted"])
        for endpoint in {row.endpoint.id: row.endpoint for row in rows}.values():
            record_change(origin=Origin(), entity=endpoint, event_type="webhook_endpoint.secret_reencrypted")
    return len(rows)


def _box() -> MultiFernet:
    return box_with(settings.WEBHOOK_ENCRYPTION_KEYS)
