"""Generated requests over the whole OpenAPI document, as FINANCE and as a service with every scope.

Every answer must be one that the document describes: its status, media type, headers, members and, of a problem,
its code. A 5xx is always a mistake: nothing is down here, and 503 is what an unexpected error becomes.

FUZZ_EXAMPLES (how many per operation and caller) enlarges it; FUZZ_SEED makes it look elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from budgets.models.vocabulary import PeriodType
from compliance.models import Caller, Team, User
from ledger.models import Transaction
from tests.api.budget_things import budget_of, limit_of, refused_spend_of, request_about, template_of
from tests.compliance.clients import tokens_of
from tests.ledger.sealing import last_seal, seal_everything
from tests.wallets.holds import reserve
from tests.wallets.scene import give_wallet, make_scene, undone
from tests.wallets.webhooks import make_endpoint, ping
from wallets.models import Wallet
from walletsite.docs import document

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
CONFORMANCE = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
PROBLEM = "application/problem+json"

load_all_checks()
SCHEMA = schemathesis.openapi.from_dict(
    deepcopy(document())
)  # it is filled with real ids: other tests read the original
SCHEMA.app = WSGIHandler()
# The bare routes are the same views.
OPERATIONS = [SCHEMA[path][method] for path in SCHEMA if path.startswith("/v1/") for method in SCHEMA[path]]


@dataclass(frozen=True)
class World:
    """Real things to ask for, by the name that bodies and paths have for them, and who asks."""

    things: dict[str, list[str]]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Requests run in a transaction of ours, so they must not close the connection as they begin and end."""
    with django_db_blocker.unblock():
        made = make_world()  # Django's own client connects the receivers again that are disconnected here
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield made
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def make_world() -> World:
    scene = make_scene()
    cast, company = scene.cast, scene.cast.company
    give_wallet(cast.alice, "50", type="SAVINGS", currency="USD")
    holds = [reserve(cast.alice, scene.alices, "5", key=f"hold-{number}") for number in range(2)]
    seal_everything()
    seals = [str(last_seal().id)]
    users = texts(User.objects.filter(company=company))
    wallets = texts(Wallet.objects.filter(user__company=company))
    refused_spend_of(scene.alices)
    first, second = (budget_of(scene.alices, kind) for kind in (PeriodType.YEARLY, PeriodType.QUARTERLY))
    budgets = [str(first.id), str(second.id)]
    delivery = ping(cast.frida, make_endpoint(cast.frida).endpoint)
    callers: dict[str, Caller] = {"FINANCE": cast.frida, "SYSTEM": cast.bookings}
    return World(
        things={
            "user_id": users,
            "team_id": texts(Team.objects.filter(company=company)),
            "txn_id": texts(Transaction.objects.filter(company_id=company.id)),
            "reservation_id": [hold["reservation_id"] for hold in holds],
            "id": [*wallets, *users, *budgets],
            **dict.fromkeys(("budget_id", "from_budget_id", "to_budget_id", "parent_id"), budgets),
            "limit_id": [limit_of(scene.alices)],
            "template_id": [template_of(scene.alices)],
            "request_id": [request_about(first, asker) for asker in (cast.alice, cast.frida)],
            **dict.fromkeys(
                ("wallet_id", "from_wallet_id", "to_wallet_id", "destination_wallet_id", "from_account", "to_account"),
                wallets,
            ),
            "endpoint_id": [str(delivery.endpoint_id)],
            "delivery_id": [str(delivery.id)],
            "url": ["https://hooks.nordwind.example/", "http://127.0.0.1/"],
            "currency": ["EUR", "EUR", "EUR", "USD"],
            **dict.fromkeys(
                ("amount", "initial_balance", "available_gte", "total_amount"), ["0.0001", "1", "12.50", "100", "1000"]
            ),
            "from": ["2026-01-01", "2026-06-01T00:00:00Z", *seals],
            "seal_id": seals,
            "to": ["2026-12-31"],
        },
        tokens={name: tokens_of(caller).access for name, caller in callers.items()},
    )


def texts(rows: Any) -> list[str]:
    return [str(row.id) for row in rows]


@st.composite
def requests(draw: st.DrawFn, operation: Any, things: dict[str, list[str]]) -> Any:
    """A request by the document or against it. Three of four name things that are there, to get past the 404."""
    mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = draw(operation.as_strategy(generation_mode=mode))
    if draw(st.integers(0, 3)):
        for members in (case.path_parameters, case.query, case.body):
            name_real_things(members, things, draw)
    return case


def name_real_things(members: Any, things: dict[str, list[str]], draw: st.DrawFn) -> None:
    if isinstance(members, list):
        for member in members:
            name_real_things(member, things, draw)
    if isinstance(members, dict):
        for name, value in members.items():
            if name in things:
                members[name] = draw(st.sampled_from(things[name]))
            else:
                name_real_things(value, things, draw)


def documented_codes(operation: Any, status: int) -> set[str]:
    answer = operation.definition.raw["responses"][str(status)]
    return set(answer["content"][PROBLEM]["examples"])


def require_documented(case: Any, response: Any) -> None:
    assert response.status_code < 500, (response.status_code, response.text)
    case.validate_response(response, checks=CONFORMANCE)
    if response.headers.get("content-type") == [PROBLEM]:
        code = response.json()["code"]
        assert code in documented_codes(case.operation, response.status_code), code
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("caller", ["FINANCE", "SYSTEM"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_answers_are_as_documented(world: World, operation: Any, caller: str) -> None:
    headers = {"Authorization": f"Bearer {world.tokens[caller]}"}
    statuses: set[int] = set()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests(operation, world.things))
    def ask(case: Any) -> None:
        with undone():
            response = case.call(headers=headers)
        statuses.add(response.status_code)
        require_documented(case, response)

    ask()
