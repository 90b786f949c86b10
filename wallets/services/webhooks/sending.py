"""Sending what is due: claim, send outside of any database transaction, write down what came of it.

A sender that dies in between leaves its claims to run out; whoever claims next sends again, with the same webhook-id.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.transaction import atomic
from prometheus_client import Counter as Metric

from compliance.core.origin import Origin
from ledger.errors import InvalidInput
from ledger.selectors.clock import DatabaseClock, database_now
from wallets.core.webhook_retries import DISABLED_AFTER, JITTER_PERCENT, Verdict, judge
from wallets.locks import claim_deliveries
from wallets.models import (
    DeliveryStatus,
    Disabling,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from wallets.services.webhooks.endpoints import disable_endpoint, target_of
from wallets.services.webhooks.keys import UnreadableSecret, live_secrets, sign
from wallets.services.webhooks.posting import Answer, post

WORKERS = 64
"""More than a company has endpoints, so that even if each of them hangs there is room for others."""
PER_ENDPOINT = 8
"""How many deliveries of one endpoint a sender has under way at once, so that slow ones leave room for others.
Of an endpoint whose last attempt failed it is one."""
LEASE = timedelta(seconds=60)
"""Much longer than an attempt may take."""
USER_AGENT = "wallet-service-webhooks/1"
CONTENT_TYPE = "application/cloudevents+json"

ATTEMPTS = Metric("webhook_attempts", "Webhook attempts by what came of them.", ["outcome"])

log = structlog.get_logger(__name__)
Post = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt, with all that it needs: the thread that sends knows no database."""

    delivery_id: UUID
    endpoint_id: UUID
    message_id: str
    number: int
    number_since_resent: int
    url: str
    encrypted_secrets: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Done:
    job: Job
    sent_at: datetime
    answer: Answer


def headers_of(message_id: str, sent_at: datetime, signature: str) -> dict[str, str]:
    """What the receiver gets besides the usual, by Standard Webhooks."""
    return {
        "User-Agent": USER_AGENT,
        "Content-Type": CONTENT_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature,
    }


class Sender:
    """Sends as long as it is given turns. All its database work happens in the thread that calls it.

    Args:
        post: what sends; tests bring their own.
    """

    def __init__(self, *, post: Post = post) -> None:
        self._post = post
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="webhook")
        self._under_way: dict[Future[Done], Job] = {}

    def take_turn(self, *, patience_seconds: float) -> bool:
        """Claim what there is room for, wait a little for what is under way, write down what is done.

        Returns:
            Whether something was claimed, is under way or was done. If not, there is time to rest.
        """
        claimed = self._claim()
        for job in claimed:
            self._under_way[self._pool.submit(_attempt, job, self._post)] = job
        if not self._under_way:
            return False
        done, _ = wait(self._under_way, timeout=patience_seconds, return_when=FIRST_COMPLETED)
        self._record(done)
        return True

    def finish(self) -> None:
        """Claim nothing any more; wait for what is under way, which has its time limit, and write it down."""
        done, _ = wait(self._under_way)
        self._record(done)

    def close(self) -> None:
        """Let go of the threads. What has not been written down is sent again when its claim has run out."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _claim(self) -> list[Job]:
        room = WORKERS - len(self._under_way)
        if room <= 0:
            return []
        busy = Counter(job.endpoint_id for job in self._under_way.values())
        deliveries = claim_deliveries(most=room, per_endpoint=PER_ENDPOINT, busy_endpoint_ids=busy, lease=LEASE)
        return _jobs(deliveries)

    def _record(self, done: set[Future[Done]]) -> None:
        for outcome in [_outcome(future, self._under_way.pop(future)) for future in done]:
            record_attempt(outcome)


def _jobs(deliveries: list[WebhookDelivery]) -> list[Job]:
    endpoints = WebhookEndpoint.objects.in_bulk({delivery.endpoint_id for delivery in deliveries})
    keys = live_secrets(endpoints)
    return [
        Job(
            delivery_id=delivery.id,
            endpoint_id=delivery.endpoint_id,
            message_id=str(delivery.message_id),
            number=delivery.attempts,
            number_since_resent=delivery.attempts - delivery.attempts_before,
            url=endpoints[delivery.endpoint_id].url,
            encrypted_secrets=tuple(keys.get(delivery.endpoint_id, ())),
            body=delivery.body,
        )
        for delivery in deliveries
    ]


def _attempt(job: Job, post: Post) -> Done:
    """Runs in a thread of the pool. Signed here, at the last moment: receivers refuse what is five minutes old."""
    sent_at = datetime.now(UTC)
    try:
        target = target_of(job.url)
        signature = sign(job.encrypted_secrets, message_id=job.message_id, sent_at=sent_at, body=job.body)
    except InvalidInput:
        return Done(job, sent_at, Answer(error="url_not_allowed"))
    except UnreadableSecret:
        return Done(job, sent_at, Answer(error="secret_unreadable"))
    headers = headers_of(job.message_id, sent_at, signature)
    answer = post(target, headers, job.body.encode(), allows_private=settings.WEBHOOK_ALLOW_PRIVATE_TARGETS)
    return Done(job, sent_at, answer)


def _outcome(future: Future[Done], job: Job) -> Done:
    """What the thread found. An error that nobody expected is an attempt that failed, not the end of the sender."""
    error = future.exception()
    if error is None:
        return future.result()
    log.error("webhook_attempt_broke", delivery_id=str(job.delivery_id), exc_info=error)
    return Done(job, datetime.now(UTC), Answer(error="unexpected"))


def record_attempt(done: Done) -> None:
    """Write down what came of an attempt. For its delivery it counts only if nobody has claimed it since."""
    job, answer = done.job, done.answer
    verdict = judge(
        attempt=job.number_since_resent,
        status=answer.status,
        wished_wait=answer.wished_wait,
        jitter_percent=secrets.randbelow(JITTER_PERCENT + 1),
    )
    with atomic():
        WebhookAttempt.objects.create(
            delivery_id=job.delivery_id,
            number=job.number,
            url=job.url,
            sent_at=done.sent_at,
            duration_ms=answer.duration_ms,
            answer_status=answer.status,
            answer_excerpt=answer.excerpt,
            error=answer.error,
        )
        _settle(job, verdict)
        _judge_endpoint(job.endpoint_id, verdict)
    outcome = "delivered" if verdict.is_delivered else "failed" if verdict.wait is None else "postponed"
    ATTEMPTS.labels(outcome).inc()
    log.info(
        "webhook_sent",
        delivery_id=str(job.delivery_id),
        endpoint_id=str(job.endpoint_id),
        attempt=job.number,
        outcome=outcome,
        status=answer.status,
        error=answer.error,
        duration_ms=answer.duration_ms,
    )


def _settle(job: Job, verdict: Verdict) -> None:
    delivery = WebhookDelivery.objects.filter(id=job.delivery_id, attempts=job.number, status=DeliveryStatus.PENDING)
    if verdict.wait is not None:
        delivery.update(next_attempt_at=DatabaseClock() + verdict.wait)
        return
    status = DeliveryStatus.DELIVERED if verdict.is_delivered else DeliveryStatus.FAILED
    delivery.update(status=status, next_attempt_at=None, finished_at=DatabaseClock())


def _judge_endpoint(endpoint_id: UUID, verdict: Verdict) -> None:
    """Remember since when an endpoint only fails, and switch it off when it is gone or has failed for days."""
    endpoint = WebhookEndpoint.objects.filter(id=endpoint_id)
    if verdict.is_delivered:
        endpoint.filter(failing_since__isnull=False).update(failing_since=None)
        return
    endpoint.filter(failing_since__isnull=True, is_enabled=True).update(failing_since=DatabaseClock())
    if verdict.is_gone:
        _switch_off(endpoint_id, Disabling.GONE, "It answered 410.")
    elif endpoint.filter(failing_since__lte=database_now() - DISABLED_AFTER).exists():
        _switch_off(endpoint_id, Disabling.FAILING, f"It has only failed for {DISABLED_AFTER.days} days.")


def _switch_off(endpoint_id: UUID, because: Disabling, reason: str) -> None:
    log.warning("webhook_endpoint_disabled", endpoint_id=str(endpoint_id), because=because.value)
    disable_endpoint(endpoint_id=endpoint_id, because=because, origin=Origin(), reason=reason)
