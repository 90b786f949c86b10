"""Errors → HTTP: the one place that knows statuses (RFC 9457 problem details).

`exception_handler` answers what is raised inside an API view, `ProblemMiddleware` what Django itself answers
with an error page: unknown paths, hosts that are not ours, requests that are too large, a forged CSRF token.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from rest_framework import exceptions as drf

from ledger.api.serializers import invalid_input
from ledger.errors import Busy, Forbidden, InvalidInput, NotFound, OutcomeUnknown, ServiceError, Unavailable
from walletsite.codes import CODES
from walletsite.lost_commits import is_commit_lost

logger = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 1
LOCK_TIMEOUT = "55P03"


class Problem(HttpResponse):
    """An answer of type application/problem+json. `data` is its content, as REST framework's responses have it."""

    def __init__(self, error: ServiceError, request: HttpRequest) -> None:
        code = CODES[error.code]
        self.data: dict[str, Any] = {
            "type": f"/v1/errors/{error.code}",
            "title": code.title,
            "status": code.status,
            "detail": error.detail,
            "instance": request.path,
            "code": error.code,
            "request_id": request.headers.get("X-Request-Id", ""),
            "retryable": code.is_retryable,
            **error.data,
        }
        super().__init__(
            json.dumps(self.data, default=str), content_type="application/problem+json", status=code.status
        )
        if code.status == 401:
            self.headers["WWW-Authenticate"] = "Bearer"
        if code.is_retryable:
            self.headers["Retry-After"] = str(getattr(error, "retry_after_seconds", RETRY_AFTER_SECONDS))


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """REST framework's hook: the answer to any exception that a view raised. There is no 500."""
    response = Problem(as_service_error(error), context["request"])
    if isinstance(error, drf.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def as_service_error(error: Exception) -> ServiceError:
    """Every exception as one of ours; what nobody expected is logged with its stack and told to nobody."""
    match error:
        case ServiceError():
            return error
        case drf.ValidationError():
            return invalid_input(error.detail)
        case drf.APIException():
            return _from_rest_framework(error)
        case Http404():
            return NotFound()
        case PermissionDenied():
            return Forbidden()
        case RequestDataTooBig():
            return ServiceError("The request is too large.", code="request.too_large")
        case SuspiciousOperation() | BadRequest() | UnreadablePostError():
            return InvalidInput("The request could not be read.", code="request.malformed")
        case DatabaseError() | InterfaceError():
            return _from_database(error)
        case _:
            logger.error("unexpected_error", exc_info=error)
            return Unavailable("The service cannot answer this just now.")


_REST_FRAMEWORK_CODES: dict[type[drf.APIException], str] = {
    drf.ParseError: "request.malformed",
    drf.NotAuthenticated: "auth.required",
    drf.AuthenticationFailed: "auth.invalid_token",
    drf.PermissionDenied: "auth.forbidden",
    drf.NotFound: "not_found",
    drf.MethodNotAllowed: "method.not_allowed",
    drf.NotAcceptable: "not_acceptable",
    drf.UnsupportedMediaType: "media_type.unsupported",
    drf.Throttled: "rate.limited",
}


def _from_rest_framework(error: drf.APIException) -> ServiceError:
    code = _REST_FRAMEWORK_CODES.get(type(error))
    if code is None:
        logger.error("unexpected_error", exc_info=error)
        return Unavailable("The service cannot answer this just now.")
    return ServiceError(str(error.detail), code=code)


def _from_database(error: Exception) -> ServiceError:
    """By SQLSTATE (ADR 0010), never by text. What is no fault of the moment is a bug, and logged as one."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state == LOCK_TIMEOUT:
        return Busy("Somebody else is changing this just now. Try again.")
    if is_commit_lost(error):
        logger.error("commit_lost", exc_info=error)
        return OutcomeUnknown("The answer to COMMIT was lost. Look whether it happened, or ask again.")
    logger.error("database_error", sqlstate=state, exc_info=error)
    return Unavailable("The service cannot reach its data just now. Nothing was changed.")


_STATUS_CODES = {
    400: "request.malformed",
    403: "auth.forbidden",
    404: "not_found",
    405: "method.not_allowed",
    413: "request.too_large",
}


class ProblemMiddleware:
    """Turns Django's own error pages into problems. The admin keeps its pages, but has no 500 either."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = not response.headers.get("Content-Type", "").startswith("application/")
        if response.status_code < 400 or not is_page:
            return response
        if request.path.startswith("/admin/"):
            return _without_500(response)
        code = _STATUS_CODES.get(response.status_code, "service.unavailable")
        problem = Problem(ServiceError(CODES[code].meaning, code=code), request)
        if "Allow" in response.headers:
            problem.headers["Allow"] = response.headers["Allow"]
        return problem


def _without_500(response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code == 500:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
