"""The OpenAPI document lists every route that is served and nothing else, and is the one that is checked in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ledger.api.schema import operation_of
from walletsite.codes import CODES
from walletsite.docs import document

CHECKED_IN = Path(__file__).parents[2] / "docs" / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


def served_routes() -> Iterator[tuple[str, Any]]:
    """Path as OpenAPI writes it, and view, of all that is not the admin."""
    return _walk(get_resolver().url_patterns, "/")


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if path.startswith("/admin"):
            continue
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


def methods_of(callback: Any) -> set[str]:
    view = getattr(callback, "cls", None)
    return {"get"} if view is None else {method for method in METHODS if hasattr(view, method)}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def test_what_is_served_is_what_is_documented() -> None:
    served = {(path, method) for path, callback in served_routes() for method in methods_of(callback)}
    documented = {(path, method) for path, method, _ in operations()}
    assert documented == served


def test_every_handler_declares_its_operation() -> None:
    undeclared = [
        (path, method)
        for path, callback in served_routes()
        if hasattr(callback, "cls")
        for method in methods_of(callback)
        if operation_of(callback.cls, method) is None
    ]
    assert not undeclared


def test_the_document_that_is_checked_in_is_the_one_that_is_served() -> None:
    assert json.loads(CHECKED_IN.read_text()) == json.loads(json.dumps(document())), (
        "Run: python manage.py spectacular --format openapi-json --file docs/openapi.json --validate --fail-on-warn"
    )


def test_it_is_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1")


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()), ids=lambda part: str(part)[:60])
def test_an_operation_shows_an_example_of_every_answer(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    if "requestBody" in operation:
        assert operation["requestBody"]["content"]["application/json"]["examples"]
    for status, answer in operation["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            if media_type.endswith("json") and path != "/v1/openapi.json":
                assert content.get("examples"), (status, media_type)


def test_an_error_is_shown_with_every_code_it_may_have() -> None:
    shown: set[str] = set()
    for _, _, operation in operations():
        for status, answer in operation["responses"].items():
            shown_here = answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
            assert {str(CODES[code].status) for code in shown_here} <= {status}
            shown.update(shown_here)
    assert set(document()["components"]["examples"]) == shown <= set(CODES)


def test_nothing_is_public_by_accident() -> None:
    public = {path for path, _, operation in operations() if not operation.get("security")}
    assert {path for path in public if not path.startswith(("/v1/errors", "/v1/auth/"))} == {
        "/health",
        "/ready",
        "/metrics",
        "/v1/docs",
        "/v1/docs/events",
        "/v1/docs/events/{name}",
        "/v1/openapi.json",
        "/v1/seals/keys",
    }


@pytest.mark.parametrize(
    "path", ["/v1/docs", "/v1/docs/events", "/v1/errors", *(f"/v1/errors/{code}" for code in CODES)]
)
def test_pages_need_nothing_from_elsewhere(path: str) -> None:
    page = Client().get(path)
    assert page.status_code == 200
    text = page.content.decode()
    linked = re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    assert all(link.startswith(("/static/", "/v1/")) for link in linked)
    assert all(finders.find(link.removeprefix("/static/")) for link in linked if link.startswith("/static/"))


def test_the_document_is_served() -> None:
    answer = Client().get("/v1/openapi.json")
    assert answer.json() == json.loads(json.dumps(document()))
