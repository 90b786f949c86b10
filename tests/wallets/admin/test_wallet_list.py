"""The list of wallets: its columns, its filters, and what a row opens to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import User
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.admin.staff import WALLETS, at_desk, page
from tests.wallets.held import hold
from tests.wallets.scene import Scene, book, give_wallet, send, transfer_body


def seen(user: User, query: str = "") -> set[str]:
    response: Any = at_desk(user).get(f"{WALLETS}{query}")
    return {wallet.user.first_name for wallet in response.context["cl"].result_list}


def test_the_columns(scene: Scene) -> None:
    User.objects.filter(id=scene.cast.alice.id).update(kyc_status="VERIFIED", risk_level="HIGH")
    hold(scene.alices, by=scene.cast.frida)
    text = page(at_desk(scene.cast.bob), f"{WALLETS}?q={scene.alices.id}")
    shown = ("Team", "Primary", "100.00 EUR", "0.00 EUR", "ACTIVE", "locked", "VERIFIED", "HIGH")
    assert [word for word in (*shown, f"{database_now():%Y-%m-%d}") if word not in text] == []


def test_the_filters(scene: Scene) -> None:
    names = {"Alice", "Bob", "Charlie"}
    User.objects.filter(id=scene.cast.alice.id).update(kyc_status="VERIFIED", risk_level="HIGH")
    answers = {
        "?balance_from=0.01": {"Alice"},
        "?balance_to=99.99": {"Bob", "Charlie"},
        "?balance_from=100&balance_to=100": {"Alice"},
        "?balance_from=1,5": set(),
        "?user__kyc_status__exact=VERIFIED": {"Alice"},
        "?user__risk_level__exact=LOW": {"Bob", "Charlie"},
        "?activity=day": names,
        "?activity=no-month": set(),
        "?activity=nonsense": names,
    }
    found = {query: seen(scene.cast.frida, query) & names for query in answers}
    assert found == answers
    assert "Write amounts like 1234.50." in page(at_desk(scene.cast.frida), f"{WALLETS}?balance_from=1,5")


def test_what_is_typed_into_a_filter_is_kept_with_the_others(scene: Scene) -> None:
    text = page(at_desk(scene.cast.frida), f"{WALLETS}?status__exact=ACTIVE&balance_from=5&p=1")
    assert '<input type="hidden" name="status__exact" value="ACTIVE">' in text
    assert 'name="balance_from" value="5"' in text
    assert 'name="p"' not in text


def test_a_row_opens_to_its_last_movements(scene: Scene) -> None:
    """Each from its own side; what was refused to a payer is not told to who would have been paid."""
    for number in range(7):
        book(scene.alices, "-1", key=str(number), text=f"Lunch {number}")
    client = api_as(scene.cast.alice)
    send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs, "2", description="Shared taxi"), key="paid")
    send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs, "999", description="Too much"), key="no")
    response: Any = at_desk(scene.cast.bob).get(WALLETS)
    opened = {wallet.id: wallet.last_movements for wallet in response.context["cl"].result_list}
    alices = [(row[1], row[2]) for row in opened[scene.alices.id]]
    assert alices[:3] == [("Transfer out", "Too much"), ("Transfer out", "Shared taxi"), ("Debit", "Lunch 6")]
    assert len(alices) == 5
    assert [(row[1], row[2]) for row in opened[scene.bobs.id]] == [("Transfer in", "Shared taxi")]
    assert "−2.00 EUR" in opened[scene.alices.id][1][4]
    assert "91.00 EUR" in opened[scene.alices.id][1][5]


def test_more_wallets_cost_no_more_queries(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    client.get(WALLETS)
    with CaptureQueriesContext(connection) as few:
        client.get(WALLETS)
    for number in range(4):
        book(give_wallet(UserFactory(company=scene.cast.company), "9"), "-1", key=f"more {number}")
    with CaptureQueriesContext(connection) as many:
        page(client, WALLETS)
    assert len(many) == len(few)
    for query in ("?balance_from=1", "?activity=week"):
        with CaptureQueriesContext(connection) as filtered:
            page(client, f"{WALLETS}{query}")
        assert len(filtered) <= len(few) + 1


def test_activity_is_what_last_happened_to_a_wallet(scene: Scene) -> None:
    from ledger.models import Account

    long_ago = database_now() - timedelta(days=40)
    Account.objects.filter(owner_id=scene.charlies.id).update(updated_at=long_ago)
    assert "Charlie" not in seen(scene.cast.frida, "?activity=month")
    assert seen(scene.cast.frida, "?activity=no-month") == {"Charlie"}
    assert seen(scene.cast.frida, "?activity=no-quarter") == set()
