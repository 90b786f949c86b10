"""What becomes of a delivery: sent, signed, tried again, given up; and of the endpoint that it is for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_django import Settings

from compliance.models import AuditRecord
from ledger.selectors.clock import database_now
from tests.compliance.factories import Cast
from tests.wallets.receiver import Receiver
from tests.wallets.webhooks import (
    BY_NOBODY,
    answering,
    ids_of,
    make_due,
    make_endpoint,
    ping,
    send_all,
    wait_of,
)
from wallets.core.webhook_retries import MOST_ATTEMPTS, WAITS
from wallets.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from wallets.services.webhooks.deliveries import purge_webhooks, resend_delivery, skip_delivery
from wallets.services.webhooks.endpoints import MOST_ENDPOINTS, WithSecret
from wallets.services.webhooks.posting import Answer
from wallets.services.webhooks.sending import LEASE, WORKERS, Done, Sender

HOUR = timedelta(hours=1)
OK, OOPS, SILENT = Answer(status=200), Answer(status=500, excerpt="Oops"), Answer(error="timeout", duration_ms=10_000)


def attempts_of(delivery: WebhookDelivery) -> list[tuple[int, int | None, str]]:
    rows = WebhookAttempt.objects.filter(delivery=delivery).order_by("number")
    return [(row.number, row.answer_status, row.error) for row in rows]


def audited(endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
    rows = AuditRecord.objects.filter(entity_id=endpoint.id).order_by("id")
    return [(row.event_type, row.reason) for row in rows]


# -- What does not arrive


def test_without_its_key_nothing_is_sent(cast: Cast, own: WithSecret, settings: Settings) -> None:
    delivery = ping(cast.frida, own.endpoint)
    settings.WEBHOOK_ENCRYPTION_KEYS = ["another installation's"]
    post, asked = answering(OK)
    send_all(post)
    assert not asked
    assert attempts_of(delivery) == [(1, None, "secret_unreadable")]


def test_it_is_tried_for_three_days_and_then_given_up(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    post, asked = answering(OOPS, SILENT)
    for attempt, wait in enumerate(WAITS, start=1):
        send_all(post)
        assert wait - HOUR / 60 < wait_of(delivery) <= wait * 1.1
        assert (delivery.status, delivery.attempts) == ("PENDING", attempt)
        make_due(delivery)
    send_all(post)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.next_attempt_at) == ("FAILED", MOST_ATTEMPTS, None)
    assert attempts_of(delivery) == [(1, 500, ""), *[(n, None, "timeout") for n in range(2, 11)]]
    assert {request["headers"]["webhook-id"] for request in asked} == {str(delivery.message_id)}


def test_a_wish_to_wait_is_kept(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    post, _ = answering(Answer(status=503, wished_wait=HOUR))
    send_all(post)
    assert HOUR * 0.99 < wait_of(delivery) <= HOUR


def test_gone_switches_the_endpoint_off(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    post, asked = answering(Answer(status=410))
    send_all(post)
    own.endpoint.refresh_from_db()
    delivery.refresh_from_db()
    assert (own.endpoint.is_enabled, own.endpoint.disabled_because, delivery.status) == (False, "GONE", "FAILED")
    assert audited(own.endpoint)[-1] == ("webhook_endpoint.disabled", "It answered 410.")
    assert len(asked) == 1


def test_days_of_failures_switch_it_off(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    post, _ = answering(OOPS)
    send_all(post)
    own.endpoint.refresh_from_db()
    assert own.endpoint.failing_since is not None
    assert own.endpoint.is_enabled
    WebhookEndpoint.objects.filter(id=own.endpoint.id).update(failing_since=database_now() - timedelta(days=5))
    make_due(delivery)
    send_all(post)
    own.endpoint.refresh_from_db()
    assert (own.endpoint.is_enabled, own.endpoint.disabled_because) == (False, "FAILING")
    assert audited(own.endpoint)[-1] == ("webhook_endpoint.disabled", "It has only failed for 5 days.")
    make_due(delivery)
    post, asked = answering(OK)
    send_all(post)
    assert not asked, "nothing is sent to an endpoint that is off; what was due waits"
    delivery.refresh_from_db()
    assert delivery.status == "PENDING"


def test_one_success_ends_the_failing(cast: Cast, own: WithSecret) -> None:
    ping(cast.frida, own.endpoint)
    send_all(answering(OOPS)[0])
    ping(cast.frida, own.endpoint)
    send_all(answering(OK)[0])
    own.endpoint.refresh_from_db()
    assert own.endpoint.failing_since is None


def test_what_nobody_expected_is_a_failed_attempt(cast: Cast, own: WithSecret) -> None:
    def break_down(*_: Any, **__: Any) -> Answer:
        raise ZeroDivisionError

    delivery = ping(cast.frida, own.endpoint)
    send_all(break_down)
    assert attempts_of(delivery) == [(1, None, "unexpected")]


def test_a_url_that_is_not_allowed_any_more(cast: Cast, settings: Settings) -> None:
    own = make_endpoint(cast.frida, "http://localhost:1/")
    delivery = ping(cast.frida, own.endpoint)
    settings.WEBHOOK_ALLOW_PRIVATE_TARGETS = False
    post, asked = answering(OK)
    send_all(post)
    assert not asked
    assert attempts_of(delivery) == [(1, None, "url_not_allowed")]


# -- What people and time do


def test_a_resent_one_has_all_its_attempts_again(cast: Cast, listener: tuple[Receiver, WithSecret]) -> None:
    there, own = listener
    delivery = ping(cast.frida, own.endpoint)
    send_all()
    WebhookDelivery.objects.filter(id=delivery.id).update(attempts=MOST_ATTEMPTS)
    delivery.refresh_from_db()
    resend_delivery(delivery=delivery, origin=BY_NOBODY)
    assert (delivery.status, delivery.attempts_before) == ("PENDING", MOST_ATTEMPTS)
    there.behaviour = lambda handler: handler.answer(500)
    send_all()
    assert wait_of(delivery) <= WAITS[0] * 1.1
    assert ids_of(there.received) == [delivery.message_id] * 2
    assert audited_of_delivery(delivery) == [("webhook_delivery.resent", {"status": "DELIVERED", "attempts": 10})]


def audited_of_delivery(delivery: WebhookDelivery) -> list[tuple[str, Any]]:
    return [(row.event_type, row.before) for row in AuditRecord.objects.filter(entity_id=delivery.id)]


def test_a_skipped_one_is_not_sent(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    skip_delivery(delivery=delivery, origin=BY_NOBODY, reason="Not wanted.")
    post, asked = answering(OK)
    send_all(post)
    delivery.refresh_from_db()
    assert (delivery.status, asked) == ("SKIPPED", [])


def test_what_a_late_sender_says_does_not_count_any_more(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    late = Sender(post=answering(OOPS)[0])
    for job in late._claim():
        late._under_way[late._pool.submit(Done, job, datetime.now(UTC), OOPS)] = job
    make_due(delivery)  # its lease has run out
    send_all(answering(OK)[0])
    late.finish()
    late.close()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("DELIVERED", 2)
    assert attempts_of(delivery) == [(1, 500, ""), (2, 200, "")]


def test_a_claim_keeps_others_away_for_its_lease(cast: Cast, own: WithSecret) -> None:
    delivery = ping(cast.frida, own.endpoint)
    sender = Sender()
    assert [job.delivery_id for job in sender._claim()] == [delivery.id]
    assert Sender()._claim() == []
    assert LEASE * 0.9 < wait_of(delivery) <= LEASE


def test_no_endpoint_takes_all_the_room(cast: Cast, own: WithSecret) -> None:
    other = make_endpoint(cast.frida)
    for _ in range(20):
        ping(cast.frida, own.endpoint)
    last = ping(cast.frida, other.endpoint)
    claimed = [job.delivery_id for job in Sender()._claim()]
    assert last.id in claimed
    assert len(claimed) == 9


def test_one_that_fails_is_tried_one_at_a_time(cast: Cast, own: WithSecret) -> None:
    for _ in range(5):
        ping(cast.frida, own.endpoint)
    WebhookEndpoint.objects.filter(id=own.endpoint.id).update(failing_since=database_now())
    assert len(Sender()._claim()) == 1
    assert WORKERS > MOST_ENDPOINTS


def test_old_deliveries_are_forgotten(cast: Cast, own: WithSecret) -> None:
    old, young = ping(cast.frida, own.endpoint), ping(cast.frida, own.endpoint)
    send_all(answering(OK)[0])
    WebhookDelivery.objects.filter(id=old.id).update(created_at=database_now() - timedelta(days=30, minutes=1))
    assert purge_webhooks() == 1
    assert list(WebhookDelivery.objects.filter(endpoint=own.endpoint)) == [young]
    assert purge_webhooks() == 0
