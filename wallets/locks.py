"""The only place of the product that locks rows: requests for approval come first, then wallets; both before budgets
and the ledger's accounts, never after. Webhooks have nothing to do with money: a delivery comes before its endpoint,
and neither is held while anything is sent. The same is so for e-mails, which are locked alone.
An import comes after the request to apply it and before all that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from ledger.errors import NotFound
from wallets.models import (
    Approval,
    ApprovalRule,
    Import,
    Notification,
    StatementPack,
    Wallet,
    WebhookDelivery,
    WebhookEndpoint,
)


def lock_wallet(wallet_id: UUID) -> Wallet:
    """Lock a wallet's document until the end of the transaction, and return it as it is then."""
    return Wallet.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(id=wallet_id)


def lock_approval(approval_id: UUID) -> Approval:
    """Lock a request for approval until the end of the transaction, and return it as it is then. Comes before wallets,
    budgets and accounts: what it asks for is done under this lock."""
    return Approval.objects.select_for_update(no_key=True).get(id=approval_id)


def lock_approval_rule(rule_id: UUID) -> ApprovalRule | None:
    """Lock a rule likewise, after the request that changes it; None if there is none yet."""
    return ApprovalRule.objects.select_for_update(no_key=True).filter(id=rule_id).first()


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


def lock_import(id: UUID) -> Import:
    """Lock an import until the end of the transaction, and return it as it is then.

    Raises:
        NotFound: there is none.
    """
    row = _imports().select_for_update(no_key=True, of=("self",)).filter(id=id).first()
    if row is None:
        raise NotFound
    return row


def lock_idle_import(id: UUID) -> Import | None:
    """The same; None when somebody else is at it."""
    return _imports().select_for_update(no_key=True, of=("self",), skip_locked=True).filter(id=id).first()


def lock_idle_pack(id: UUID) -> StatementPack | None:
    """Lock a pack of statements until the end of the transaction; None when there is none, or it is locked."""
    packs = StatementPack.objects.select_related("company")
    return packs.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(id=id).first()


def _imports() -> QuerySet[Import]:
    return Import.objects.select_related("made_by__company")
