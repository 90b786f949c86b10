"""The table of `compliance.core.roles`, cell by cell, through the doors: what it gives opens, what it does not, stays
shut. The company here has somebody who administers access."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from compliance.core.access import SERVICE_SCOPES
from compliance.core.origin import Origin
from compliance.core.roles import ACCESS, CAPABILITIES, PEOPLE, SYSTEM, Capability, Right
from compliance.models import AuditRecord, ServiceAccountStatus, User
from tests.api.approval_things import given_free, given_frozen, given_lift
from tests.api.authorisation import FIRST_VERSION, ROWS, Row
from tests.api.buttons import BUTTONS
from tests.api.tables import BACKDATE, FREEZE, SPEND, SUSPEND
from tests.api.test_authorisation import World, ask, make_world
from tests.compliance.clients import api_as
from tests.compliance.factories import ServiceAccountFactory, UserFactory
from tests.wallets.admin.staff import at_desk
from tests.wallets.holds import reserve
from tests.wallets.scene import book, give_wallet, undone
from wallets.models import Wallet
from wallets.services.wallet_notes import add_note

Opens = Callable[[World, str, str], bool]
"""Whether a door opens for a role, on somebody's things: own, team, company, foreign."""
STATUS_ROUTE = "PUT /v1/wallets/{wallet_id}/status"
SWEEP = {"status": "CLOSED", "sweep": True, "reason": "Test"}
COLUMNS = ("own", "team", "company", "foreign")
OTHERS = COLUMNS[1:]
THE_COMPANYS = ("own",)
"""Of doors to what belongs to the company, where there is nobody's own."""


@dataclass(frozen=True)
class Door:
    """
    Attributes:
        columns: on whose things it is tried.
        is_at_desk: whether it is in the back office alone, which programs never enter whatever their scopes.
        is_look: whether nothing changes behind it. is_approval: whether it answers what somebody has asked for.
    """

    opens: Opens
    columns: tuple[str, ...] = COLUMNS
    is_look: bool = False
    is_approval: bool = False
    is_at_desk: bool = False


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        world = make_world()
        company, finance = world.scene.cast.company, world.people["FINANCE"]
        access = UserFactory(company=company, first_name="Ines", administers_access=True)
        wallet = give_wallet(access, "100")
        book(wallet, "1", key="to be held")
        reserve(finance, wallet, "1", key="hold-access")
        yield replace(world, people={**world.people, ACCESS: access})


def api(route: str, table: str | None = None, **changes: Any) -> Opens:
    """The first use of a route that `tests.api.authorisation` knows, perhaps with another body."""
    row = next(row for row in ROWS if row.route == route and table in (None, row.expected))
    row = replace(row, **changes)
    return lambda world, caller, whose: answers(world, row, caller, whose)


def answers(world: World, row: Row, caller: str, whose: str) -> bool:
    return ask(world, row, caller, world.things(caller, whose)).status_code in (200, 201, 202, 204)


def screen(path: str) -> Opens:
    return lambda world, caller, _: (
        caller in world.people and at_desk(world.people[caller]).get(f"/admin/{path}/").status_code == 200
    )


def button(name: str, label: str = "wallets.wallet") -> Opens:
    """A button of the back office on what its row in `tests.api.buttons` names; it opens when its trace is left."""

    def opens(world: World, caller: str, _: str) -> bool:
        if caller not in world.people:
            return False
        pressed = BUTTONS[label, name]
        with undone():
            pressed.given(world)
            before = AuditRecord.objects.filter(event_type=pressed.trace).count()
            form = pressed.form(world) if callable(pressed.form) else pressed.form
            at_desk(world.people[caller]).post(pressed.path(world), {**dict(form), "_form_submitted": "True"})
            return AuditRecord.objects.filter(event_type=pressed.trace).count() > before

    return opens


def names_deputy(world: World, caller: str, whose: str) -> bool:
    """For himself, or for a manager of somebody else's."""
    if caller not in world.people:
        return False
    with undone():
        other = UserFactory(company=world.scene.cast.company, team=world.owners["company"].team, role="MANAGER")
        deputy = UserFactory(company=world.scene.cast.company, role="MANAGER")
        principal = world.people[caller] if whose == "own" else other
        form = {
            "email": deputy.email,
            "last_day": f"{timezone.now() + timedelta(days=9):%Y-%m-%d}",
            "reason": "Away.",
            "_form_submitted": "True",
        }
        at_desk(world.people[caller]).post(f"/admin/compliance/user/{principal.id}/name_deputy/", form)
        return AuditRecord.objects.filter(event_type="deputy.named").exists()


def adds_a_person(world: World, caller: str, whose: str) -> bool:
    """Over the interface, or in the back office."""
    doors = api("POST /v1/users"), button("new_person", "compliance.user")
    return any(opens(world, caller, whose) for opens in doors)


def writes_a_note(world: World, caller: str, whose: str) -> bool:
    return noted(world, caller, f"/admin/wallets/wallet/{world.things(caller, whose).wallet_id}/add_note/")


def erases_a_note(world: World, caller: str, whose: str) -> bool:
    """One that somebody else has written."""
    wallet = Wallet.objects.select_related("user__company").get(id=world.things(caller, whose).wallet_id)
    with undone():
        author = UserFactory(company=wallet.user.company, role="FINANCE")
        note = add_note(caller=author, wallet=wallet, text="Called.", origin=Origin(author.id, author.role))
        return noted(world, caller, f"/admin/wallets/walletnote/{note.id}/erase/")


def noted(world: World, caller: str, path: str) -> bool:
    if caller not in world.people:
        return False
    with undone():
        before = AuditRecord.objects.filter(event_type__startswith="wallet.note_").count()
        at_desk(world.people[caller]).post(path, {"text": "Called.", "reason": "Test.", "_form_submitted": "True"})
        return AuditRecord.objects.filter(event_type__startswith="wallet.note_").count() > before


DOORS: dict[str, tuple[Door, ...]] = {
    "own.see": (Door(api("GET /v1/wallets/{id}"), ("own",), is_look=True),),
    "team.see": (
        Door(api("GET /v1/wallets/{id}"), OTHERS, is_look=True),
        Door(api("GET /v1/transactions/{txn_id}"), OTHERS, is_look=True),
    ),
    "budgets.see": (Door(api("GET /v1/budgets/{id}"), OTHERS, is_look=True),),
    "people.see": (Door(api("GET /v1/users/{user_id}"), OTHERS, is_look=True),),
    "wallets.open": (Door(api("POST /v1/wallets")),),
    "wallets.suspend": (Door(api("PUT /v1/wallets/{wallet_id}/status", SUSPEND)),),
    "wallets.freeze": (Door(api("PUT /v1/wallets/{wallet_id}/status", FREEZE)),),
    "wallets.lift": (
        Door(api(STATUS_ROUTE, FREEZE, body=lambda things: {"status": "ACTIVE", "reason": "Test"}, given=given_frozen)),
        Door(api("POST /v1/approvals/{approval_id}/approve", given=given_lift), ("team",), is_approval=True),
    ),
    "wallets.sweep": (
        Door(api(STATUS_ROUTE, FREEZE, body=lambda things: SWEEP, given=given_free)),
        Door(button("close_with_sweep"), ("company",)),
    ),
    "notes.write": (Door(writes_a_note, OTHERS),),
    "notes.erase": (Door(erases_a_note, OTHERS),),
    "locks.break": (Door(button("break_lock"), ("company",)),),
    "budgets.set": (
        Door(api("POST /v1/budgets")),
        Door(api("PUT /v1/budgets/{id}")),
        Door(api("PUT /v1/limits")),
    ),
    "budgets.more": (
        Door(api("POST /v1/budget-requests"), ("own", "foreign")),
        Door(api("POST /v1/budget-requests/{request_id}/approve"), ("own", "team", "foreign"), is_approval=True),
    ),
    "templates.see": (Door(api("GET /v1/budget-templates"), THE_COMPANYS, is_look=True),),
    "templates.keep": (
        Door(api("POST /v1/budget-templates"), THE_COMPANYS),
        Door(button("new_template", "budgets.budgettemplate"), THE_COMPANYS),
    ),
    "money.spend": (Door(api("POST /v1/transfers", SPEND)), Door(api("POST /v1/reservations", SPEND))),
    "money.book": (Door(api("POST /v1/wallets/{wallet_id}/transactions")),),
    "events.hand_in": (Door(api("POST /v1/inbox/events"), THE_COMPANYS),),
    "money.undo": (
        Door(api("POST /v1/transactions/{txn_id}/reversals"), OTHERS),
        Door(api("POST /v1/transactions/{txn_id}/refunds"), OTHERS),
    ),
    "money.adjust": (
        Door(api("POST /v1/adjustments")),
        Door(button("adjust"), ("company",)),
        Door(api("POST /v1/approvals/{approval_id}/approve"), ("team",), is_approval=True),
    ),
    "imports.ask": (
        Door(screen("wallets/import"), THE_COMPANYS, is_look=True),
        Door(button("ask", "wallets.import"), THE_COMPANYS),
    ),
    "money.backdate": (Door(api("POST /v1/transfers", BACKDATE)),),
    "books.see": (Door(api("GET /v1/closings"), THE_COMPANYS, is_look=True),),
    "books.close": (
        Door(api("POST /v1/closings"), THE_COMPANYS),
        Door(button("close_books", "ledger.closing"), THE_COMPANYS),
    ),
    "company.see": (Door(api("GET /v1/company/balances"), THE_COMPANYS, is_look=True),),
    "company.run": (Door(api("PATCH /v1/companies/current"), THE_COMPANYS),),
    "seals.see": (Door(api("GET /v1/seals"), THE_COMPANYS, is_look=True),),
    "webhooks.see": (Door(api("GET /v1/webhook-endpoints"), THE_COMPANYS, is_look=True),),
    "webhooks.keep": (
        Door(api("POST /v1/webhook-endpoints"), THE_COMPANYS),
        Door(button("disable", "wallets.webhookendpoint"), THE_COMPANYS, is_at_desk=True),
    ),
    "messages.see": (Door(api("GET /v1/events"), THE_COMPANYS, is_look=True),),
    "messages.settle": (
        Door(button("send_again", "ledger.outboxmessage"), THE_COMPANYS),
        Door(button("ignore", "ledger.inboxevent"), THE_COMPANYS),
    ),
    "people.create": (
        Door(
            lambda *asked: api("POST /v1/users")(*asked) or button("new_person", "compliance.user")(*asked),
            THE_COMPANYS,
        ),
    ),
    "people.suspend": (
        Door(
            api("PATCH /v1/users/{user_id}", body=lambda things: {"status": "SUSPENDED"}, headers=FIRST_VERSION), OTHERS
        ),
    ),
    "deputies.name": (Door(names_deputy, ("own", "company")),),
    "access.give": (
        Door(api("PATCH /v1/users/{user_id}", body=lambda things: {"role": "AUDITOR"}, headers=FIRST_VERSION), OTHERS),
        Door(button("change_role", "compliance.user"), ("company",)),
        Door(button("administer_access", "compliance.user"), ("company",)),
    ),
    "rules.see": (Door(api("GET /v1/approval-rules"), THE_COMPANYS, is_look=True),),
    "rules.set": (Door(api("POST /v1/approval-rules"), THE_COMPANYS),),
    "programs.prepare": (
        Door(screen("compliance/serviceaccount"), THE_COMPANYS, is_look=True),
        Door(button("new_service_account", "compliance.serviceaccount"), THE_COMPANYS),
        Door(button("renew_secret", "compliance.serviceaccount"), THE_COMPANYS),
    ),
    "programs.activate": (
        Door(button("activate", "compliance.serviceaccount"), THE_COMPANYS),
        Door(button("suspend", "compliance.serviceaccount"), THE_COMPANYS),
    ),
    "audit.see": (Door(screen("compliance/auditrecord"), THE_COMPANYS, is_look=True),),
    "looks.see": (Door(screen("compliance/dataaccesslog"), THE_COMPANYS, is_look=True),),
}


def test_every_capability_has_a_door() -> None:
    assert set(DOORS) == set(CAPABILITIES)


def expected(rights: frozenset[Right], door: Door, whose: str) -> bool | None:
    """What a cell says of a door; None where the services say more than the table: what concerns oneself."""
    doing = rights if door.is_look else rights - {Right.READ}
    if door.columns == THE_COMPANYS and "own" in door.columns and not door.is_approval and Right.OWN not in rights:
        return bool(doing)
    if door.is_approval:
        return Right.APPROVE in rights and whose == "team"
    match whose:
        case "own":
            return True if doing & {Right.OWN, Right.ASK} else None if Right.ALL in doing else False
        case "team":
            return bool(doing & {Right.TEAM, Right.ALL})
        case "company":
            return Right.ALL in doing
        case _:
            return False


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("name", list(CAPABILITIES))
def test_a_cell_of_people(world: World, name: str, role: str) -> None:
    for door in DOORS[name]:
        for whose in door.columns:
            wanted = expected(CAPABILITIES[name].rights[role], door, whose)
            if wanted is not None:
                assert door.opens(world, role, whose) == wanted, whose


ALSO = {"money.backdate": {"transfers:write"}}
"""What a program needs besides, to be able to do at all what the scope lets it do otherwise."""


def service(world: World, scopes: set[str]) -> APIClient:
    return api_as(ServiceAccountFactory(company=world.scene.cast.company, scope_names=sorted(scopes)))


@pytest.mark.parametrize("name", list(CAPABILITIES))
def test_a_cell_of_programs(world: World, name: str) -> None:
    asked: Capability = CAPABILITIES[name]
    for door in DOORS[name]:
        for whose in set(door.columns) & {"team", "company", *THE_COMPANYS}:
            if door.is_at_desk or name == "own.see":
                continue  # where no program comes, and what none has
            with_it = program_opens(world, door, whose, {asked.scope or "", *ALSO.get(name, ())} - {""})
            without = program_opens(world, door, whose, SERVICE_SCOPES - {asked.scope})
            assert (with_it, without) == (asked.scope is not None, False), whose


def program_opens(world: World, door: Door, whose: str, scopes: Any) -> bool:
    """As a program with these scopes, whichever scope the door's own row would ask for."""

    class AnyScope(dict[Any, Any]):
        def __contains__(self, key: object) -> bool:
            return isinstance(key, tuple) and key[0] == SYSTEM or super().__contains__(key)

        def __missing__(self, key: Any) -> APIClient:
            return client

    with undone():
        client = service(world, set(scopes))
        return door.opens(replace(world, clients=AnyScope()), SYSTEM, whose)


def test_a_service_account_that_nobody_has_agreed_to_is_none(world: World) -> None:
    """Programs that were prepared sleep: what stands in their column is for those that somebody else put to work."""
    with undone():
        account = ServiceAccountFactory(company=world.scene.cast.company)
        client = api_as(account)
        assert client.get("/v1/wallets").status_code == 200
        type(account).objects.filter(id=account.id).update(status=ServiceAccountStatus.SUSPENDED)
        assert client.get("/v1/wallets").status_code == 401


def test_nobody_has_both_columns(world: World) -> None:
    """Who administers access has no right over anybody's money: neither by the table nor by the database."""
    money = [name for name in CAPABILITIES if name.split(".")[0] in {"money", "budgets", "wallets", "books", "team"}]
    over_others = {Right.TEAM, Right.ALL, Right.APPROVE, Right.READ}
    assert all(not CAPABILITIES[name].rights[ACCESS] & over_others for name in money)
    assert User.objects.filter(administers_access=True).exclude(role="EMPLOYEE").count() == 0
