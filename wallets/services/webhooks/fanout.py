"""From messages to deliveries: one per message and endpoint that wants it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ledger.selectors.clock import database_now
from ledger.selectors.stream import cloud_event
from ledger.selectors.transactions import companies_of
from ledger.services.following import OutboxMessage, Progress, follow
from wallets.models import WebhookDelivery, WebhookEndpoint
from wallets.selectors.webhooks import companies_of_rules, companies_of_wallets

FOLLOWER = "webhooks"


def note_deliveries() -> Progress:
    """Write down the deliveries of the next settled messages, in the transaction that remembers how far that was.

    So each message is noted once per endpoint, whoever commits late and whatever dies in between.
    """
    return follow(FOLLOWER, _note)


def _note(messages: Sequence[OutboxMessage]) -> None:
    companies = _companies(messages)
    listening: dict[UUID, list[WebhookEndpoint]] = {}
    for endpoint in WebhookEndpoint.objects.filter(is_enabled=True, company_id__in=set(companies.values())):
        listening.setdefault(endpoint.company_id, []).append(endpoint)
    if not listening:
        return
    now = database_now()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            endpoint=endpoint,
            message_id=message.id,
            event_type=message.type,
            subject_id=message.aggregate_id,
            body=cloud_event(message).decode(),
            next_attempt_at=now,
        )
        for message in messages
        for endpoint in listening.get(companies.get(message.aggregate_id, message.id), ())
        if _is_wanted(message, endpoint)
    )


def _companies(messages: Sequence[OutboxMessage]) -> dict[UUID, UUID]:
    """The company of each aggregate. A wallet belongs to its owner's; documents, budgets and limits say their own."""
    ids: dict[str, set[UUID]] = {"wallet": set(), "transaction": set(), "budget": set(), "limit": set()}
    for message in messages:
        ids.setdefault(message.aggregate_type, set()).add(message.aggregate_id)
    rules = companies_of_rules(ids["budget"] | ids["limit"])
    return {**companies_of_wallets(ids["wallet"]), **companies_of(ids["transaction"]), **rules}


def _is_wanted(message: OutboxMessage, endpoint: WebhookEndpoint) -> bool:
    is_subscribed = not endpoint.event_types or message.type in endpoint.event_types
    return is_subscribed and message.created_at >= endpoint.enabled_at
