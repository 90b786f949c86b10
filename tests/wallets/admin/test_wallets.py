"""What the list and the page of a wallet show, to whom, and that looking is written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import DataAccessLog, User
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory, make_cast
from tests.wallets.admin.staff import WALLETS, at_desk, page, wallet_path
from tests.wallets.scene import Scene, book, give_wallet, send, set_status, transfer_body


def seen(user: User, query: str = "") -> set[str]:
    """The e-mail addresses on the list of wallets."""
    response: Any = at_desk(user).get(f"{WALLETS}{query}")
    return {wallet.user.email for wallet in response.context["cl"].result_list}


def test_each_sees_the_wallets_of_his_people(scene: Scene) -> None:
    cast = scene.cast
    stranger = make_cast().alice
    give_wallet(stranger)
    assert seen(cast.bob) == {cast.alice.email, cast.bob.email}
    for member in (cast.frida, cast.conny, cast.audrey):
        assert seen(member) == {cast.alice.email, cast.bob.email, cast.charlie.email}


def test_searching_and_filtering(scene: Scene) -> None:
    cast = scene.cast
    give_wallet(cast.charlie, currency="USD", type="SAVINGS")
    set_status(scene.alices, "FROZEN", by=cast.bob)
    everyone = {cast.alice.email, cast.bob.email, cast.charlie.email}
    answers = {
        "?q=ali": {cast.alice.email},
        "?q=alice winter": {cast.alice.email},
        "?q=winter": everyone,
        f"?q={cast.charlie.email}": {cast.charlie.email},
        f"?q={scene.alices.id}": {cast.alice.email},
        f"?q={cast.bob.id}": {cast.bob.email},
        "?q=nobody": set(),
        "?status__exact=FROZEN": {cast.alice.email},
        "?type__exact=SAVINGS": {cast.charlie.email},
        "?currency=USD": {cast.charlie.email},
        f"?team={cast.charlie.team_id}": {cast.charlie.email},
        "?team=none": set(),
    }
    assert {query: seen(cast.frida, query) for query in answers} == answers
    assert seen(cast.bob, f"?team={cast.charlie.team_id}") == set()


def test_the_figures_of_a_page_are_one_query(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    client.get(WALLETS)
    with CaptureQueriesContext(connection) as few:
        client.get(WALLETS)
    for _ in range(5):
        give_wallet(UserFactory(company=scene.cast.company), "1")
    with CaptureQueriesContext(connection) as many:
        text = page(client, WALLETS)
    assert len(many) == len(few)
    assert text.count("1.00 EUR") == 20  # balance and what is available of it, and both columns of its last movement
    assert text.count("100.00 EUR") == 4
    assert "000000" not in "".join(part.split("</span>")[0] for part in text.split('class="money">')[1:])


def test_a_wallets_page(scene: Scene) -> None:
    book(scene.alices, "-12.5", key="lunch", text="Lunch in Hamburg")
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.charlies, "1000"))
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    text = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    for expected in ("87.50 EUR", "−12.50 EUR", "Lunch in Hamburg", "A test.", "Opened.", "−1000.00 EUR", "FAILED"):
        assert expected in text
    assert f"/admin/ledger/transaction/?q={scene.alices.id}" in text
    assert scene.cast.charlie.email not in text


def test_a_page_names_only_people_whom_the_reader_may_see(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    client.post(wallet_path(scene.alices, "freeze"), {"reason": "Seen.", "_form_submitted": "True"})
    assert "Frida Winter</a> (FINANCE)" in page(client, wallet_path(scene.alices))
    managers = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert "Frida" not in managers
    assert "FINANCE" in managers


def test_looks_are_recorded(scene: Scene) -> None:
    cast, looks = scene.cast, DataAccessLog.objects.filter(actor_id=scene.cast.bob.id)
    client = at_desk(cast.bob)
    client.get(WALLETS)
    assert list(looks.values_list("actor_id", "subject_id", "context")) == [
        (cast.bob.id, cast.alice.id, f"GET {WALLETS}")
    ]
    path = wallet_path(scene.alices)
    client.get(path)
    last = looks.latest("id")
    assert (last.subject_id, last.context, last.fields) == (
        cast.alice.id,
        f"GET {path}",
        ["email", "first_name", "kyc_status", "last_name", "risk_level"],
    )
    count = looks.count()
    client.get(wallet_path(scene.bobs))
    client.get(wallet_path(scene.charlies))
    assert looks.count() == count


@pytest.mark.parametrize("name", ["bob", "frida", "conny", "audrey"])
def test_nothing_else_is_changed_here(scene: Scene, name: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    assert client.post(wallet_path(scene.alices), {"status": "CLOSED"}).status_code == 403
    assert client.post(wallet_path(scene.alices, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(f"{WALLETS}add/", {"currency": "EUR"}).status_code == 403
    scene.alices.refresh_from_db()
    assert scene.alices.status == "ACTIVE"
