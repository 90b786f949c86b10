"""Who is told of what: each cause once per person, and nobody of what is not his."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from compliance.core.origin import Origin
from compliance.models import User
from ledger.ids import new_id
from ledger.models import OutboxMessage
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, UserFactory, make_cast
from tests.compliance.standing_in import stand_in
from tests.ledger.sessions import answers, open_elsewhere, together
from tests.wallets.budgets import set_budget
from tests.wallets.notices import (
    exceeded,
    expired,
    frozen,
    message,
    note_all,
    of_budget,
    received,
    refused,
    threshold,
    titles,
)
from tests.wallets.scene import Scene, give_wallet, send, set_status, transfer_body
from wallets.core.notification_kinds import Kind, Ways
from wallets.models import Notification, Wallet
from wallets.services.notifications import noting
from wallets.services.notifications.keeping import set_preferences
from wallets.services.notifications.noting import note, note_notifications

FROZEN, REACHED, EXCEEDED = "Your wallet is frozen", "A budget has reached 80 %", "A budget is exceeded"
ASKED, DECIDED = "Somebody asks for 50.00 EUR more budget", "Your request for 50.00 EUR more budget is approved"


def wish(user: User, kind: Kind, *, in_app: bool, email: bool) -> None:
    set_preferences(user=user, wishes={kind: Ways(in_app, email)}, origin=Origin(actor_id=user.id))


def asked(wallet: Wallet, by: User | None = None) -> OutboxMessage:
    asker = str((by or wallet.user).id)
    return of_budget("BudgetRequestOpened", wallet, user_id=asker, request_id=str(new_id()), amount="50")


def decided(wallet: Wallet, by: User | None = None) -> OutboxMessage:
    asker, fields = str((by or wallet.user).id), {"amount": "50", "status": "APPROVED"}
    return of_budget("BudgetRequestDecided", wallet, user_id=asker, request_id=str(new_id()), **fields)


def told(scene: Scene) -> dict[str, list[str]]:
    names = ("alice", "bob", "charlie", "frida", "conny", "audrey")
    return {name: found for name in names if (found := titles(getattr(scene.cast, name)))}


CASES: dict[str, tuple[Callable[[Scene], OutboxMessage], dict[str, list[str]]]] = {
    "frozen": (lambda s: frozen(s.alices), {"alice": [FROZEN]}),
    "suspended": (lambda s: frozen(s.alices, "SUSPENDED"), {"alice": ["Your wallet is suspended"]}),
    "closed": (lambda s: frozen(s.alices, "CLOSED"), {"alice": ["Your wallet is closed"]}),
    "reopened": (lambda s: frozen(s.alices, "ACTIVE"), {"alice": ["Your wallet is active again"]}),
    "refused": (lambda s: refused(s.alices), {"alice": ["A payment of 80.00 EUR was refused"]}),
    "received": (lambda s: received(s.alices), {"alice": ["You received 12.50 EUR"]}),
    "expired": (lambda s: expired(s.alices), {"alice": ["A reservation of 5.00 EUR has expired"]}),
    "threshold": (lambda s: threshold(s.alices), {"alice": [REACHED], "bob": [REACHED]}),
    "threshold of a manager": (lambda s: threshold(s.bobs), {"bob": [REACHED]}),
    "threshold of a stranger": (lambda s: threshold(s.charlies), {"charlie": [REACHED]}),
    "exceeded": (lambda s: exceeded(s.alices), {"alice": [EXCEEDED], "bob": [EXCEEDED]}),
    "asked": (lambda s: asked(s.alices), {"bob": [ASKED]}),
    "asked by the manager": (lambda s: asked(s.bobs), {"frida": [ASKED]}),
    "asked for somebody else": (lambda s: asked(s.alices, s.cast.frida), {"bob": [ASKED]}),
    "asked by the manager for somebody else": (lambda s: asked(s.alices, s.cast.bob), {"frida": [ASKED]}),
    "asked for the manager": (lambda s: asked(s.bobs, s.cast.alice), {"frida": [ASKED]}),
    "asked without a manager": (lambda s: asked(s.charlies), {"frida": [ASKED]}),
    "asked without a team": (lambda s: asked(give_wallet(s.cast.conny)), {"frida": [ASKED]}),
    "asked by finance": (lambda s: asked(give_wallet(s.cast.frida)), {}),
    "decided": (lambda s: decided(s.alices), {"alice": [DECIDED]}),
    "decided for somebody else": (lambda s: decided(s.alices, s.cast.bob), {"bob": [DECIDED]}),
    "paid": (lambda s: message("TransactionCompleted", {**received(s.alices).data, "type": "DEBIT"}), {}),
    "deposit refused": (lambda s: message("TransactionFailed", {**refused(s.alices).data, "type": "CREDIT"}), {}),
    "opened": (lambda s: message("WalletCreated", {"wallet_id": str(s.alices.id)}), {}),
    "of a stranger's": (lambda s: frozen(s.charlies), {"charlie": [FROZEN]}),
}


@pytest.mark.parametrize("case", CASES)
def test_who_is_told_of_what(scene: Scene, case: str) -> None:
    make_message, expected = CASES[case]
    note([make_message(scene)])
    assert told(scene) == expected


def test_a_cause_is_told_once(scene: Scene) -> None:
    freeze, crossed, txn_id = frozen(scene.alices), threshold(scene.alices), new_id()
    again = message("BudgetThresholdReached", {**crossed.data, "threshold_percentage": "80.00"})
    refusals = [refused(scene.alices, txn_id=txn_id), refused(scene.alices, txn_id=txn_id, type="BookingRejected")]
    note([freeze, crossed, again, *refusals])
    note([freeze, crossed, again, *refusals])
    assert sorted(titles(scene.cast.alice)) == sorted([FROZEN, REACHED, "A payment of 80.00 EUR was refused"])
    assert titles(scene.cast.bob) == [REACHED]


@pytest.mark.parametrize("other", [{"threshold_percentage": "90"}, {"revision": 2}, {"period_key": "2026-12"}])
def test_another_threshold_revision_or_period_is_another_cause(scene: Scene, other: dict[str, Any]) -> None:
    crossed = threshold(scene.alices)
    note([crossed, message("BudgetThresholdReached", {**crossed.data, **other})])
    assert len(titles(scene.cast.alice)) == 2


def test_a_budget_that_is_exceeded_is_told_once_a_day_of_the_company(scene: Scene) -> None:
    company = scene.cast.company
    company.timezone = "Asia/Kolkata"  # half past five ahead
    company.save()
    crossed = exceeded(scene.alices)
    midnight = crossed.created_at.replace(hour=18, minute=30, second=0, microsecond=0) - timedelta(days=1)
    for seconds in (-86_399, -1, 0, 3600):
        later = message("BudgetExceeded", crossed.data)
        later.created_at = midnight + timedelta(seconds=seconds)
        note([later])
    assert titles(scene.cast.alice) == [EXCEEDED] * 2
    days = Notification.objects.filter(user=scene.cast.alice).order_by("id").values_list("occurred_at", flat=True)
    assert list(days) == [midnight - timedelta(seconds=86_399), midnight]


def test_the_reason_of_a_freeze_is_not_told(scene: Scene) -> None:
    note([frozen(scene.alices)])
    row = Notification.objects.get(user=scene.cast.alice)
    assert row.facts == {"wallet_id": str(scene.alices.id)}


def test_no_address_and_no_name_is_kept(scene: Scene) -> None:
    note([make(scene) for make, _ in CASES.values()])
    for row in Notification.objects.filter(user__company=scene.cast.company).select_related("user"):
        kept = f"{row.cause} {row.facts}"
        assert row.user.email not in kept
        assert row.user.last_name not in kept


def test_old_news_are_told_to_nobody(scene: Scene) -> None:
    note([message("WalletStatusChanged", frozen(scene.alices).data, age=timedelta(days=3))])
    assert titles(scene.cast.alice) == []


BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "no wallet": ("WalletStatusChanged", {"status": "FROZEN"}),
    "unknown status": ("WalletStatusChanged", {"status": "MELTED", "wallet_id": str(new_id())}),
    "no amount": ("BudgetExceeded", {"budget_id": str(new_id()), "currency": "EUR", "period_key": "2026-11"}),
    "steps that are none": ("BudgetChanged", {"budget_id": str(new_id()), "before": [], "after": []}),
    "an amount that is none": (
        "ReservationExpired",
        {"reservation_id": str(new_id()), "wallet_id": str(new_id()), "amount": "NaN", "currency": "EUR"},
    ),
    "unknown currency": (
        "ReservationExpired",
        {"reservation_id": str(new_id()), "wallet_id": str(new_id()), "amount": "1", "currency": "XXX"},
    ),
    "an amount longer than any": (
        "ReservationExpired",
        {"reservation_id": str(new_id()), "wallet_id": str(new_id()), "amount": "1" * 61, "currency": "EUR"},
    ),
    "an id that is none": ("WalletStatusChanged", {"status": "FROZEN", "wallet_id": 7}),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_stops_nobody_elses_news(scene: Scene, case: str) -> None:
    note([message(*BROKEN[case]), frozen(scene.alices)])
    assert told(scene) == {"alice": [FROZEN]}


def test_by_which_ways(scene: Scene, settings: Settings) -> None:
    alice = scene.cast.alice
    wish(alice, Kind.MONEY_RECEIVED, in_app=False, email=False)
    note([received(scene.alices)])
    assert not Notification.objects.filter(user=alice).exists()
    wish(alice, Kind.MONEY_RECEIVED, in_app=False, email=True)
    note([received(scene.alices), refused(scene.alices), frozen(scene.alices)])
    rows = Notification.objects.filter(user=alice).values_list("kind", "in_app", "email_status")
    assert set(rows) == {
        ("MONEY_RECEIVED", False, "PENDING"),
        ("SPEND_REFUSED", True, "NONE"),
        ("WALLET_FROZEN", True, "PENDING"),
    }
    assert "You received 12.50 EUR" not in titles(alice)
    settings.SENDS_EMAIL = False
    note([received(scene.alices), frozen(scene.alices)])
    assert Notification.objects.filter(user=alice).count() == 4
    assert Notification.objects.filter(user=alice, email_status="PENDING").count() == 2


def test_people_are_told_which_budget_it_is(scene: Scene) -> None:
    budget_id = set_budget(scene.cast.frida, scene.alices, "60", name="Meals")["budget_id"]
    changed = of_budget("BudgetChanged", scene.alices, budget_id=budget_id, before={}, after={})
    note([threshold(scene.alices, budget_id=budget_id), changed, exceeded(scene.alices)])
    assert sorted(titles(scene.cast.alice)) == [EXCEEDED, "Meals has reached 80 %", "Meals was changed"]


def test_a_manager_who_stands_in_is_told_what_waits(scene: Scene) -> None:
    """Not of what is about the one who is away, nor whoever could not answer in the place of a manager."""
    cast = scene.cast
    other, away = (UserFactory(company=cast.company, role="MANAGER", team=cast.charlie.team) for _ in range(2))
    stand_in(other, for_=cast.bob)
    stand_in(cast.conny, for_=away)
    note([asked(scene.alices), asked(scene.charlies)])
    assert (titles(cast.bob), titles(other), titles(away), titles(cast.conny)) == ([ASKED], [ASKED] * 2, [ASKED], [])
    note([asked(scene.bobs)])
    assert titles(other) == [ASKED] * 2


def test_a_thousand_messages_take_as_many_queries_as_one(
    scene: Scene, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    team = [UserFactory(company=scene.cast.company, team=scene.cast.alice.team) for _ in range(20)]
    wallets = [give_wallet(user) for user in team]
    kinds: tuple[Callable[[Wallet], OutboxMessage], ...] = (threshold, asked, decided, exceeded)
    one = [*(make(scene.alices) for make in kinds), refused(scene.alices)]
    many = [make(wallet) for wallet in wallets for make in kinds for _ in range(12)] + [refused(scene.alices)] * 40
    assert len(many) == 1000
    for messages in (one, many):
        # the clock; names of budgets; owners, people, managers and finance, their deputies; wishes; the rows
        with django_assert_num_queries(8):
            note(messages)
    rows = Notification.objects.filter(user__company=scene.cast.company)
    assert rows.filter(user__in=team).count() == 20 * (12 + 12 + 12)
    assert rows.filter(kind="SPEND_REFUSED").count() == 2


@pytest.fixture
def cast(committed_db: None) -> Cast:
    give_wallet(make_cast().alice)  # in an empty database there is no horizon to wait for
    note_all()
    return make_cast()


def test_from_the_ledger_to_the_inbox(cast: Cast) -> None:
    wallet, other = give_wallet(cast.alice, "10"), give_wallet(cast.bob)
    assert send(api_as(cast.alice), "/v1/transfers", transfer_body(wallet, other, "50")).status_code == 422
    assert send(api_as(cast.alice), "/v1/transfers", transfer_body(wallet, other, "4"), key="k2").status_code == 201
    set_status(wallet, "FROZEN", by=cast.conny)
    for _ in range(2):
        note_all()
    expected = ["You received 10.00 EUR", "A payment of 50.00 EUR was refused", FROZEN]
    assert sorted(titles(cast.alice)) == sorted(expected)
    assert titles(cast.bob) == ["You received 4.00 EUR"]
    assert titles(cast.frida) == []


def test_a_late_commit_is_not_missed(cast: Cast) -> None:
    wallet = give_wallet(cast.alice)
    note_all()
    with open_elsewhere(lambda: set_status(wallet, "SUSPENDED", by=cast.frida)):
        give_wallet(cast.bob, "1")
        note_notifications()
        assert titles(cast.alice) == []
    note_all()
    assert titles(cast.alice) == ["Your wallet is suspended"]
    assert titles(cast.bob) == ["You received 1.00 EUR"]


def test_two_followers_at_once_tell_once(cast: Cast) -> None:
    wallet = give_wallet(cast.alice, "10")
    set_status(wallet, "FROZEN", by=cast.conny)
    answers(together([note_all] * 4))
    assert sorted(titles(cast.alice)) == ["You received 10.00 EUR", FROZEN]


def test_what_fails_before_the_commit_is_told_later_and_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    give_wallet(cast.alice, "10")
    kept = noting.note

    def note_and_fail(messages: Any) -> None:
        kept(messages)
        assert titles(cast.alice) == ["You received 10.00 EUR"]
        raise ZeroDivisionError

    monkeypatch.setattr(noting, "note", note_and_fail)
    with pytest.raises(ZeroDivisionError):
        note_all()
    monkeypatch.undo()
    assert titles(cast.alice) == []
    note_all()
    assert titles(cast.alice) == ["You received 10.00 EUR"]
