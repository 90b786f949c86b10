"""Every route × role × whose things: the tables of `tests.api.authorisation` against the URL map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from compliance.core.access import SERVICE_SCOPES
from compliance.models import Caller, User
from ledger.api.policy import PEOPLE, policy_of
from ledger.models import Reservation, Transaction
from tests.api.authorisation import ROWS, Row, Things
from tests.api.routes import METHODS, Route, api_routes, served
from tests.compliance.clients import anonymous, api_as
from tests.compliance.factories import ServiceAccountFactory, UserFactory
from tests.ledger.sealing import last_seal, seal_everything
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, available, book, give_wallet, make_scene, undone
from wallets.models import Wallet

COLUMNS = ("own", "team", "company", "foreign")
UNDECIDED = {"request_id": None, "instance": None}


@dataclass
class World:
    """One company and one other, made once; every request on it is undone."""

    scene: Scene
    people: dict[str, User]
    owners: dict[str, User]
    payee: Wallet
    clients: dict[tuple[str, str | None], APIClient] = field(default_factory=dict)

    def client(self, caller: str, scope: str | None) -> APIClient:
        known = (caller, scope if caller.startswith("SYSTEM") else None)
        if known not in self.clients:
            self.clients[known] = self._log_in(caller, scope)
        return self.clients[known]

    def _log_in(self, caller: str, scope: str | None) -> APIClient:
        if caller == "anonymous":
            return anonymous()
        return api_as(self.people[caller] if caller in self.people else self._service(caller, scope))

    def _service(self, caller: str, scope: str | None) -> Caller:
        with_it = {scope} if scope else SERVICE_SCOPES
        scopes = with_it if caller == "SYSTEM with" else SERVICE_SCOPES - {scope}
        account: Caller = ServiceAccountFactory(company=self.scene.cast.company, scope_names=sorted(scopes))
        return account

    def things(self, caller: str, whose: str) -> Things:
        own = self.people.get(caller, self.owners["company"])
        owner = self.owners.get(whose, own)
        wallet = wallet_of(owner)
        txn_id = Transaction.objects.get(destination_wallet_id=wallet.id, type="DEPOSIT", amount=100).id
        hold_id = Reservation.objects.get(wallet_id=wallet.id).id
        named = (owner.id, wallet.id, txn_id, hold_id, wallet_of(own).id, self.payee.id, last_seal().id)
        return Things(*map(str, named))


def wallet_of(user: User) -> Wallet:
    return Wallet.objects.get(user=user)


def make_world() -> World:
    scene, foreign = make_scene(), make_scene()
    company, cast = scene.cast.company, scene.cast
    anna = UserFactory(company=company, team=cast.alice.team, first_name="Anna")
    people: dict[str, User] = {
        "EMPLOYEE": cast.alice,
        "FINANCE": cast.frida,
        "COMPLIANCE": cast.conny,
        "AUDITOR": cast.audrey,
    }
    boss = UserFactory(company=company, team=cast.alice.team, role="MANAGER")
    outsider = UserFactory(company=company, team=cast.charlie.team)
    for person in (anna, boss, outsider, cast.frida, cast.conny, cast.audrey):
        give_wallet(person, "100")
    owners: dict[str, User] = {"team": anna, "company": outsider, "foreign": foreign.cast.alice}
    for finance in (cast.frida, foreign.cast.frida):
        for number, wallet in enumerate(Wallet.objects.filter(user__company=finance.company)):
            if available(wallet):
                book(wallet, "1", key="to be held")
                reserve(finance, wallet, "1", key=f"hold-{number}")
    seal_everything()
    return World(scene, {**people, "MANAGER": boss}, owners, scene.charlies)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield make_world()


def ask(world: World, row: Row, caller: str, things: Things) -> Any:
    method, path = row.route.split()
    parameters = {**things.parameters(), "code": "not_found", "name": "envelope.json"}
    headers = {"Idempotency-Key": "key-1", **row.headers}
    client = world.client(caller, row.scope)
    with undone():
        parameters.update(row.given(client, things) if row.given else {})
        body = row.body(things) if row.body else None
        return client.generic(
            method,
            (path + row.query).format(**parameters),
            json.dumps(body) if body is not None else "",
            content_type="application/json" if body is not None else "application/octet-stream",
            headers=headers,
        )


def routes_by_name() -> dict[str, Route]:
    return {route.name: route for route in served()}


def parse(table: str) -> tuple[list[str], dict[str, list[str]]]:
    header, *lines = table.strip("\n").splitlines()
    columns = header.split()
    rows = {}
    for line in lines:
        (*caller,) = line.split()[: -len(columns)]
        rows[" ".join(caller)] = line.split()[-len(columns) :]
    return columns, rows


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_the_table_holds(world: World, row: Row) -> None:
    columns, expected = parse(row.expected)
    route = routes_by_name()[row.route]
    success = route.operation.status if route.view else 200
    seen: dict[str, list[str]] = {}
    for caller, cells in expected.items():
        seen[caller] = []
        for whose, cell in zip(columns, cells, strict=True):
            if cell == "-":
                seen[caller].append("-")
                continue
            response = ask(world, row, caller, world.things(caller, whose))
            assert response.status_code < 500, response.content
            seen[caller].append("yes" if response.status_code == success else str(response.status_code))
    assert seen == expected


HIDING = [row for row in ROWS if "foreign" in row.expected]


@pytest.mark.parametrize("row", HIDING, ids=lambda row: row.route)
def test_what_is_anothers_and_what_does_not_exist_cannot_be_told_apart(world: World, row: Row) -> None:
    columns, expected = parse(row.expected)
    for caller, cells in expected.items():
        if cells[columns.index("foreign")] == "-":
            continue
        foreign = world.things(caller, "foreign")
        nowhere = replace(
            foreign, user_id=str(uuid4()), wallet_id=str(uuid4()), txn_id=str(uuid4()), reservation_id=str(uuid4())
        )
        answers = [ask(world, row, caller, things) for things in (foreign, nowhere)]
        statuses, bodies = zip(*[(a.status_code, {**a.json(), **UNDECIDED}) for a in answers], strict=True)
        assert statuses[0] == statuses[1]
        assert bodies[0] == bodies[1]
        headers = [{**a.headers, "X-Request-Id": "", "Content-Length": ""} for a in answers]
        assert headers[0] == headers[1]


def test_every_route_and_method_has_a_row_and_every_row_a_route() -> None:
    """The seeds' bare routes are the same views as those under /v1 (see below), and stand there."""
    prefixed = {
        f"{route.method} /v1{route.path.removeprefix('/v1')}" if route.view else route.name for route in served()
    }
    assert prefixed == {row.route for row in ROWS}


def test_every_table_names_every_caller() -> None:
    callers = {"anonymous", *PEOPLE, "SYSTEM with", "SYSTEM without"}
    for row in ROWS:
        columns, rows = parse(row.expected)
        assert set(rows) == callers
        assert columns in (["own"], list(COLUMNS))


def test_the_bare_routes_are_those_under_v1() -> None:
    views = {(route.method, route.path): route.view for route in served() if route.view}
    bare = [(method, path) for method, path in views if not path.startswith("/v1/")]
    assert bare
    for method, path in bare:
        assert views[method, path] is views[method, f"/v1{path}"]


def test_every_method_has_a_policy_of_its_own() -> None:
    for route in served():
        if route.view:
            assert route.method in route.view.policy, route.name
            assert set(route.view.policy) <= set(METHODS), route.name


def test_the_policies_name_the_scopes_of_the_table() -> None:
    scopes = {row.route: row.scope for row in ROWS}
    for route in api_routes():
        policy = policy_of(route.view, route.method)
        assert policy is not None
        assert policy.scope == scopes[route.name], route.name
    assert {scope for scope in scopes.values() if scope} <= SERVICE_SCOPES


def test_without_a_policy_nobody_is_let_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deny is the default, for every view there is."""
    for route in api_routes():
        if route.path.startswith("/v1/auth/"):
            continue
        row = next(row for row in ROWS if row.route == route.name)
        with monkeypatch.context() as patched:
            patched.setattr(route.view, "policy", {})
            things = world.things("FINANCE", "own")
            denied = [ask(world, row, caller, things).status_code for caller in ("anonymous", "FINANCE", "SYSTEM with")]
        assert denied == [401, 403, 403], route.name


def test_methods_that_a_path_does_not_know(world: World) -> None:
    handled: dict[str, set[str]] = {}
    for route in served():
        handled.setdefault(route.path, set()).add(route.method)
    things = world.things("FINANCE", "own")
    for path, methods in handled.items():
        url = path.format(**things.parameters(), code="not_found", name="envelope.json")
        for method in {*METHODS, "OPTIONS", "TRACE"} - methods:
            for caller in ("anonymous", "FINANCE"):
                response = world.client(caller, None).generic(method, url)
                assert (response.status_code, response.json()["code"]) == (405, "method.not_allowed"), (method, path)
                assert methods <= {word.strip() for word in response.headers["Allow"].split(",")}


def test_head_is_a_get_without_a_body(world: World) -> None:
    things = world.things("EMPLOYEE", "own")
    for row in ROWS:
        if row.route.startswith("GET") and row.scope:
            path = row.route.split()[1].format(**things.parameters()) + row.query
            for caller in ("EMPLOYEE", "anonymous"):
                client = world.client(caller, None)
                head, get = client.head(path), client.get(path)
                assert (head.status_code, head.content) == (get.status_code, b"")
