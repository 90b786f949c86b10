"""What arrives is signed, with every key that is live, and no change of it passes for ours."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook

from compliance.models import AuditRecord
from ledger.selectors.clock import database_now
from tests.compliance.factories import Cast
from tests.wallets.receiver import Receiver
from tests.wallets.webhooks import BY_NOBODY, ping, send_all, verified
from wallets.models import WebhookAttempt, WebhookSecret
from wallets.services.webhooks.endpoints import WithSecret, renew_secret
from wallets.services.webhooks.keys import OVERLAP, reencrypt_secrets

HOUR = timedelta(hours=1)


def test_it_arrives_signed_and_is_written_down(cast: Cast, listener: tuple[Receiver, WithSecret]) -> None:
    there, own = listener
    delivery = ping(cast.frida, own.endpoint)
    send_all()
    (request,) = there.received
    event = verified(own.secret, request)
    assert (event["type"], event["subject"], event["specversion"]) == ("WebhookTest", str(own.endpoint.id), "1.0")
    assert request.body == delivery.body.encode()
    assert request.headers["Content-Type"] == "application/cloudevents+json"
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.next_attempt_at) == ("DELIVERED", 1, None)
    (attempt,) = WebhookAttempt.objects.filter(delivery=delivery)
    assert (attempt.number, attempt.answer_status, attempt.error, attempt.url) == (1, 200, "", there.url)
    assert str(int(attempt.sent_at.timestamp())) == request.headers["webhook-timestamp"]


def test_neither_key_nor_signature_is_logged(
    cast: Cast, listener: tuple[Receiver, WithSecret], caplog: pytest.LogCaptureFixture
) -> None:
    there, own = listener
    ping(cast.frida, own.endpoint)
    send_all()
    assert "webhook_sent" in caplog.text
    (row,) = WebhookSecret.objects.filter(endpoint=own.endpoint)
    secrets = (own.secret.removeprefix("whsec_"), row.encrypted, there.received[0].headers["webhook-signature"][3:])
    assert not [secret for secret in secrets if secret in caplog.text]
    assert there.url not in caplog.text


def test_a_thousand_mutations_are_refused(cast: Cast, listener: tuple[Receiver, WithSecret]) -> None:
    there, own = listener
    ping(cast.frida, own.endpoint)
    send_all()
    (request,) = there.received
    verified(own.secret, request)
    chance, refused = random.Random(29), 0
    for _ in range(1000):
        body, headers = mutated(request.body, dict(request.headers), chance)
        try:
            Webhook(own.secret).verify(body, headers)
        except Exception:  # noqa: BLE001 - the library says no in several ways
            refused += 1
    assert refused == 1000


def mutated(body: bytes, headers: dict[str, str], chance: random.Random) -> tuple[bytes, dict[str, str]]:
    """The same request with one thing changed."""
    place = chance.randrange(len(body))
    match chance.randrange(6):
        case 0:
            return body[:place] + bytes([body[place] ^ (1 << chance.randrange(7))]) + body[place + 1 :], headers
        case 1:
            return body[:place] + body[place + 1 :], headers
        case 2:
            return body[:place] + b" " + body[place:], headers
        case 3:
            return body, {**headers, "webhook-id": headers["webhook-id"][:-1] + chance.choice("xyz")}
        case 4:
            moved = int(headers["webhook-timestamp"]) + chance.choice((-1, 1)) * chance.randrange(1, 10_000)
            return body, {**headers, "webhook-timestamp": str(moved)}
        case _:
            other = chance.choice(("", "v1,", "v2" + headers["webhook-signature"][2:], "v1,AAAA", "v1"))
            return body, {**headers, "webhook-signature": other}


def test_two_keys_sign_while_they_are_exchanged(cast: Cast, listener: tuple[Receiver, WithSecret]) -> None:
    there, own = listener
    renewed = renew_secret(caller=cast.frida, endpoint_id=own.endpoint.id, expected_version=1, origin=BY_NOBODY)
    assert renewed.secret != own.secret
    ping(cast.frida, own.endpoint)
    send_all()
    assert len(there.received[0].headers["webhook-signature"].split(" ")) == 2
    for secret in (own.secret, renewed.secret):
        verified(secret, there.received[0])
    WebhookSecret.objects.filter(expires_at__isnull=False).update(expires_at=database_now())
    ping(cast.frida, own.endpoint)
    send_all()
    assert len(there.received[1].headers["webhook-signature"].split(" ")) == 1
    verified(renewed.secret, there.received[1])


def test_the_old_key_ends_after_a_day_and_few_are_kept(cast: Cast, own: WithSecret) -> None:
    for version in range(1, 6):
        renew_secret(caller=cast.frida, endpoint_id=own.endpoint.id, expected_version=version, origin=BY_NOBODY)
    rows = WebhookSecret.objects.filter(endpoint=own.endpoint).order_by("-created_at", "-id")
    ends = [row.expires_at for row in rows]
    assert len(ends) == 3
    assert ends[0] is None
    assert all(end is not None and OVERLAP - HOUR < end - database_now() <= OVERLAP for end in ends[1:])


def test_keys_lie_encrypted_and_can_be_encrypted_anew(
    cast: Cast, listener: tuple[Receiver, WithSecret], settings: Settings
) -> None:
    there, own = listener
    (row,) = WebhookSecret.objects.filter(endpoint=own.endpoint)
    assert own.secret.removeprefix("whsec_") not in row.encrypted
    old = settings.WEBHOOK_ENCRYPTION_KEYS
    settings.WEBHOOK_ENCRYPTION_KEYS = ["a new key of this installation", *old]
    assert reencrypt_secrets() >= 1
    kept = AuditRecord.objects.filter(event_type="webhook_endpoint.secret_reencrypted")
    assert [record.actor_role for record in kept.filter(entity_id=own.endpoint.id)] == ["SYSTEM"]
    settings.WEBHOOK_ENCRYPTION_KEYS = settings.WEBHOOK_ENCRYPTION_KEYS[:1]
    ping(cast.frida, own.endpoint)
    send_all()
    verified(own.secret, there.received[0])
