"""What people do with deliveries: send them again, give them up. And forgetting old ones."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.services.audit import record_change
from ledger.errors import PreconditionFailed
from ledger.selectors.clock import DatabaseClock
from wallets.models import DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookSecret
from wallets.services.webhooks.endpoints import require_enabled

RETENTION = timedelta(days=30)
_BATCH = 5_000


def resend_delivery(*, delivery: WebhookDelivery, origin: Origin, reason: str = "") -> None:
    """Send a delivery again at once, with all its attempts before it. The receiver sees the same `webhook-id`.

    Args:
        delivery: one that has been found to be the caller's to resend; it shows the change afterwards.

    Raises:
        PreconditionFailed: its endpoint is disabled.
    """
    require_enabled(delivery.endpoint)
    before = {"status": delivery.status, "attempts": delivery.attempts}
    with atomic():
        WebhookDelivery.objects.filter(id=delivery.id).update(
            status=DeliveryStatus.PENDING,
            attempts_before=F("attempts"),
            next_attempt_at=DatabaseClock(),
            finished_at=None,
        )
        kind = "webhook_delivery.resent"
        record_change(origin=origin, entity=delivery, event_type=kind, before=before, reason=reason)
    delivery.refresh_from_db(fields=("status", "attempts", "attempts_before", "next_attempt_at", "finished_at"))


def skip_delivery(*, delivery: WebhookDelivery, origin: Origin, reason: str) -> None:
    """Give a waiting delivery up. What is just being sent may still arrive.

    Args:
        reason: kept in the audit trail.

    Raises:
        PreconditionFailed: it is not waiting any more.
    """
    with atomic():
        waiting = WebhookDelivery.objects.filter(id=delivery.id, status=DeliveryStatus.PENDING)
        if not waiting.update(status=DeliveryStatus.SKIPPED, next_attempt_at=None, finished_at=DatabaseClock()):
            raise PreconditionFailed("This delivery does not wait any more.")
        record_change(origin=origin, entity=delivery, event_type="webhook_delivery.skipped", reason=reason)


def purge_webhooks() -> int:
    """Delete deliveries older than `RETENTION`, whatever became of them, and keys that sign no more. Safe to repeat.

    Returns:
        How many deliveries; at most `_BATCH` a call, the oldest first.
    """
    WebhookSecret.objects.filter(expires_at__lt=Now()).delete()
    old = WebhookDelivery.objects.filter(created_at__lt=Now() - RETENTION).order_by("created_at")
    with atomic():
        ids = list(old.values_list("id", flat=True)[:_BATCH])
        WebhookAttempt.objects.filter(delivery_id__in=ids).delete()
        WebhookDelivery.objects.filter(id__in=ids).delete()
    return len(ids)
