"""Making, changing and switching off endpoints. Every change leaves an audit record in its transaction (R186)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import Caller
from compliance.services.audit import record_change
from ledger import events
from ledger.errors import PreconditionFailed, ServiceError
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from wallets.core.webhook_targets import Target, parse_target
from wallets.locks import lock_endpoint
from wallets.models import Disabling, WebhookDelivery, WebhookEndpoint
from wallets.selectors.webhooks import endpoints_visible_to, get_endpoint
from wallets.services.webhooks.keys import give_secret

MOST_ENDPOINTS = 50
"""Enabled ones, per company."""
TEST_TYPE = "WebhookTest"
_STALE = "Somebody has changed this endpoint since you read it. Read it again."
_DISABLED = "The endpoint is disabled. Enable it first."


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint and the key that it has just been given, which cannot be shown again."""

    endpoint: WebhookEndpoint
    secret: str


def target_of(url: str) -> Target:
    """The URL of an endpoint, taken apart by the rules of this installation.

    Raises:
        InvalidInput: at `/url`.
    """
    return parse_target(url, requires_https=settings.IS_EXPOSED, allows_private=settings.WEBHOOK_ALLOW_PRIVATE_TARGETS)


def create_endpoint(
    *, caller: Caller, url: str, description: str, event_types: list[str], origin: Origin
) -> WithSecret:
    """Make an endpoint of the caller's company; it hears of what happens from now on.

    Args:
        event_types: of `EVENT_TYPES`; empty = all.

    Raises:
        InvalidInput: the URL may not be sent to.
        ServiceError: `limit.exceeded`.
    """
    target_of(url)
    with atomic():
        _require_room(caller)
        endpoint = WebhookEndpoint.objects.create(
            company_id=caller.company_id, url=url, description=description, event_types=_sorted(event_types)
        )
        secret = give_secret(endpoint.id)
        after = _audited(endpoint, ("url", "description", "event_types"))
        record_change(origin=origin, entity=endpoint, event_type="webhook_endpoint.created", after=after)
    endpoint.refresh_from_db()
    return WithSecret(endpoint, secret)


def change_endpoint(
    *, caller: Caller, endpoint_id: UUID, changes: dict[str, Any], expected_version: int | None, origin: Origin
) -> WebhookEndpoint:
    """Change some of url, description, event_types and is_enabled. Nothing new changes nothing, not even the version.

    Args:
        expected_version: the version that the caller has seen; None = any.

    Raises:
        NotFound: none such, or another company's.
        PreconditionFailed: somebody else has changed it since.
        InvalidInput: the URL may not be sent to.
        ServiceError: `limit.exceeded`.
    """
    if "url" in changes:
        target_of(changes["url"])
    if "event_types" in changes:
        changes = {**changes, "event_types": _sorted(changes["event_types"])}
    with atomic():
        endpoint = _locked(caller, endpoint_id, expected_version)
        fields = [name for name, value in changes.items() if getattr(endpoint, name) != value]
        if fields:
            before = _audited(endpoint, fields)
            if "is_enabled" in fields and changes["is_enabled"]:
                _require_room(caller)
            _apply(endpoint, {name: changes[name] for name in fields}, Disabling.REQUESTED)
            after = _audited(endpoint, fields)
            kind = "webhook_endpoint.changed"
            record_change(origin=origin, entity=endpoint, event_type=kind, before=before, after=after)
    return endpoint


def disable_endpoint(*, endpoint_id: UUID, because: Disabling, origin: Origin, reason: str = "") -> None:
    """Switch an endpoint off; once is as good as twice. What was due for it waits, nothing new is noted for it.

    Args:
        endpoint_id: one that has been found to be the caller's to change.
    """
    with atomic():
        endpoint = lock_endpoint(endpoint_id)
        if not endpoint.is_enabled:
            return
        _apply(endpoint, {"is_enabled": False}, because)
        after = {"is_enabled": False, "because": because.value}
        kind = "webhook_endpoint.disabled"
        record_change(origin=origin, entity=endpoint, event_type=kind, after=after, reason=reason)


def renew_secret(*, caller: Caller, endpoint_id: UUID, expected_version: int | None, origin: Origin) -> WithSecret:
    """Give an endpoint a new key; for a day both sign (`keys.OVERLAP`).

    Raises:
        NotFound, PreconditionFailed: as `change_endpoint`.
    """
    with atomic():
        endpoint = _locked(caller, endpoint_id, expected_version)
        _apply(endpoint, {}, Disabling.REQUESTED)
        secret = give_secret(endpoint.id)
        record_change(origin=origin, entity=endpoint, event_type="webhook_endpoint.secret_renewed")
    return WithSecret(endpoint, secret)


def send_test(*, caller: Caller, endpoint_id: UUID, origin: Origin) -> WebhookDelivery:
    """Have a message of type `WebhookTest` sent to an endpoint, by the way that all take. It has no place in any order.

    Raises:
        NotFound: none such, or another company's.
        PreconditionFailed: it is disabled.
    """
    endpoint = get_endpoint(caller, endpoint_id)
    require_enabled(endpoint)
    now, message_id = database_now(), new_id()
    body = events.envelope(
        id=message_id,
        type=TEST_TYPE,
        version=1,
        aggregate_id=endpoint.id,
        sequence=0,
        recorded_at=now,
        data={"endpoint_id": str(endpoint.id)},
    )
    with atomic():
        delivery = WebhookDelivery.objects.create(
            endpoint=endpoint,
            message_id=message_id,
            event_type=TEST_TYPE,
            subject_id=endpoint.id,
            body=body.decode(),
            next_attempt_at=now,
        )
        record_change(origin=origin, entity=endpoint, event_type="webhook_endpoint.tested")
    delivery.refresh_from_db()
    return delivery


def require_enabled(endpoint: WebhookEndpoint) -> None:
    """Raises PreconditionFailed if nothing would be sent."""
    if not endpoint.is_enabled:
        raise PreconditionFailed(_DISABLED)


def _locked(caller: Caller, endpoint_id: UUID, expected_version: int | None) -> WebhookEndpoint:
    get_endpoint(caller, endpoint_id)
    endpoint = lock_endpoint(endpoint_id)
    if expected_version not in (None, endpoint.version):
        raise PreconditionFailed(_STALE)
    return endpoint


def _apply(endpoint: WebhookEndpoint, changes: dict[str, Any], because: Disabling) -> None:
    """Change a locked endpoint."""
    now = database_now()
    for name, value in changes.items():
        setattr(endpoint, name, value)
    if "is_enabled" in changes:
        endpoint.disabled_at, endpoint.disabled_because = (None, "") if endpoint.is_enabled else (now, because)
        endpoint.failing_since = None
        if endpoint.is_enabled:
            endpoint.enabled_at = now
    endpoint.version += 1
    endpoint.updated_at = now
    endpoint.save()


def _require_room(caller: Caller) -> None:
    """A bound against mishaps, not an exact one: nobody waits for anybody here."""
    if endpoints_visible_to(caller).filter(is_enabled=True).count() >= MOST_ENDPOINTS:
        raise ServiceError(f"A company has {MOST_ENDPOINTS} enabled endpoints at most.", code="limit.exceeded")


def _sorted(event_types: list[str]) -> list[str]:
    return sorted(set(event_types))


def _audited(endpoint: WebhookEndpoint, fields: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return {name: _told(name, getattr(endpoint, name)) for name in fields}


def _told(name: str, value: Any) -> Any:
    """Paths of receivers are often secrets, and the record is kept for ever: it says only whether they changed."""
    if name != "url":
        return value
    split = urlsplit(value)
    return f"{split.scheme}://{split.netloc}/… (SHA-256 {sha256(value.encode()).hexdigest()[:12]})"
