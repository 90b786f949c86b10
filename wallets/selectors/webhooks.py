"""Webhook endpoints and deliveries: which a caller may see, and how far behind the sending is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet

from budgets.models import Budget, Limit
from compliance.models import Caller
from ledger.errors import NotFound
from wallets.models import Wallet, WebhookAttempt, WebhookDelivery, WebhookEndpoint

EVENT_TYPES = (
    "WalletCreated",
    "WalletStatusChanged",
    "TransactionCompleted",
    "TransactionFailed",
    "ReservationCreated",
    "ReservationCaptured",
    "ReservationReleased",
    "ReservationExpired",
    "BudgetCreated",
    "BudgetChanged",
    "BudgetPeriodOpened",
    "BudgetPeriodClosed",
    "BudgetThresholdReached",
    "BudgetExceeded",
    "BudgetRequestOpened",
    "BudgetRequestDecided",
    "LimitCreated",
    "LimitChanged",
)
"""What can be subscribed to (docs/events.md)."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What enabled endpoints wait for: how much is due, for how long the oldest has been, and how much was given up."""

    due: int
    oldest_seconds: float
    failed: int


_BACKLOG = """
    SELECT count(*) FILTER (WHERE is_due),
        coalesce(extract(epoch FROM statement_timestamp() - min(next_attempt_at) FILTER (WHERE is_due)), 0)::float,
        count(*) FILTER (WHERE status = 'FAILED')
    FROM (
        SELECT delivery.status, delivery.next_attempt_at,
            endpoint.is_enabled AND delivery.status = 'PENDING' AND delivery.next_attempt_at <= statement_timestamp()
                AS is_due
        FROM wallets_webhookdelivery AS delivery
        JOIN wallets_webhookendpoint AS endpoint ON endpoint.id = delivery.endpoint_id
        WHERE delivery.status IN ('PENDING', 'FAILED')
    ) AS unfinished
"""


def webhook_backlog() -> Backlog:
    """How the sending is doing, over all companies."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG)
        return Backlog(*cursor.fetchone())


def endpoints_visible_to(caller: Caller) -> QuerySet[WebhookEndpoint]:
    """The endpoints of the caller's company. Who is let in at all, the policies say."""
    return WebhookEndpoint.objects.filter(company_id=caller.company_id)


def get_endpoint(caller: Caller, endpoint_id: UUID) -> WebhookEndpoint:
    """One endpoint within the caller's scope.

    Raises:
        NotFound: none such, or another company's.
    """
    endpoint = endpoints_visible_to(caller).filter(id=endpoint_id).first()
    if endpoint is None:
        raise NotFound
    return endpoint


def deliveries_visible_to(caller: Caller) -> QuerySet[WebhookDelivery]:
    """The deliveries of these endpoints, with their endpoint."""
    return WebhookDelivery.objects.filter(endpoint__company_id=caller.company_id).select_related("endpoint")


def with_attempts(deliveries: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """The same with all their attempts in `made`, the first one first."""
    return deliveries.prefetch_related(Prefetch("made", WebhookAttempt.objects.order_by("number")))


def get_delivery(caller: Caller, delivery_id: UUID) -> WebhookDelivery:
    """One delivery within the caller's scope, with its attempts.

    Raises:
        NotFound: none such, or another company's.
    """
    delivery = with_attempts(deliveries_visible_to(caller)).filter(id=delivery_id).first()
    if delivery is None:
        raise NotFound
    return delivery


def companies_of_wallets(wallet_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The company of each wallet that exists."""
    return dict(Wallet.objects.filter(id__in=list(wallet_ids)).values_list("id", "user__company_id"))


def companies_of_rules(rule_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The company of each budget and limit that exists. No query without ids."""
    wanted = list(rule_ids)
    if not wanted:
        return {}
    budgets = Budget.objects.filter(id__in=wanted).values_list("id", "company_id")
    return dict(budgets.union(Limit.objects.filter(id__in=wanted).values_list("id", "company_id"), all=True))
