"""Odd texts in every text field of every body and in every query (safety.md rows 44 and 45)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compliance.api.companies import ZoneField
from compliance.api.fields import EmailField
from ledger.api.fields import CurrencyField, IdField, KeyField, SecretField, StrictField, TextField, WordField
from ledger.api.metadata import MetadataField
from tests.api.fields import Request, body_fields, request_for
from tests.api.routes import api_routes
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, nothing_recorded, undone
from wallets.api.webhook_endpoints import UrlField

TEXTS = body_fields(TextField, KeyField, SecretField, WordField, IdField, CurrencyField, MetadataField)
FREE_TEXTS = [
    field for field in body_fields(TextField) if not isinstance(field.field, EmailField | UrlField | ZoneField)
]
UNSTORABLE = [
    r'"\u0000"',
    r'"a\u0000b"',
    r'"\ud800"',
    r'"a\udfffb"',
    r'"\udc00\ud800"',
    '{"\\u0000": 1}',
    r'["\ud800"]',
]
CONTROLS = ["a\nb", "a\r\nb", "\x1b[31mred", "a\tb", "\x7f", "\x85", "\x08"]
WRONG_TYPES: list[Any] = [1, 1.5, True, [], {}, [["x"]]]
CARDS = ["4111111111111111", "card 4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"]
FINE = [
    "é",
    "e\u0301",
    "\u202eRTL",
    "שלום",
    "zero\u200bwidth",
    "👩\u200d🚀",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "'; DROP TABLE",
    "<b>&amp;",
    "%s{}$",
    "=",
]


def ids(fields: list[Any]) -> list[str]:
    return [field.name for field in fields]


@pytest.mark.parametrize("field", TEXTS, ids=ids(TEXTS))
def test_what_no_database_holds_is_malformed_and_what_is_no_text_is_named(scene: Scene, field: Any) -> None:
    request = request_for(field, scene)
    fitting = (dict,) if isinstance(field.field, MetadataField) else ()
    with nothing_recorded():
        for text in UNSTORABLE:
            response = request.send_as_written(text)
            assert (response.status_code, response.json()["code"]) == (400, "request.malformed"), text
        for value in WRONG_TYPES:
            if not isinstance(value, fitting):
                require_named(request, request.send(value))


@pytest.mark.parametrize("field", body_fields(TextField), ids=ids(body_fields(TextField)))
def test_control_characters_and_card_numbers_are_refused(scene: Scene, field: Any) -> None:
    request = request_for(field, scene)
    with nothing_recorded():
        for text in (*CONTROLS, *CARDS):
            require_named(request, request.send(text))


def require_named(request: Request, response: Any) -> None:
    body = response.json()
    assert (response.status_code, body["code"]) == (400, "request.validation"), body
    assert request.field.pointer in [error["pointer"] for error in body["errors"]]


@pytest.mark.parametrize("field", FREE_TEXTS, ids=ids(FREE_TEXTS))
def test_any_script_is_text(scene: Scene, field: Any) -> None:
    """Nothing is a wrong text but what is refused above."""
    request = request_for(field, scene)
    for text in FINE:
        with undone():  # much can be done only once
            response = request.send(text)
        pointers = [error["pointer"] for error in response.json().get("errors", [])]
        assert field.pointer not in pointers, (text, response.json())


def test_texts_come_back_as_they_were(scene: Scene) -> None:
    client = api_as(scene.cast.bookings)
    path = f"/v1/wallets/{scene.alices.id}/transactions"
    for number, text in enumerate(FINE):
        reference = {"reference_id": text, "reference_type": f"{number}"}
        body = {"type": "DEBIT", "amount": "0.01", "currency": "EUR", **reference, "description": text}
        sent = client.post(path, {**body, "metadata": {text: text}}).json()
        line = client.get(f"{path}?limit=1").json()["transactions"][0]
        document = client.get(f"/v1/transactions/{sent['txn_id']}").json()
        for view in (sent, line, document):
            assert (view["description"], view["reference_id"]) == (text, text)
        assert document["metadata"] == {text: text}


QUERIES = [(route, name) for route in api_routes() for name in route.operation.query().fields]


@pytest.mark.parametrize(("route", "name"), QUERIES, ids=[f"{route.name}?{name}" for route, name in QUERIES])
def test_odd_parameters(scene: Scene, route: Any, name: str) -> None:
    client = api_as(scene.cast.bookings if not route.view.policy[route.method].roles else scene.cast.frida)
    path = route.url(
        **dict.fromkeys(
            ("wallet_id", "txn_id", "reservation_id", "seal_id", "endpoint_id", "budget_id"), scene.alices.id
        )
    )
    with nothing_recorded():
        for text in (
            "%00",
            "a%00b",
            "%ed%a0%80",
            "%ff",
            "%0d%0a",
            "%E2%80%AE",
            "1e1",
            "%D9%A3",
            "9" * 5_000,
            "-1",
            "[]",
        ):
            response = client.generic(
                route.method, f"{path}?{name}={text}", json.dumps({}), content_type="application/json"
            )
            assert (response.status_code, response.json()["status"]) == (400, 400), text


def test_the_fields_are_found() -> None:
    assert {
        "POST /v1/transfers/description",
        "POST /v1/transfers/batch/transfers/0/idempotency_key",
        "PUT /v1/wallets/{wallet_id}/status/reason",
        "POST /v1/users/email",
        "POST /v1/auth/token/password",
        "POST /v1/wallets/{wallet_id}/transactions/metadata",
    } <= {field.name for field in TEXTS}
    assert all(isinstance(field.field, StrictField) for field in TEXTS)
