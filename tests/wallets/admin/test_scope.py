"""One scope feeds every screen: what belongs to others is in no list, no search, no page, no dialog and no filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.test import Client
from pytest_django import DjangoDbBlocker

from compliance.models import Team, User
from ledger.models import Account
from ledger.selectors.scope import accounts_within
from tests.api.approval_things import adjustment_of
from tests.compliance.clients import api_as, tokens_of
from tests.compliance.factories import ServiceAccountFactory, TeamFactory, UserFactory, make_cast
from tests.compliance.standing_in import stand_in
from tests.ledger.sealing import seal_everything
from tests.wallets.admin.staff import at_desk, write_down
from tests.wallets.approving import rule
from tests.wallets.budgets import give_rules
from tests.wallets.held import hold
from tests.wallets.holds import reserve
from tests.wallets.importing import taken_in, top_ups
from tests.wallets.notices import frozen
from tests.wallets.scene import give_wallet, make_scene, set_status, undone
from tests.wallets.webhooks import make_endpoint, ping
from wallets.admin.approvals.filters import ALL, WhoseFilter
from wallets.models import ImportKind, StatementPack
from wallets.selectors.scope import ledger_scope
from wallets.services.notifications.noting import note

SCREENS: dict[str, Any] = {
    f"{model._meta.app_label}/{model._meta.model_name}": screen for model, screen in admin.site._registry.items()
}
OF_THE_INSTALLATION = {
    *("ledger/asset", "ledger/seal", "ledger/recordseal", "ledger/jobrun"),
    "django_celery_beat/periodictask",
}
OF_THE_COMPANY = {"compliance/company", "budgets/budgettemplate"}
"""What a manager sees besides, though none of it is a team's."""
VIEWERS = ("manager", "foreign manager", "foreign finance", "foreign compliance", "foreign auditor", "foreign access")
SECRETS = ("Quillfeather", "Quillworks", "quill.secret")
"""The name, the team and the address of somebody whom none of them may see."""
MOST = 20


@dataclass(frozen=True)
class World:
    """Rows of each screen that belong to others, and those who must not see them."""

    rows: dict[str, list[Any]]
    viewers: dict[str, User]
    auditor: User

    def client(self, name: str) -> Client:
        return at_desk(self.viewers[name])

    def hidden(self, viewer: str, screen: str) -> list[Any]:
        shared = OF_THE_INSTALLATION if viewer.startswith("foreign") else OF_THE_INSTALLATION | OF_THE_COMPANY
        return [] if screen in shared else self.rows[screen]


def make_world() -> World:
    scene = make_scene()
    cast, alice = scene.cast, scene.cast.alice
    User.objects.filter(id=alice.id).update(last_name=SECRETS[0], email=f"{SECRETS[2]}@nordwind.example")
    assert alice.team_id is not None
    Team.objects.filter(id=alice.team_id).update(name=SECRETS[1])
    alice.refresh_from_db()
    tokens_of(alice)
    reserve(alice, scene.alices)
    give_rules(scene)
    api_as(cast.frida).post("/v1/budgets", {"team_id": str(alice.team_id), "total_amount": "600"})
    set_status(scene.alices, "SUSPENDED", by=cast.bob)
    note([frozen(scene.alices)])
    hold(scene.alices, by=cast.bookings)
    stand_in(cast.bob, for_=cast.frida)
    ping(cast.frida, make_endpoint(cast.frida).endpoint)
    api_as(cast.frida).post("/v1/closings", {"closed_until": "2026-04-01T00:00:00Z", "reason": "Audited."})
    api_as(cast.frida).get(f"/v1/users/{alice.id}")
    ServiceAccountFactory(company=cast.company)
    rule(cast.company.id, "adjustment.post", ["FINANCE"])
    UserFactory(company=cast.company, role="FINANCE")
    adjustment_of(scene.alices, cast.frida)
    taken_in(cast.frida, ImportKind.TOP_UPS, top_ups(f"{scene.alices.id},1,EUR,,"))
    StatementPack.objects.create(company=cast.company, month="2026-01-01", made_by=cast.frida)
    write_down(scene.alices, by=cast.bob)
    seal_everything()
    rows = {name: newest(screen.model, cast.audrey) for name, screen in SCREENS.items()}

    team, foreign = TeamFactory(company=cast.company), make_cast()
    dora = UserFactory(company=cast.company, team=team, first_name="Dora", role="MANAGER")
    ines = UserFactory(company=foreign.company, first_name="Ines", administers_access=True)
    give_wallet(dora, "5")
    staff = (dora, foreign.bob, foreign.frida, foreign.conny, foreign.audrey, ines)
    return World(rows, dict(zip(VIEWERS, staff, strict=True)), cast.audrey)


def newest(model: Any, auditor: User) -> list[Any]:
    """The ids of rows are in the order that these were made in. Those of accounts are not, and other tests have left
    many, so they are taken from the world."""
    if model is Account:
        return list(accounts_within(ledger_scope(auditor)).order_by("-owner_id", "bucket")[:MOST])
    return list(model._default_manager.order_by("-pk")[:MOST])


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Committed, because only that is sealed."""
    with django_db_blocker.unblock():
        yield make_world()


@pytest.fixture
def world(made: World) -> Iterator[World]:
    with undone():
        yield made


def names_of(row: Any) -> list[str]:
    """How a row would show: its whole id in a link, or the end of it."""
    return [f"/{row.pk}/change/", *([row.pk.hex[-8:]] if isinstance(row.pk, UUID) else [])]


def text_of(client: Client, path: str, **query: str) -> str:
    """A page; "" when it is not this viewer's to open."""
    answer = client.get(path, query)
    assert answer.status_code in (200, 403), (path, answer.status_code)
    return answer.content.decode() if answer.status_code == 200 else ""


def found_in(text: str, rows: list[Any]) -> list[str]:
    return [name for row in rows for name in names_of(row) if name in text]


@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_the_walk_finds_what_may_be_seen(world: World, screen: str) -> None:
    """Otherwise what follows would prove nothing."""
    if screen in OF_THE_INSTALLATION | {"ledger/inboxevent"}:
        return  # nothing of the world is there
    if screen in {"wallets/notification", "wallets/notificationemail"}:
        return  # each sees his own; e-mails are looked at by what they are about
    if screen == "wallets/statementpack":
        return  # its list leads to files, and shows no id
    chosen = {WhoseFilter.parameter_name: ALL} if screen == "wallets/approval" else {}
    assert found_in(text_of(at_desk(world.auditor), f"/admin/{screen}/", **chosen), world.rows[screen])


@pytest.mark.parametrize("screen", sorted(SCREENS))
@pytest.mark.parametrize("viewer", VIEWERS)
def test_lists_and_their_filters_name_nobody_elses(world: World, viewer: str, screen: str) -> None:
    text = text_of(world.client(viewer), f"/admin/{screen}/")
    assert found_in(text, world.hidden(viewer, screen)) == []
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("screen", sorted(SCREENS))
@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_search_finds_nobody_elses(world: World, viewer: str, screen: str) -> None:
    client = world.client(viewer)
    for row in world.hidden(viewer, screen)[:3]:
        assert f"/{row.pk}/change/" not in text_of(client, f"/admin/{screen}/", q=str(row.pk))
    for secret in SECRETS:
        assert secret not in text_of(client, f"/admin/{screen}/", q=secret[:-1])


@pytest.mark.parametrize("screen", sorted(SCREENS))
@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_page_of_somebody_else_is_not_there(world: World, viewer: str, screen: str) -> None:
    client = world.client(viewer)
    for row in world.hidden(viewer, screen)[:5]:
        for page in ("change", "history", "delete"):
            assert client.get(f"/admin/{screen}/{row.pk}/{page}/").status_code in (403, 404), page


@pytest.mark.parametrize("screen", sorted(SCREENS))
@pytest.mark.parametrize("viewer", VIEWERS)
def test_no_button_works_on_somebody_elses(world: World, viewer: str, screen: str) -> None:
    client = world.client(viewer)
    for row in world.hidden(viewer, screen)[:2]:
        for name in SCREENS[screen].actions_detail:
            path = f"/admin/{screen}/{row.pk}/{name}/"
            sent = {"reason": "Mine.", "_form_submitted": "True"}
            assert {client.get(path).status_code, client.post(path, sent).status_code} <= {403, 404}, name


@pytest.mark.parametrize("screen", sorted(SCREENS))
@pytest.mark.parametrize("viewer", VIEWERS)
def test_dialogs_offer_nobody_elses(world: World, viewer: str, screen: str) -> None:
    client = world.client(viewer)
    for name in SCREENS[screen].actions_list:
        text = text_of(client, f"/admin/{screen}/{name}/")
        assert [secret for secret in SECRETS if secret in text] == []
        hidden = [row for other in SCREENS for row in world.hidden(viewer, other)]
        assert [str(row) for row in hidden if f'value="{row.pk}"' in text] == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_home_page_names_nobody_elses(world: World, viewer: str) -> None:
    text = text_of(world.client(viewer), "/admin/")
    assert text
    assert [secret for secret in SECRETS if secret in text] == []
    assert found_in(text, [row for screen in SCREENS for row in world.hidden(viewer, screen)]) == []


def test_who_administers_access_opens_nothing_about_money(world: World) -> None:
    client = world.client("foreign access")
    opened = {name for name in SCREENS if client.get(f"/admin/{name}/").status_code == 200}
    screens = ("user", "team", "company", "deputy", "serviceaccount", "loginsession")
    assert opened == {f"compliance/{name}" for name in screens}
