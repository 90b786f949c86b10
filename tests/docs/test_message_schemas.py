"""docs/events: a schema and an example of each message, and a story in which the service really sends each one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from budgets.services.alerts import follow_alerts
from budgets.services.turning import turn
from ledger.events import data_schema
from ledger.ids import new_id
from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from ledger.selectors.stream import cloud_event
from ledger.services.holds import expire_holds
from tests import messages
from tests.budgets.factories import Owner
from tests.budgets.factories import change as change_budget
from tests.budgets.spending import give_limit
from tests.compliance.clients import api_as
from tests.docs.pages import blocks, quoted, read
from tests.messages import ENVELOPE, FOLDER, faults_of, file_of
from tests.wallets.asking import Asked
from tests.wallets.budgets import pay as pay_booking
from tests.wallets.budgets import set_budget
from tests.wallets.holds import let_expire, reserve, step
from tests.wallets.incoming import booked, take
from tests.wallets.scene import Scene, make_scene, send, set_status, transfer_body, undone
from tests.wallets.webhooks import make_endpoint, ping
from wallets.selectors.webhooks import EVENT_TYPES

SCHEMAS = sorted(path.name for path in FOLDER.glob("*.v*.json"))
EXAMPLES = sorted(path.name for path in (FOLDER / "examples").iterdir())


def loaded(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def newest_schemas() -> set[str]:
    """The version that is sent now: the highest of each type."""
    versions = defaultdict(list)
    for name in SCHEMAS:
        type, version, _ = name.split(".")
        versions[type].append(int(version.removeprefix("v")))
    return {f"{type}.v{max(of_type)}.json" for type, of_type in versions.items()}


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that describes an object."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects_in(part)


@pytest.mark.parametrize("name", [ENVELOPE, *SCHEMAS])
def test_a_schema_is_one_and_lets_nothing_else_through(name: str) -> None:
    schema = loaded(FOLDER / name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    for part in objects_in(schema):
        assert part["additionalProperties"] is False
        assert set(part["required"]) <= part["properties"].keys()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_named_for_its_type_and_version(name: str) -> None:
    schema, (type, version, _) = loaded(FOLDER / name), name.split(".")
    assert schema["$id"] == data_schema(type, int(version.removeprefix("v")))
    assert file_of(schema["$id"]) == name
    assert schema["properties"]["event_type"] == {"const": type}


def test_what_has_one_name_in_several_schemas_is_one_thing() -> None:
    described = defaultdict(set)
    for name in [ENVELOPE, *SCHEMAS]:
        for word, definition in loaded(FOLDER / name)["$defs"].items():
            described[word].add(json.dumps(definition))
    assert [word for word, definitions in described.items() if len(definitions) > 1] == []


def test_every_schema_has_an_example() -> None:
    assert EXAMPLES == SCHEMAS, "docs/events/examples has one envelope for each schema in docs/events"


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits(name: str) -> None:
    example = loaded(FOLDER / "examples" / name)
    assert faults_of(example) == []
    assert file_of(example["dataschema"]) == name
    assert example["time"] == example["data"]["timestamp"]


def test_the_pages_name_every_message() -> None:
    listed = re.findall(
        r"^\| \[`(\w+)`\]\((\S+)\) \| (\d+) \| \[\S+\]\((\S+)\) \|", read("docs/events/README.md"), re.MULTILINE
    )
    assert sorted(file for _, file, _, _ in listed) == SCHEMAS
    assert all(f"{type}.v{version}.json" == file for type, file, version, _ in listed)
    assert all(example == f"examples/{file}" for _, file, _, example in listed)
    assert {name.split(".")[0] for name in SCHEMAS} <= quoted(read("docs/events.md"))
    assert set(EVENT_TYPES) <= {name.split(".")[0] for name in SCHEMAS}


def test_the_example_in_the_page_is_the_one_in_its_file() -> None:
    (block,) = blocks(read("docs/events.md"), "json")
    assert json.loads(block) == loaded(FOLDER / "examples" / "TransactionCompleted.v1.json")


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def everything_told(scene: Scene) -> list[dict[str, Any]]:
    """A story in which each message is sent, through HTTP and the services behind it; what consumers get of it."""
    cast, alice = scene.cast, api_as(scene.cast.alice)
    before = messages.horizon()
    opened = make_scene()  # WalletCreated
    pay = partial(send, alice, "/v1/transfers")
    assert pay(transfer_body(scene.alices, scene.bobs, "10.00"), key="paid").status_code == 201  # TransactionCompleted
    assert pay(transfer_body(scene.alices, scene.bobs, "999.00"), key="refused").status_code == 422  # TransactionFailed
    set_status(opened.bobs, "FROZEN", by=opened.cast.conny)  # WalletStatusChanged
    paid, released, expired = (reserve(cast.alice, scene.alices, "5.00", key=key) for key in ("r1", "r2", "r3"))
    assert step(alice, paid, "capture").json()["status"] == "COMPLETED"
    assert step(alice, released, "release", key="release").json()["status"] == "RELEASED"
    let_expire(expired)
    expire_holds()
    assert take(booked(cast.alice, "999.00", booking="B-1")).status == "PROCESSED"  # BookingRejected
    budget = Owner().budget("600")  # BudgetCreated, BudgetPeriodOpened
    change_budget(budget, amount=Decimal(700))  # BudgetChanged
    turn([budget.id], database_now() + timedelta(days=40))  # BudgetPeriodClosed
    asked = Asked()  # BudgetRequestOpened
    asked.approve(Decimal(1))  # BudgetRequestDecided
    spender = Owner()
    spender.budget("200", thresholds=(50,))
    spender.spend("140")
    assert spender.spend("90") == "budget.exceeded"
    while follow_alerts().is_behind:  # BudgetThresholdReached, BudgetExceeded
        pass
    for amount in ("100", "200"):  # LimitCreated, LimitChanged
        give_limit(cast.alice, amount)
    spend_over_a_budget(scene)
    test = ping(cast.frida, make_endpoint(cast.frida).endpoint)  # WebhookTest
    bodies = [cloud_event(message) for message in messages.written_since(before)]
    return [*map(json.loads, bodies), json.loads(test.body)]


def spend_over_a_budget(scene: Scene) -> None:
    """BudgetThresholdReached, BudgetExceeded, BudgetRequestOpened and BudgetRequestDecided."""
    alice, bob = api_as(scene.cast.alice), api_as(scene.cast.bob)
    set_budget(scene.cast.bob, scene.alices, "10", thresholds=[50])
    assert pay_booking(scene, "6", reference="fits").status_code == 201
    refused = pay_booking(scene, "6", reference="does-not-fit").json()["txn_id"]
    while follow_alerts().is_behind:
        pass
    wanted = {"txn_id": refused, "kind": "ONCE", "reason": "A test."}
    asked = alice.post("/v1/budget-requests", wanted).json()["request_id"]
    assert bob.post(f"/v1/budget-requests/{asked}/approve", {"reason": "A test."}).status_code == 200


def test_every_message_is_really_sent_and_fits(scene: Scene) -> None:
    told = everything_told(scene)
    assert [fault for message in told for fault in faults_of(message)] == []
    sent = {file_of(message["dataschema"]) for message in told}
    assert newest_schemas() - sent == set(), "described, and sent by nobody: let everything_told() bring it about"
    assert sent - newest_schemas() == set(), "sent in a version that is not the newest one described"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"amount": "12.50"}, "'12.50' does not match"),
        ({"amount": "1e2"}, "'1e2' does not match"),
        ({"amount": 12.5}, "12.5 is not of type 'string'"),
        ({"iban": "DE02"}, "Additional properties are not allowed ('iban' was unexpected)"),
        ({"wallet_id": "4711"}, "'4711' is not a 'uuid'"),
        ({"type": "PAYMENT"}, "'PAYMENT' is not one of"),
        ({"timestamp": "2026-03-14 16:05:12"}, "does not match"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_does_not_fit_is_found(changed: dict[str, Any], fault: str) -> None:
    example = loaded(FOLDER / "examples" / "TransactionCompleted.v1.json")
    example["data"] |= changed
    assert any(fault in found for found in faults_of(example))


def test_a_message_without_a_schema_is_found_and_says_what_to_do() -> None:
    example = loaded(FOLDER / "examples" / "TransactionCompleted.v1.json")
    assert (
        "docs/events/TransactionCompleted.v2.json is missing"
        in faults_of({**example, "dataschema": data_schema("TransactionCompleted", 2)}).pop()
    )
    assert faults_of({**example, "extra": 1}) == [
        "docs/events/envelope.json: $: Additional properties are not allowed ('extra' was unexpected)"
    ]
    assert faults_of({**example, "type": "WalletCreated"}) != []


def test_what_a_test_leaves_in_the_outbox_is_looked_at(scene: Scene) -> None:
    before = messages.horizon()
    assert messages.faults_since(before) == []
    row = OutboxMessage.objects.filter(event__xid__gte=before).latest("id")
    odd = OutboxMessage(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})
    odd.id, odd.sequence, odd.version = new_id(), row.sequence + 1, 2
    with undone():
        odd.save(force_insert=True)
        (fault,) = messages.faults_since(before)
    assert f"{odd.type}.v2.json is missing" in fault


@pytest.mark.parametrize("name", [ENVELOPE, *SCHEMAS])
def test_a_schema_is_served(name: str) -> None:
    answer = Client().get(f"/v1/docs/events/{name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/schema+json")
    assert answer.json() == loaded(FOLDER / name)
    assert f'href="/v1/docs/events/{name}"' in Client().get("/v1/docs/events").content.decode()


@pytest.mark.parametrize("name", ["WalletCreated.v9.json", "README.md", "..%2Fopenapi.json", "examples"])
def test_nothing_else_is_served(name: str) -> None:
    assert Client().get(f"/v1/docs/events/{name}").status_code == 404
