"""Whoever changes something leaves a trace in the same transaction (R186, R187): a row of the audit trail, or an event
of the ledger that names him. A route or button that is not in these tables fails the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.core.management import call_command, get_commands
from django.test import Client
from pytest_django import DjangoDbBlocker

from compliance.core.origin import Origin
from compliance.models import AuditRecord, Caller, Company, DataAccessLog, LoginSession
from compliance.services.audit import record_change
from ledger.admin.screens import ReadOnlyAdmin
from ledger.models import Event, InboxEvent
from tests.api.authorisation import ROWS, Row
from tests.api.buttons import BUTTONS, EVENT, READ
from tests.api.routes import api_routes
from tests.api.test_authorisation import World, make_world, routes_by_name
from tests.compliance.clients import api_as, tokens_of
from tests.compliance.desk import give_app
from tests.compliance.factories import PASSWORD
from tests.docs.pages import APPS
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.incoming import cancelled, row_of
from tests.wallets.scene import undone
from tests.wallets.webhooks import make_endpoint
from wallets.models import Notification

LOG_IN = "a log-in"
QUESTION = "nothing: it only asks"
ROWS_OF_THEIR_OWN = {EVENT, READ}
"""Traces that are no audit records: what they are says who it was and when."""

ROUTES = {
    "POST /v1/users": "user.created",
    "PATCH /v1/users/{user_id}": "user.changed",
    "POST /v1/wallets": EVENT,
    "PUT /v1/wallets/{wallet_id}/status": "wallet.status_changed",
    "POST /v1/wallets/{wallet_id}/lock": "wallet.locked",
    "PUT /v1/wallets/{wallet_id}/lock/{lock_id}": "wallet.lock_extended",
    "DELETE /v1/wallets/{wallet_id}/lock/{lock_id}": "wallet.unlocked",
    "POST /v1/wallets/{wallet_id}/transactions": EVENT,
    "POST /v1/transfers": EVENT,
    "POST /v1/transfers/batch": EVENT,
    "POST /v1/wallet/balance_transfer": EVENT,
    "POST /v1/transactions/{txn_id}/refunds": EVENT,
    "POST /v1/transactions/{txn_id}/reversals": EVENT,
    "POST /v1/reversals/batch": EVENT,
    "POST /v1/reservations": EVENT,
    "POST /v1/reservations/{reservation_id}/capture": EVENT,
    "POST /v1/reservations/{reservation_id}/release": EVENT,
    "POST /v1/reservations/{reservation_id}/extend": EVENT,
    "POST /v1/reservations/{reservation_id}/progress": EVENT,
    "POST /v1/closings": "books.closed",
    "POST /v1/inbox/events": EVENT,
    "POST /v1/notifications/read": READ,
    "PUT /v1/notification-preferences": "notification_preferences.changed",
    "POST /v1/budgets": "budget.created",
    "PUT /v1/budgets/{id}": "budget.changed",
    "POST /v1/budgets/{budget_id}/adjustments": "budget.adjusted",
    "POST /v1/budget-transfers": "budget.moved",
    "POST /v1/budget-checks": QUESTION,
    "POST /v1/budgets/{budget_id}/backtests": QUESTION,
    "POST /v1/budget-templates": "budget_template.created",
    "PATCH /v1/budget-templates/{template_id}": "budget_template.changed",
    "PATCH /v1/companies/current": "company.changed",
    "POST /v1/budget-requests": "budget_request.opened",
    "POST /v1/budget-requests/{request_id}/approve": "budget_request.approved",
    "POST /v1/budget-requests/{request_id}/reject": "budget_request.rejected",
    "POST /v1/budget-requests/{request_id}/withdraw": "budget_request.withdrawn",
    "POST /v1/adjustments": "approval.requested",
    "POST /v1/approval-rules": "approval.requested",
    "POST /v1/approvals/{approval_id}/approve": "approval.approved",
    "POST /v1/approvals/{approval_id}/reject": "approval.rejected",
    "POST /v1/approvals/{approval_id}/withdraw": "approval.withdrawn",
    "PUT /v1/limits": "limit.created",
    "POST /v1/limits/{limit_id}/end": "limit.ended",
    "POST /v1/webhook-endpoints": "webhook_endpoint.created",
    "PATCH /v1/webhook-endpoints/{endpoint_id}": "webhook_endpoint.changed",
    "DELETE /v1/webhook-endpoints/{endpoint_id}": "webhook_endpoint.disabled",
    "POST /v1/webhook-endpoints/{endpoint_id}/secret": "webhook_endpoint.secret_renewed",
    "POST /v1/webhook-endpoints/{endpoint_id}/test": "webhook_endpoint.tested",
    "POST /v1/webhook-deliveries/{delivery_id}/resend": "webhook_delivery.resent",
    # A log-in is no change; its own row keeps who, from where, with what, and how it ended.
    "POST /v1/auth/token": LOG_IN,
    "POST /v1/auth/refresh": LOG_IN,
    "POST /v1/auth/logout": LOG_IN,
}
BY_A_SERVICE = {
    "POST /v1/wallets/{wallet_id}/transactions",
    "POST /v1/reservations/{reservation_id}/progress",
    "POST /v1/inbox/events",
}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield make_world()


def traces_of(actor_id: UUID) -> dict[str, int]:
    """How often each kind of trace names somebody."""
    records = AuditRecord.objects.filter(actor_id=actor_id)
    read = Notification.objects.filter(user_id=actor_id, read_at__isnull=False)
    found = {EVENT: Event.objects.filter(actor_id=actor_id).count(), READ: read.count()}
    for record in records:
        found[record.event_type] = found.get(record.event_type, 0) + 1
    return found


def left(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {kind for kind, count in after.items() if count > before.get(kind, 0)}


def changing_routes() -> set[str]:
    return {route.name for route in api_routes() if route.method != "GET"}


def test_every_route_that_changes_something_is_here() -> None:
    assert set(ROUTES) == changing_routes()


def rows() -> list[Row]:
    return [row for row in ROWS if ROUTES.get(row.route, LOG_IN) not in {LOG_IN, QUESTION}]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.route)
def test_a_request_that_changes_something_leaves_its_trace(world: World, row: Row) -> None:
    bookings, frida = world.scene.cast.bookings, world.people["FINANCE"]
    actor: Caller = bookings if row.route in BY_A_SERVICE else frida
    client = api_as(actor)
    things = world.things("FINANCE", "company")
    method, path = row.route.split()
    with undone():
        parameters = {**things.parameters(), **(row.given(client, things) if row.given else {})}
        before = traces_of(actor.id)
        answer: Any = client.generic(
            method,
            (path + row.query).format(**parameters),
            _json(row, things),
            content_type="application/json" if row.body else "application/octet-stream",
            headers={"Idempotency-Key": "key-1", **row.headers},
        )
        assert answer.status_code == routes_by_name()[row.route].operation.status, answer.content
        assert ROUTES[row.route] in left(before, traces_of(actor.id))
        if ROUTES[row.route] not in ROWS_OF_THEIR_OWN:
            record = AuditRecord.objects.filter(actor_id=actor.id).latest("id")
            kept = (record.actor_role, record.ip_address, record.correlation_id)
            assert kept == ("FINANCE", "127.0.0.1", answer.headers["X-Request-Id"])
            assert record.session_id is not None


def _json(row: Row, things: Any) -> str:
    return json.dumps(row.body(things)) if row.body else ""


def test_what_is_handed_in_and_has_to_wait_keeps_from_whom(world: World) -> None:
    """Nothing has changed yet. When it does, the event or record names the same account."""
    bookings, envelope = world.scene.cast.bookings, cancelled("B-404")
    with undone():
        answer: Any = api_as(bookings).post("/v1/inbox/events", envelope)
        assert (answer.status_code, answer.json()["status"]) == (202, "PENDING")
        row: InboxEvent = row_of(envelope)
        assert (row.delivered_by, row.company_id) == (bookings.id, bookings.company_id)


def test_a_log_in_keeps_from_where_and_how_it_ended(world: World) -> None:
    alice, client = world.scene.cast.alice, Client(REMOTE_ADDR="192.0.2.9", HTTP_USER_AGENT="pytest")
    sessions = LoginSession.objects.filter(user=alice)

    def send(route: str, **body: Any) -> Any:
        answer = client.post(f"/v1/auth/{route}", body, content_type="application/json")
        assert answer.status_code in {200, 204}
        return answer.json() if answer.content else {}

    with undone():
        first = send("token", email=alice.email, password=PASSWORD)
        session = sessions.latest("id")
        assert (session.ip_address, session.user_agent, session.revoked_at) == ("192.0.2.9", "pytest", None)
        second = send("refresh", refresh=first["refresh"])
        session.refresh_from_db()
        assert session.last_used_at > session.created_at
        send("logout", refresh=second["refresh"])
        session.refresh_from_db()
        assert session.revoked_at is not None
        assert session.revoked_reason
        send("logout", refresh=tokens_of(alice).refresh, all=True)
        assert AuditRecord.objects.filter(event_type="user.sessions_ended", entity_id=alice.id).exists()


def test_every_button_is_here() -> None:
    kinds = ("actions_list", "actions_row", "actions_detail", "actions_submit_line", "actions")
    found = {
        (model._meta.label_lower, getattr(action, "__name__", action))
        for model, screen in admin.site._registry.items()
        for kind in kinds
        for action in getattr(screen, kind, None) or ()
    }
    assert found == set(BUTTONS)


@pytest.mark.parametrize("name", BUTTONS, ids="-".join)
def test_a_button_leaves_its_trace(world: World, name: tuple[str, str]) -> None:
    button = BUTTONS[name]
    with undone():
        button.given(world)
        person = button.by(world)
        before, form = traces_of(person.id), dict(button.form(world) if callable(button.form) else button.form)
        answer: Any = at_desk(person).post(button.path(world), {**form, "_form_submitted": "True"})
        assert {"HX-Redirect", "HX-Retarget"} & set(answer.headers), answer.content
        assert button.trace in left(before, traces_of(person.id))
        if button.trace in ROWS_OF_THEIR_OWN:
            return
        record = AuditRecord.objects.filter(actor_id=person.id, event_type=button.trace).latest("id")
        assert (record.actor_role, record.reason) == (person.role, form.get("reason", ""))
        assert record.ip_address == "127.0.0.1"


ALICE = "alice's address"
READS, DERIVES = "changes nothing", "works out again what the events say"
DELIVERS, SCHEMA = "tells others what has happened", "the tables themselves, by their owner"
COMMANDS: dict[str, str | tuple[str, ...]] = {
    "administer_access": ("user.changed", ALICE, "--reason", "Runs our machines."),
    "consume_events": EVENT,
    "ensure_partitions": SCHEMA,
    "events": ("outbox.replayed", "replay", "--publish", "--to", "2020-01-01", "--reason", "To see."),
    "expire_holds": EVENT,
    "export_events": READS,
    "fold_system_accounts": DERIVES,
    "grant_privileges": SCHEMA,
    "import_events": EVENT,
    "prepare_database": SCHEMA,
    "rebuild_read_models": DERIVES,
    "reencrypt_second_factors": ("user.second_factor_reencrypted",),
    "reencrypt_webhook_secrets": ("webhook_endpoint.secret_reencrypted",),
    "relay_outbox": DELIVERS,
    "replay": READS,
    "reset_second_factor": ("user.second_factor_reset", "{finance}", "--reason", "Nobody is left."),
    "seal": DERIVES,
    "seed_demo": EVENT,
    "send_webhooks": DELIVERS,
    "snapshot_balances": DERIVES,
    "verify_budgets": READS,
    "verify_ledger": READS,
    "verify_receipt": READS,
    "verify_seals": READS,
}
"""What each command does to the state; those that change what is not money, the record and an example."""


def test_every_command_is_here() -> None:
    assert set(COMMANDS) == {name for name, app in get_commands().items() if app in APPS}


@pytest.mark.parametrize("name", [name for name, trace in COMMANDS.items() if isinstance(trace, tuple)])
def test_a_command_leaves_its_trace(world: World, name: str) -> None:
    wanted = COMMANDS[name]
    assert isinstance(wanted, tuple)
    trace, *arguments = wanted
    with undone():
        frida = world.people["FINANCE"]
        make_endpoint(frida)
        give_app(frida)
        records = AuditRecord.objects.filter(event_type=trace, company_id=world.scene.cast.company.id)
        before = records.count()
        email = world.scene.cast.alice.email
        words = (email if word == ALICE else word.format(finance=frida.email) for word in arguments)
        call_command(name, *words, stdout=StringIO())
        assert records.count() > before
        latest = records.latest("id")
        assert (latest.actor_id, latest.actor_role) == (None, "SYSTEM")


def test_screens_change_nothing_but_by_their_buttons() -> None:
    """What has no button is not changed in the back office: no regular task, no setting, no record."""
    assert [screen for screen in admin.site._registry.values() if not isinstance(screen, ReadOnlyAdmin)] == []


def test_from_where_others_acted_is_looked_at_on_record(world: World) -> None:
    audrey, frida = world.people["AUDITOR"], world.people["FINANCE"]
    with undone():
        record_change(
            origin=Origin(frida.id, "FINANCE", "192.0.2.7", "pytest"),
            entity=Company.objects.get(id=frida.company_id),
            event_type="company.changed",
        )
        record = AuditRecord.objects.filter(actor_id=frida.id).latest("id")
        assert "192.0.2.7" in page(at_desk(audrey), f"/admin/compliance/auditrecord/{record.id}/change/")
        look = DataAccessLog.objects.filter(actor_id=audrey.id).latest("id")
        assert (look.subject_id, look.fields) == (frida.id, ["ip_address", "user_agent"])


def test_a_new_password_leaves_its_trace(world: World) -> None:
    frida, new = world.people["FINANCE"], "another quiet winter evening"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    with undone():
        before = traces_of(frida.id)
        assert at_desk(frida).post("/admin/password_change/", form).status_code == 302
        assert "user.password_changed" in left(before, traces_of(frida.id))


def test_what_is_refused_leaves_no_audit_record(world: World) -> None:
    with undone():
        before = AuditRecord.objects.count()
        wallet = world.things("FINANCE", "foreign").wallet_id
        path, body = f"/v1/wallets/{wallet}/status", '{"status": "FROZEN", "reason": "Test"}'
        answer: Any = world.client("FINANCE", None).put(path, body, content_type="application/json")
        assert answer.status_code == 404
        same = f"/v1/wallets/{world.things('FINANCE', 'company').wallet_id}/status"
        again: Any = world.client("FINANCE", None).put(
            same, '{"status": "ACTIVE", "reason": "It is."}', content_type="application/json"
        )
        assert again.status_code == 200
        assert AuditRecord.objects.count() == before
