"""Everybody's own inbox over HTTP, and how he wants to be told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from compliance.models import AuditRecord
from ledger.ids import new_id
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.ledger.sessions import answers, together
from tests.wallets.notices import frozen, received, refused
from tests.wallets.scene import Scene, problem_of
from wallets.core.notification_kinds import ALWAYS_IN_APP, Kind, default_ways
from wallets.models import Notification, NotificationPreference
from wallets.services.notifications.noting import note

INBOX, READ, PREFERENCES = "/v1/notifications", "/v1/notifications/read", "/v1/notification-preferences"


def kinds_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["kind"] for row in answer.json()["data"]]


def defaults() -> list[dict[str, Any]]:
    return [
        {
            "kind": kind.value,
            "in_app": True,
            "email": default_ways(kind).email,
            "is_in_app_fixed": kind in ALWAYS_IN_APP,
        }
        for kind in Kind
    ]


@pytest.fixture
def told(scene: Scene) -> Scene:
    """Alice is told of three things, bob of one."""
    for message in (received(scene.alices), refused(scene.alices), frozen(scene.alices), frozen(scene.bobs)):
        note([message])
    return scene


def test_an_inbox_shows_ones_own_newest_first(told: Scene) -> None:
    alice = api_as(told.cast.alice)
    answer = alice.get(INBOX)
    assert kinds_of(answer) == ["WALLET_FROZEN", "SPEND_REFUSED", "MONEY_RECEIVED"]
    row = answer.json()["data"][1]
    kept = Notification.objects.get(user=told.cast.alice, kind="SPEND_REFUSED")
    assert row == {
        "notification_id": str(kept.id),
        "kind": "SPEND_REFUSED",
        "title": "A payment of 80.00 EUR was refused",
        "text": "Nothing was moved. There was not enough money.",
        "facts": {
            "wallet_id": str(told.alices.id),
            "txn_id": kept.facts["txn_id"],
            "code": "funds.insufficient",
            "amount": "80",
            "currency": "EUR",
        },
        "occurred_at": row["occurred_at"],
        "created_at": row["created_at"],
        "read_at": None,
    }
    assert kinds_of(alice.get(f"{INBOX}?order=asc")) == ["MONEY_RECEIVED", "SPEND_REFUSED", "WALLET_FROZEN"]
    assert kinds_of(api_as(told.cast.bob).get(INBOX)) == ["WALLET_FROZEN"]
    for name in ("charlie", "frida", "conny", "audrey"):
        assert kinds_of(api_as(getattr(told.cast, name)).get(INBOX)) == []


def test_pages(told: Scene) -> None:
    alice = api_as(told.cast.alice)
    first = alice.get(f"{INBOX}?limit=2&unread=true").json()
    assert first["page"]["has_more"]
    rest = alice.get(f"{INBOX}?cursor={first['page']['next_cursor']}")
    assert kinds_of(rest) == ["MONEY_RECEIVED"]
    problem_of(api_as(told.cast.alice).get(f"{INBOX}?cursor=forged"), 400, "pagination.invalid")


def test_reading_some_and_all(told: Scene) -> None:
    alice = api_as(told.cast.alice)
    ids = [row["notification_id"] for row in alice.get(INBOX).json()["data"]]
    assert alice.post(READ, {"ids": ids[:1]}).json() == {"marked": 1}
    assert alice.post(READ, {"ids": ids[:1]}).json() == {"marked": 0}
    assert kinds_of(alice.get(f"{INBOX}?unread=true")) == ["SPEND_REFUSED", "MONEY_RECEIVED"]
    assert alice.get(INBOX).json()["data"][0]["read_at"] is not None
    assert alice.post(READ, {"all": True}).json() == {"marked": 2}
    assert kinds_of(alice.get(f"{INBOX}?unread=true")) == []
    assert len(kinds_of(alice.get(INBOX))) == 3
    assert kinds_of(api_as(told.cast.bob).get(f"{INBOX}?unread=true")) == ["WALLET_FROZEN"]


@pytest.mark.parametrize("name", ["bob", "frida", "audrey"])
def test_nobody_reads_for_another(told: Scene, name: str) -> None:
    id = str(Notification.objects.get(user=told.cast.alice, kind="SPEND_REFUSED").id)
    other = api_as(getattr(told.cast, name))
    assert other.post(READ, {"ids": [id, str(new_id())]}).json() == {"marked": 0}
    other.post(READ, {"all": True})
    assert not Notification.objects.filter(user=told.cast.alice, read_at__isnull=False).exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": False},
        {"ids": []},
        {"ids": ["1"]},
        {"ids": [str(new_id()) for _ in range(201)]},
        {"ids": [str(new_id())], "all": True},
        {"every": True},
    ],
    ids=["nothing", "not-all", "none", "no-id", "too-many", "both", "unknown"],
)
def test_a_wrong_body_reads_nothing(told: Scene, body: dict[str, Any]) -> None:
    problem_of(api_as(told.cast.alice).post(READ, body), 400, "request.validation")
    assert not Notification.objects.filter(user=told.cast.alice, read_at__isnull=False).exists()


def test_how_one_is_told(told: Scene) -> None:
    alice = api_as(told.cast.alice)
    assert alice.get(PREFERENCES).json() == {"preferences": defaults()}
    wishes = [
        {"kind": "MONEY_RECEIVED", "in_app": False, "email": True},
        {"kind": "WALLET_FROZEN", "in_app": True, "email": False},
    ]
    answer = alice.put(PREFERENCES, {"preferences": wishes})
    assert answer.status_code == 200
    expected = [{**row, **next((wish for wish in wishes if wish["kind"] == row["kind"]), {})} for row in defaults()]
    assert answer.json() == alice.get(PREFERENCES).json() == {"preferences": expected}
    assert api_as(told.cast.bob).get(PREFERENCES).json() == {"preferences": defaults()}
    record = AuditRecord.objects.get(event_type="notification_preferences.changed")
    assert (record.actor_id, record.entity_id) == (told.cast.alice.id, told.cast.alice.id)
    assert record.after == {
        "MONEY_RECEIVED": {"in_app": False, "email": True},
        "WALLET_FROZEN": {"in_app": True, "email": False},
    }
    assert record.before == {
        "MONEY_RECEIVED": {"in_app": True, "email": False},
        "WALLET_FROZEN": {"in_app": True, "email": True},
    }
    assert alice.put(PREFERENCES, {"preferences": wishes}).status_code == 200
    assert AuditRecord.objects.filter(event_type="notification_preferences.changed").count() == 1
    assert alice.put(PREFERENCES, {"preferences": []}).json() == {"preferences": defaults()}


@pytest.mark.parametrize("kind", sorted(ALWAYS_IN_APP))
def test_what_happens_to_a_wallet_is_always_told(scene: Scene, kind: Kind) -> None:
    wishes = [{"kind": kind.value, "in_app": False, "email": True}]
    problem = problem_of(api_as(scene.cast.alice).put(PREFERENCES, {"preferences": wishes}), 400, "request.validation")
    assert problem["errors"][0]["pointer"] == "/preferences"
    assert not NotificationPreference.objects.filter(user=scene.cast.alice).exists()


WISH = {"kind": "MONEY_RECEIVED", "in_app": False, "email": True}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"preferences": [{"kind": "MONEY_RECEIVED", "in_app": False}]},
        {"preferences": [{**WISH, "kind": "GOSSIP"}]},
        {"preferences": [{**WISH, "email": "yes"}]},
        {"preferences": [WISH, WISH]},
    ],
    ids=["nothing", "half", "unknown-kind", "no-flag", "twice"],
)
def test_a_wrong_wish_changes_nothing(scene: Scene, body: dict[str, Any]) -> None:
    problem_of(api_as(scene.cast.alice).put(PREFERENCES, body), 400, "request.validation")
    assert not NotificationPreference.objects.filter(user=scene.cast.alice).exists()


def test_how_many_queries(told: Scene, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    alice = api_as(told.cast.alice)
    alice.get(INBOX)
    for _ in range(20):
        note([received(told.alices)])
    with django_assert_num_queries(2):  # the log-in; the page
        assert len(kinds_of(alice.get(INBOX))) == 23
    with django_assert_num_queries(2):  # the log-in; the rows
        alice.post(READ, {"all": True})
    with django_assert_num_queries(2):  # the log-in; the wishes
        alice.get(PREFERENCES)
    with CaptureQueriesContext(connection) as found:
        alice.put(PREFERENCES, {"preferences": [WISH]})
    statements = [query["sql"].split()[0] for query in found if "SAVEPOINT" not in query["sql"]]
    assert statements == ["SELECT", "SELECT", "INSERT", "INSERT"]  # log-in and wishes; wishes and the audit record


@pytest.mark.usefixtures("committed_db")
def test_wishes_at_once_leave_one_of_them() -> None:
    cast = make_cast()
    bodies = [[{"kind": kind.value, "in_app": True, "email": is_on} for kind in Kind] for is_on in (True, False)]
    clients = [api_as(cast.alice) for _ in range(4)]
    puts: list[Callable[[], Any]] = [
        partial(client.put, PREFERENCES, {"preferences": bodies[n % 2]}) for n, client in enumerate(clients)
    ]
    assert [answer.status_code for answer in answers(together(puts))] == [200] * 4
    emails = set(NotificationPreference.objects.filter(user=cast.alice).values_list("email", flat=True))
    assert len(emails) == 1
