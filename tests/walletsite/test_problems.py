"""Whatever goes wrong, the answer is a problem with a registered code, and never a 500."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.core import exceptions as django
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.test import Client, RequestFactory
from psycopg import errors as pg
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf

from ledger import errors
from walletsite.codes import CODES
from walletsite.problems import Problem, ProblemMiddleware, as_service_error, exception_handler


def from_database(kind: type[Exception], cause: Exception | None) -> Exception:
    error = kind("text that nobody matches")
    error.__cause__ = cause
    return error


CASES: list[tuple[Exception, str]] = [
    (errors.NotFound(), "not_found"),
    (errors.Forbidden(), "auth.forbidden"),
    (errors.Busy("x", code="idempotency.in_progress"), "idempotency.in_progress"),
    (errors.OutcomeUnknown("x"), "outcome.unknown"),
    (errors.RateLimited(7), "rate.limited"),
    (drf.ValidationError({"a": ["b"]}), "request.validation"),
    (drf.ParseError(), "request.malformed"),
    (drf.NotAuthenticated(), "auth.required"),
    (drf.AuthenticationFailed(), "auth.invalid_token"),
    (drf.PermissionDenied(), "auth.forbidden"),
    (drf.NotFound(), "not_found"),
    (drf.NotAcceptable(), "not_acceptable"),
    (drf.UnsupportedMediaType("text/plain"), "media_type.unsupported"),
    (drf.Throttled(), "rate.limited"),
    (drf.APIException(), "service.unavailable"),
    (Http404(), "not_found"),
    (django.PermissionDenied(), "auth.forbidden"),
    (django.RequestDataTooBig(), "request.too_large"),
    (django.SuspiciousOperation(), "request.malformed"),
    (django.TooManyFieldsSent(), "request.malformed"),
    (django.DisallowedHost(), "request.malformed"),
    (django.BadRequest(), "request.malformed"),
    (UnreadablePostError(), "request.malformed"),
    (from_database(OperationalError, pg.LockNotAvailable()), "lock.timeout"),
    (from_database(OperationalError, pg.DeadlockDetected()), "service.unavailable"),
    (from_database(OperationalError, pg.SerializationFailure()), "service.unavailable"),
    (from_database(OperationalError, pg.QueryCanceled()), "service.unavailable"),
    (from_database(OperationalError, pg.TransactionTimeout()), "service.unavailable"),
    (from_database(OperationalError, pg.IdleInTransactionSessionTimeout()), "service.unavailable"),
    (from_database(OperationalError, pg.AdminShutdown()), "service.unavailable"),
    (from_database(OperationalError, pg.DiskFull()), "service.unavailable"),
    (from_database(OperationalError, psycopg.OperationalError("too many clients")), "service.unavailable"),
    (from_database(OperationalError, PoolTimeout()), "service.unavailable"),
    (from_database(InterfaceError, None), "service.unavailable"),
    (from_database(DataError, pg.NumericValueOutOfRange()), "service.unavailable"),
    (from_database(IntegrityError, pg.CheckViolation()), "service.unavailable"),
    (ZeroDivisionError("a secret"), "service.unavailable"),
    (RecursionError(), "service.unavailable"),
]


@pytest.mark.parametrize(("error", "code"), CASES, ids=lambda case: type(case).__name__)
def test_an_exception_becomes_a_problem(error: Exception, code: str) -> None:
    request = RequestFactory().get("/v1/things", headers={"X-Request-Id": "r-1"})
    response = exception_handler(error, {"request": request, "view": None})
    body = json.loads(response.content)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.status_code == body["status"] == CODES[code].status
    assert body["code"] == code
    assert body["type"] == f"/v1/errors/{code}"
    assert (body["instance"], body["request_id"]) == ("/v1/things", "r-1")
    assert ("Retry-After" in response.headers) is body["retryable"] is CODES[code].is_retryable
    assert ("WWW-Authenticate" in response.headers) is (response.status_code == 401)


def test_what_was_unexpected_is_logged_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    error = as_service_error(ZeroDivisionError("a secret"))
    assert "secret" not in error.detail
    assert "unexpected_error" in caplog.text


def test_an_error_brings_its_own_members() -> None:
    error = errors.Conflict("There is one.", code="wallet.already_exists", existing_id="w-1")
    problem = Problem(error, RequestFactory().post("/wallets"))
    assert problem.data["existing_id"] == "w-1"
    assert json.loads(problem.content) == problem.data


def test_a_wait_is_told_in_seconds() -> None:
    assert Problem(errors.RateLimited(42), RequestFactory().get("/")).headers["Retry-After"] == "42"


def through_middleware(path: str, response: HttpResponse) -> Any:
    def view(_request: HttpRequest) -> HttpResponse:
        return response

    return ProblemMiddleware(view)(RequestFactory().get(path))


def test_pages_of_django_become_problems() -> None:
    for status, code in [(400, "request.malformed"), (403, "auth.forbidden"), (404, "not_found")]:
        answer = through_middleware("/x", HttpResponse("<h1>page</h1>", status=status))
        assert (answer.status_code, answer.data["code"]) == (status, code)
    answer = through_middleware("/x", HttpResponse("Server Error (500)", status=500))
    assert (answer.status_code, answer.data["code"]) == (503, "service.unavailable")
    answer = through_middleware("/x", HttpResponse(status=405, headers={"Allow": "GET"}))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


def test_answers_of_our_own_stay_as_they_are() -> None:
    for response in (HttpResponse("page"), JsonResponse({"status": "failed"}, status=503)):
        assert through_middleware("/ready", response) is response


def test_the_admin_keeps_its_pages_but_has_no_500() -> None:
    assert through_middleware("/admin/x", page := HttpResponse("page", status=403)) is page
    broken = through_middleware("/admin/x", HttpResponse("page", status=500))
    assert (broken.status_code, broken.content, broken.headers["Retry-After"]) == (503, b"page", "1")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/v1/nowhere", {}, 404, "not_found"),
        ("POST", "/v1/teams/", {}, 404, "not_found"),  # a trailing slash is another path, not a redirect
        ("GET", "/v1/errors/no.such.code", {}, 404, "not_found"),
        ("POST", "/health", {}, 405, "method.not_allowed"),
        ("DELETE", "/v1/openapi.json", {}, 405, "method.not_allowed"),
        ("TRACE", "/v1/teams", {}, 405, "method.not_allowed"),
        ("OPTIONS", "/v1/teams", {}, 405, "method.not_allowed"),
        ("GET", "/health", {"Host": "evil.example"}, 400, "request.malformed"),
        ("GET", "/v1/teams", {}, 401, "auth.required"),
    ],
)
def test_over_http(method: str, path: str, headers: dict[str, str], status: int, code: str) -> None:
    response = Client(raise_request_exception=False).generic(method, path, headers=headers)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["request_id"] == response.headers["X-Request-Id"] != ""
