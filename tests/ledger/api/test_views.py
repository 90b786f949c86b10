from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.response import Response

from ledger.api.policy import anyone
from ledger.api.schema import operation
from ledger.api.views import ServiceView, tagged
from ledger.errors import ServiceError
from tests.ledger.api.example import NotesView


def view_of(**headers: str) -> ServiceView:
    view = ServiceView()
    request = RequestFactory().post("/v1/notes", headers=headers)
    view.setup(request)
    view.request = view.initialize_request(request)
    return view


def code_of(call: Any) -> str:
    with pytest.raises(ServiceError) as refusal:
        call()
    return refusal.value.code


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency.key_missing"),
        ("", "request.validation"),
        ("x" * 256, "request.validation"),
        ("two words", "request.validation"),
        ("clé", "request.validation"),
        ("tab\t", "request.validation"),
    ],
)
def test_a_key_is_visible_ascii(key: str | None, code: str) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    assert code_of(view_of(**headers).idempotency_key) == code


def test_a_key_is_read_as_it_is() -> None:
    assert view_of(**{"Idempotency-Key": "k" * 255}).idempotency_key() == "k" * 255
    assert view_of().idempotency_key(required=False) is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ('W/"v7"', "precondition.failed"),
        ('"7"', "precondition.failed"),
        ('"v' + "9" * 30 + '"', "precondition.failed"),
        ("v7", "request.validation"),
        ('"v1", "v2"', "request.validation"),
    ],
)
def test_a_tag_that_cannot_match_is_refused(tag: str, code: str) -> None:
    assert code_of(view_of(**{"If-Match": tag}).expected_version) == code


def test_a_tag_names_a_version() -> None:
    assert view_of(**{"If-Match": '"v7"'}).expected_version() == 7
    assert view_of(**{"If-Match": "*"}).expected_version(required=True) is None
    assert view_of().expected_version() is None
    assert code_of(lambda: view_of().expected_version(required=True)) == "precondition.required"


def test_an_answer_bears_its_version() -> None:
    assert tagged({}, 7).headers["ETag"] == '"v7"'


def hash_of(method: str, path: str, body: bytes) -> bytes:
    view = ServiceView()
    view.setup(request := RequestFactory().generic(method, path, body, content_type="application/json"))
    view.request = view.initialize_request(request)
    return view.request_hash()


def test_the_same_request_has_the_same_hash() -> None:
    first = hash_of("POST", "/v1/wallets", b'{"a": 1.10, "b": [1]}')
    assert first == hash_of("POST", "/wallets", b'{ "b":[1],"a":1.10}')
    assert first != hash_of("PUT", "/wallets", b'{"a": 1.10, "b": [1]}')
    assert first != hash_of("POST", "/wallets/1", b'{"a": 1.10, "b": [1]}')
    assert first != hash_of("POST", "/wallets", b'{"a": 1.1, "b": [1]}')
    assert first != hash_of("POST", "/wallets", b'{"a": "1.10", "b": [1]}')
    assert first != hash_of("POST", "/wallets", b'{"a": 1.10, "b": [true]}')


@pytest.mark.parametrize(
    "query", ["?surprise=1", "?limit=1&limit=1", "?limit=0", "?limit=201", "?order=up", "?cursor=x"]
)
def test_a_query_that_was_not_declared_is_refused(ask: Any, query: str) -> None:
    assert ask("GET", f"/v1/notes{query}").status_code == 400


def test_a_body_that_was_not_declared_is_refused(ask: Any) -> None:
    class Release(ServiceView):
        policy = {"POST": anyone()}

        @operation("Release")
        def post(self, request: Any) -> Response:
            return Response(status=204)

    assert ask("POST", view=Release).status_code == 204
    assert ask("POST", body=b"{}", view=Release).status_code == 204
    assert ask("POST", body=b'{"amount": "5"}', view=Release).status_code == 400
    assert ask("POST", "/v1/notes?force=1", view=Release).status_code == 400


def test_a_problem_can_be_had_without_being_raised() -> None:
    view = NotesView()
    view.setup(request := RequestFactory().get("/v1/notes"))
    view.request = view.initialize_request(request)
    problem = view.problem(ServiceError("Not now.", code="lock.timeout"))
    assert (problem.status_code, problem.data["code"], problem.headers["Retry-After"]) == (409, "lock.timeout", "1")
