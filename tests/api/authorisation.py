"""Who may do what, to whose things: docs/interface.md as tables. A route without a row here fails the tests.

Columns say whose wallet, user or transaction it is: the caller's own, of somebody in the team that EMPLOYEE and
MANAGER belong to, of somebody else in the company, of another company. `yes` is the success that the route
documents, a number any other status, `-` what cannot be asked (a service owns nothing).
SYSTEM with: a service account with the row's scope and no other; SYSTEM without: one with all scopes but this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from compliance.models import User
from tests.api.approval_things import RULE, adjusted, given_approval, given_checker, given_own_approval
from tests.api.budget_things import (
    asked_for,
    given_budget,
    given_budgets,
    given_decision,
    given_limit,
    given_own_request,
    given_request,
    given_template,
    limited,
    moved,
)
from tests.api.tables import (
    ADJUST,
    ANSWER_REQUEST,
    ASK_FOR_MORE,
    BACKDATE,
    BOOK,
    CHANGE_NAMES,
    CHANGE_USER_STATUS,
    CHECK,
    CLOSE_BOOKS,
    COMPANY,
    CREATE_USER,
    CREATE_WEBHOOK,
    FREEZE,
    HAND_IN,
    HOLD,
    KEEP_TEMPLATES,
    KEEP_WEBHOOKS,
    LIST,
    LIST_RULES,
    LIST_TEMPLATES,
    LIST_WEBHOOKS,
    LOG_IN,
    OPEN_WALLET,
    PAY_TO,
    PEOPLE_ONLY,
    PUBLIC,
    READ_CLOSINGS,
    READ_TEMPLATES,
    READ_WEBHOOKS,
    RUN_COMPANY,
    SEE,
    SEE_APPROVAL,
    SEE_COMPANY,
    SET_BUDGET,
    SET_RULE,
    SPEND,
    STREAM,
    SUSPEND,
    TAKE_BACK,
    UNDO,
)
from wallets.models import Notification, Wallet, WalletLock, WebhookDelivery, WebhookEndpoint, WebhookSecret


@dataclass(frozen=True)
class Things:
    """What a request names: somebody's things, and the caller's own wallet and that of a third person to pay."""

    user_id: str
    wallet_id: str
    txn_id: str
    reservation_id: str
    callers_wallet_id: str
    payees_wallet_id: str
    seal_id: str

    def parameters(self) -> dict[str, str]:
        """For the path. `GET /wallets/{id}` takes a wallet's id."""
        return {
            "user_id": self.user_id,
            "wallet_id": self.wallet_id,
            "id": self.wallet_id,
            "txn_id": self.txn_id,
            "reservation_id": self.reservation_id,
            "lock_id": NOWHERE,
            "seal_id": self.seal_id,
            "endpoint_id": NOWHERE,
            "delivery_id": NOWHERE,
            "budget_id": NOWHERE,
            "request_id": NOWHERE,
            "limit_id": NOWHERE,
            "template_id": NOWHERE,
            "approval_id": NOWHERE,
            "key": "2026-03",
        }


@dataclass(frozen=True)
class Row:
    """A use of a route.

    Attributes:
        route: method and path.
        expected: one of the tables above.
        scope: what a service account needs; None = services are not let in at all.
        body: the request's body, made from the things that it names.
        given: what the caller has to have done before, if he could; returns what the path takes from it.
    """

    route: str
    expected: str
    scope: str | None = None
    body: Callable[[Things], dict[str, Any]] | None = None
    query: str = ""
    given: Callable[[APIClient, Things], dict[str, str]] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def _money(source: str, destination: str) -> dict[str, Any]:
    return {"from_wallet_id": source, "to_wallet_id": destination, "amount": "1", "currency": "EUR"}


def _batch(source: str, destination: str) -> dict[str, Any]:
    return {"atomic": True, "transfers": [{"idempotency_key": "row-1", **_money(source, destination)}]}


def _seeds(source: str, destination: str) -> dict[str, Any]:
    accounts = {"from_account": source, "to_account": destination}
    id = "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e01"
    return {**accounts, "amount": "1", "currency": "EUR", "transaction_id": id}


def _hold(source: str, destination: str) -> dict[str, Any]:
    return {"wallet_id": source, "destination_wallet_id": destination, "amount": "1", "currency": "EUR"}


def _booked(user_id: str, wallet_id: str) -> dict[str, Any]:
    data = {"booking_id": "B-1", "user_id": user_id, "wallet_id": wallet_id, "amount": "1", "currency": "EUR"}
    envelope = {"event_id": "matrix-1", "event_type": "BookingCreated", "timestamp": "2026-03-10T12:00:00Z"}
    return {**envelope, "source": "matrix", "data": data}


def _reversals(txn_id: str) -> dict[str, Any]:
    return {"atomic": True, "reversals": [{"idempotency_key": "row-1", "txn_id": txn_id, "reason": "Test"}]}


def _reason(things: Things) -> dict[str, Any]:
    return {"reason": "Test"}


def _own_lock(client: APIClient, things: Things) -> dict[str, str]:
    answer = client.post(f"/v1/wallets/{things.wallet_id}/lock", {"operation": "test"}).json()
    return {"lock_id": answer.get("lock_id", NOWHERE)}


def _lock(client: APIClient, things: Things) -> dict[str, str]:
    now = timezone.now()
    for wallet in Wallet.objects.filter(id=things.wallet_id):
        WalletLock.objects.create(
            wallet=wallet,
            operation="test",
            holder_id=NOWHERE,
            fencing_token=1,
            acquired_at=now,
            expires_at=now + timedelta(hours=1),
        )
    return {}


def _endpoint(client: APIClient, things: Things) -> dict[str, str]:
    """An endpoint of the company that the wallet belongs to."""
    for wallet in Wallet.objects.filter(id=things.wallet_id).select_related("user"):
        endpoint = WebhookEndpoint.objects.create(company_id=wallet.company_id, url=HOOK["url"])
        WebhookSecret.objects.create(endpoint=endpoint, encrypted="not asked")
        return {"endpoint_id": str(endpoint.id)}
    return {}


def _delivery(client: APIClient, things: Things) -> dict[str, str]:
    for id in _endpoint(client, things).values():
        delivery = WebhookDelivery.objects.create(
            endpoint_id=id, message_id=NOWHERE, event_type="WebhookTest", subject_id=id, next_attempt_at=timezone.now()
        )
        return {"delivery_id": str(delivery.id)}
    return {}


def _news(client: APIClient, things: Things) -> dict[str, str]:
    """Something to read for everybody of the company."""
    owner = User.objects.get(id=things.user_id)
    Notification.objects.bulk_create(
        Notification(user=user, kind="WALLET_FROZEN", cause="matrix", facts={}, occurred_at=timezone.now())
        for user in User.objects.filter(company_id=owner.company_id)
    )
    return {}


WISHES = {"preferences": [{"kind": "MONEY_RECEIVED", "in_app": False, "email": True}]}
HOOK = {"url": "https://hooks.nordwind.example/"}
NOWHERE = "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e09"
EARLIER = {"effective_at": "2026-03-10T12:00:00Z", "effective_reason": "Forgotten."}
BOOKING = {"type": "DEBIT", "amount": "1", "currency": "EUR", "reference_type": "booking", "reference_id": "b-1"}
NINA = {"email": "nina.matrix@nordwind.example", "first_name": "Nina", "last_name": "Berg"}
TEMPLATE = {"name": "Monthly budget", "total_amount": "600", "currency": "EUR"}
FIRST_VERSION = {"If-Match": '"v1"'}
ANY_VERSION = {"If-Match": "*"}

ROWS = (
    Row("GET /health", PUBLIC),
    Row("GET /ready", PUBLIC),
    Row("GET /metrics", PUBLIC),  # from this machine
    Row("GET /v1/openapi.json", PUBLIC),
    Row("GET /v1/docs", PUBLIC),
    Row("GET /v1/docs/events", PUBLIC),
    Row("GET /v1/docs/events/{name}", PUBLIC),
    Row("GET /v1/errors", PUBLIC),
    Row("GET /v1/errors/{code}", PUBLIC),
    Row("POST /v1/auth/token", LOG_IN, body=lambda things: {}),
    Row("POST /v1/auth/refresh", LOG_IN, body=lambda things: {}),
    Row("POST /v1/auth/logout", LOG_IN, body=lambda things: {}),
    Row("GET /v1/me", PEOPLE_ONLY),
    Row("GET /v1/users", LIST, "users:read"),
    Row("POST /v1/users", CREATE_USER, "users:write", lambda things: NINA),
    Row("GET /v1/users/{user_id}", SEE, "users:read"),
    Row("PATCH /v1/users/{user_id}", CHANGE_NAMES, None, lambda things: {"first_name": "New"}, headers=FIRST_VERSION),
    Row(
        "PATCH /v1/users/{user_id}",
        CHANGE_USER_STATUS,
        None,
        lambda things: {"status": "SUSPENDED"},
        headers=FIRST_VERSION,
    ),
    Row("GET /v1/teams", LIST, "users:read"),
    Row("GET /v1/wallets", LIST, "wallets:read"),
    Row(
        "POST /v1/wallets",
        OPEN_WALLET,
        "wallets:write",
        lambda things: {"user_id": things.user_id, "currency": "USD", "type": "SAVINGS"},
    ),
    Row("GET /v1/wallets/{id}", SEE, "wallets:read"),
    Row("PUT /v1/wallets/{wallet_id}/status", SUSPEND, None, lambda things: {"status": "SUSPENDED", "reason": "Test"}),
    Row("PUT /v1/wallets/{wallet_id}/status", FREEZE, None, lambda things: {"status": "FROZEN", "reason": "Test"}),
    Row("GET /v1/wallets/{wallet_id}/lock", SEE, "wallets:read", given=_lock),
    Row("POST /v1/wallets/{wallet_id}/lock", HOLD, "transfers:write", lambda things: {"operation": "test"}),
    Row(
        "PUT /v1/wallets/{wallet_id}/lock/{lock_id}",
        HOLD,
        "transfers:write",
        lambda things: {"expires_in": 60},
        given=_own_lock,
    ),
    Row("DELETE /v1/wallets/{wallet_id}/lock/{lock_id}", HOLD, "transfers:write", given=_own_lock),
    Row("GET /v1/wallets/{wallet_id}/balance", SEE, "wallets:read"),
    Row("GET /v1/wallets/{wallet_id}/balance/explain", SEE, "wallets:read"),
    Row("GET /v1/balances/history", LIST, "wallets:read", query="?from=2026-10-01"),
    Row("GET /v1/balances/changes", LIST, "wallets:read", query="?from=2026-10-01"),
    Row("GET /v1/company/balances", SEE_COMPANY),
    Row("GET /v1/wallets/{wallet_id}/statement", SEE, "wallets:read", query="?from=2026-01-01"),
    Row("GET /v1/wallets/{wallet_id}/transactions", SEE, "wallets:read"),
    Row("POST /v1/wallets/{wallet_id}/transactions", BOOK, "bookings:write", lambda things: BOOKING),
    Row("GET /v1/events", STREAM, "events:read"),
    Row("GET /v1/transactions/{txn_id}", SEE, "wallets:read"),
    Row("GET /v1/transactions/{txn_id}/events", SEE, "wallets:read"),
    Row("GET /v1/transactions/{txn_id}/entries", SEE, "wallets:read"),
    Row("GET /v1/transactions/{txn_id}/decision", SEE, "wallets:read"),
    Row(
        "POST /v1/transactions/{txn_id}/refunds",
        UNDO,
        "transfers:write",
        lambda things: {"amount": "1", "reason": "Test"},
    ),
    Row("POST /v1/transactions/{txn_id}/reversals", UNDO, "transfers:write", lambda things: {"reason": "Test"}),
    Row("POST /v1/reversals/batch", UNDO, "transfers:write", lambda things: _reversals(things.txn_id)),
    Row("GET /v1/reservations", LIST, "wallets:read"),
    Row(
        "POST /v1/reservations",
        SPEND,
        "transfers:write",
        lambda things: _hold(things.wallet_id, things.payees_wallet_id),
    ),
    Row(
        "POST /v1/reservations",
        PAY_TO,
        "transfers:write",
        lambda things: _hold(things.callers_wallet_id, things.wallet_id),
    ),
    Row("GET /v1/reservations/{reservation_id}", SEE, "wallets:read"),
    Row("POST /v1/reservations/{reservation_id}/capture", SPEND, "transfers:write", lambda things: {}),
    Row("POST /v1/reservations/{reservation_id}/release", SPEND, "transfers:write", lambda things: {}),
    Row(
        "POST /v1/reservations/{reservation_id}/extend",
        SPEND,
        "transfers:write",
        lambda things: {"expires_in": 60},
    ),
    Row(
        "POST /v1/reservations/{reservation_id}/progress",
        UNDO,
        "transfers:write",
        lambda things: {"state": "SENT_TO_PROVIDER", "reason": "Test"},
    ),
    Row("GET /v1/transactions/{txn_id}/receipt", SEE, "wallets:read"),
    Row("GET /v1/seals", COMPANY, "ledger:read"),
    Row("GET /v1/seals/keys", PUBLIC),
    Row("GET /v1/seals/{seal_id}", COMPANY, "ledger:read"),
    Row("GET /v1/seals/{seal_id}/consistency", COMPANY, "ledger:read", query="?from={seal_id}"),
    Row(
        "POST /v1/transfers",
        SPEND,
        "transfers:write",
        lambda things: _money(things.wallet_id, things.payees_wallet_id),
    ),
    Row(
        "POST /v1/transfers",
        PAY_TO,
        "transfers:write",
        lambda things: _money(things.callers_wallet_id, things.wallet_id),
    ),
    Row(
        "POST /v1/transfers",
        BACKDATE,
        "transfers:write",
        lambda things: {**_money(things.wallet_id, things.payees_wallet_id), **EARLIER},
    ),
    Row(
        "POST /v1/transfers/batch",
        SPEND,
        "transfers:write",
        lambda things: _batch(things.wallet_id, things.payees_wallet_id),
    ),
    Row("GET /v1/budgets", LIST, "budgets:read"),
    Row(
        "POST /v1/budgets",
        SET_BUDGET,
        "budgets:write",
        lambda things: {"wallet_id": things.wallet_id, "total_amount": "600"},
    ),
    Row("GET /v1/budgets/{id}", SEE, "budgets:read", given=given_budget),
    Row(
        "PUT /v1/budgets/{id}",
        SET_BUDGET,
        "budgets:write",
        lambda things: {"total_amount": "700", "reason": "Test"},
        given=given_budget,
        headers=ANY_VERSION,
    ),
    Row("GET /v1/users/{user_id}/budgets", SEE, "budgets:read"),
    Row("GET /v1/budgets/{budget_id}/history", SEE, "budgets:read", given=given_budget),
    Row("GET /v1/budgets/{budget_id}/periods", SEE, "budgets:read", given=given_budget),
    Row("GET /v1/budgets/{budget_id}/periods/{key}", SEE, "budgets:read", given=given_budget),
    Row(
        "POST /v1/budgets/{budget_id}/adjustments",
        SET_BUDGET,
        "budgets:write",
        lambda things: {"amount": "1", "reason": "Test"},
        given=given_budget,
    ),
    Row("POST /v1/budget-transfers", SET_BUDGET, "budgets:write", moved, given=given_budgets),
    Row(
        "POST /v1/budget-checks",
        SEE,
        "budgets:read",
        lambda things: {"wallet_id": things.wallet_id, "amount": "1", "currency": "EUR"},
    ),
    Row("GET /v1/budget-decisions", SEE, "budgets:read", query="?wallet_id={wallet_id}"),
    Row("GET /v1/budget-decisions/{txn_id}", SEE, "budgets:read", given=given_decision),
    Row("GET /v1/budgets/{budget_id}/forecast", SEE, "budgets:read", given=given_budget),
    Row(
        "POST /v1/budgets/{budget_id}/backtests",
        SEE,
        "budgets:read",
        lambda things: {"total_amount": "1"},
        given=given_budget,
    ),
    Row("GET /v1/budget-templates", LIST_TEMPLATES, "budgets:read"),
    Row("POST /v1/budget-templates", RUN_COMPANY, body=lambda things: TEMPLATE),
    Row("GET /v1/budget-templates/{template_id}", READ_TEMPLATES, "budgets:read", given=given_template),
    Row(
        "PATCH /v1/budget-templates/{template_id}",
        KEEP_TEMPLATES,
        None,
        lambda things: {"total_amount": "700"},
        given=given_template,
        headers=FIRST_VERSION,
    ),
    Row("GET /v1/companies/current", LIST, "users:read"),
    Row("PATCH /v1/companies/current", RUN_COMPANY, body=lambda things: {"fiscal_month": 4}),
    Row("GET /v1/budget-requests", LIST, "budgets:read"),
    Row("POST /v1/budget-requests", ASK_FOR_MORE, None, asked_for, given=given_budget),
    Row("GET /v1/budget-requests/{request_id}", SEE, "budgets:read", given=given_request),
    Row("POST /v1/budget-requests/{request_id}/approve", ANSWER_REQUEST, None, _reason, given=given_request),
    Row("POST /v1/budget-requests/{request_id}/reject", ANSWER_REQUEST, None, _reason, given=given_request),
    Row("POST /v1/budget-requests/{request_id}/withdraw", ASK_FOR_MORE, None, _reason, given=given_own_request),
    Row("POST /v1/adjustments", ADJUST, None, adjusted, given=given_checker),
    Row("GET /v1/approvals", LIST, "wallets:read"),
    Row("GET /v1/approvals/{approval_id}", SEE_APPROVAL, "wallets:read", given=given_approval),
    Row("POST /v1/approvals/{approval_id}/approve", CHECK, None, _reason, given=given_approval),
    Row("POST /v1/approvals/{approval_id}/reject", CHECK, None, _reason, given=given_approval),
    Row("POST /v1/approvals/{approval_id}/withdraw", TAKE_BACK, "transfers:write", _reason, given=given_own_approval),
    Row("GET /v1/approval-rules", LIST_RULES, "wallets:read"),
    Row("POST /v1/approval-rules", SET_RULE, None, lambda things: RULE, given=given_checker),
    Row("GET /v1/limits", LIST, "budgets:read"),
    Row("PUT /v1/limits", SET_BUDGET, "budgets:write", limited),
    Row("GET /v1/limits/usage", LIST, "budgets:read"),
    Row(
        "POST /v1/limits/{limit_id}/end",
        SET_BUDGET,
        "budgets:write",
        lambda things: {"reason": "Test"},
        given=given_limit,
    ),
    Row("GET /v1/reports/balances", LIST, "wallets:read"),
    Row("GET /v1/reports/transactions", LIST, "wallets:read"),
    Row("GET /v1/closings", READ_CLOSINGS),
    Row(
        "POST /v1/closings",
        CLOSE_BOOKS,
        body=lambda things: {"closed_until": "2026-04-01T00:00:00Z", "reason": "Audited."},
    ),
    Row("POST /v1/inbox/events", HAND_IN, "events:write", lambda things: _booked(things.user_id, things.wallet_id)),
    Row("GET /v1/notifications", PEOPLE_ONLY),
    Row("POST /v1/notifications/read", PEOPLE_ONLY, body=lambda things: {"all": True}, given=_news),
    Row("GET /v1/notification-preferences", PEOPLE_ONLY),
    Row("PUT /v1/notification-preferences", PEOPLE_ONLY, body=lambda things: WISHES),
    Row("GET /v1/webhook-endpoints", LIST_WEBHOOKS, "webhooks:write"),
    Row("POST /v1/webhook-endpoints", CREATE_WEBHOOK, "webhooks:write", lambda things: HOOK),
    Row("GET /v1/webhook-endpoints/{endpoint_id}", READ_WEBHOOKS, "webhooks:write", given=_endpoint),
    Row(
        "PATCH /v1/webhook-endpoints/{endpoint_id}",
        KEEP_WEBHOOKS,
        "webhooks:write",
        lambda things: {"description": "New"},
        given=_endpoint,
        headers=FIRST_VERSION,
    ),
    Row("DELETE /v1/webhook-endpoints/{endpoint_id}", KEEP_WEBHOOKS, "webhooks:write", given=_endpoint),
    Row(
        "POST /v1/webhook-endpoints/{endpoint_id}/secret",
        KEEP_WEBHOOKS,
        "webhooks:write",
        given=_endpoint,
        headers=FIRST_VERSION,
    ),
    Row("POST /v1/webhook-endpoints/{endpoint_id}/test", KEEP_WEBHOOKS, "webhooks:write", given=_endpoint),
    Row("GET /v1/webhook-endpoints/{endpoint_id}/deliveries", READ_WEBHOOKS, "webhooks:write", given=_endpoint),
    Row("GET /v1/webhook-deliveries/{delivery_id}", READ_WEBHOOKS, "webhooks:write", given=_delivery),
    Row("POST /v1/webhook-deliveries/{delivery_id}/resend", KEEP_WEBHOOKS, "webhooks:write", given=_delivery),
    Row(
        "POST /v1/wallet/balance_transfer",
        SPEND,
        "transfers:write",
        lambda things: _seeds(things.wallet_id, things.payees_wallet_id),
    ),
)
