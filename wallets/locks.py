"""The only place of the product that locks rows: wallets come before the ledger's accounts, never after. Webhooks have
nothing to do with money: a delivery comes before its endpoint, and neither is held while anything is sent. The same is
so for e-mails, which are locked alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from wallets.models import Notification, Wallet, WebhookDelivery, WebhookEndpoint


def lock_wallet(wallet_id: UUID) -> Wallet:
    """Lock a wallet's document until the end of the transaction, and return it as it is then."""
    return Wallet.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(id=wallet_id)


def lock_endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    """Lock a webhook endpoint until the end of the transaction, and return it as it is then."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(id=endpoint_id)


# Of each endpoint a few, so that none makes the others wait for its backlog; of one that fails, only one.
_CLAIM = """
    WITH due AS (
        SELECT oldest.id
        FROM wallets_webhookendpoint AS endpoint
        CROSS JOIN LATERAL (
            SELECT delivery.id, delivery.next_attempt_at
            FROM wallets_webhookdelivery AS delivery
            WHERE delivery.endpoint_id = endpoint.id AND delivery.status = 'PENDING'
                AND delivery.next_attempt_at <= statement_timestamp()
            ORDER BY delivery.next_attempt_at
            LIMIT CASE WHEN endpoint.failing_since IS NULL THEN %(per_endpoint)s ELSE 1 END
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS oldest
        WHERE endpoint.is_enabled AND endpoint.id <> ALL(%(busy)s)
        ORDER BY oldest.next_attempt_at
        LIMIT %(most)s
    )
    UPDATE wallets_webhookdelivery AS delivery
    SET attempts = delivery.attempts + 1, next_attempt_at = statement_timestamp() + %(lease)s
    FROM due
    WHERE delivery.id = due.id
    RETURNING delivery.*
"""


def claim_deliveries(
    *, most: int, per_endpoint: int, busy_endpoint_ids: Iterable[UUID], lease: timedelta
) -> list[WebhookDelivery]:
    """Take due deliveries of enabled endpoints, each for nobody else until `lease` is over.

    Args:
        busy_endpoint_ids: endpoints to leave out.
    """
    bounds = {"most": most, "per_endpoint": per_endpoint, "busy": list(busy_endpoint_ids), "lease": lease}
    return list(WebhookDelivery.objects.raw(_CLAIM, bounds))


_CLAIM_EMAILS = """
    WITH due AS (
        SELECT id
        FROM wallets_notification
        WHERE email_status = 'PENDING' AND email_next_attempt_at <= statement_timestamp()
        ORDER BY email_next_attempt_at
        LIMIT %(most)s
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE wallets_notification AS notification
    SET email_attempts = notification.email_attempts + 1, email_next_attempt_at = statement_timestamp() + %(lease)s
    FROM due
    WHERE notification.id = due.id
    RETURNING notification.*
"""


def claim_emails(*, most: int, lease: timedelta) -> list[Notification]:
    """Take notifications whose e-mails are due, each for nobody else until `lease` is over."""
    return list(Notification.objects.raw(_CLAIM_EMAILS, {"most": most, "lease": lease}))
