"""What holds for every request and answer: an id that can be traced, one log line, headers that close doors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver
from django.utils.functional import LazyObject
from structlog.contextvars import bound_contextvars

from ledger.api.cards import contains_card_number

PROBES = frozenset({"/health", "/ready", "/metrics"})
REQUEST_ID = "X-Request-Id"
_REQUEST_ID_META = "HTTP_X_REQUEST_ID"
_SANE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""For answers that are data: a browser may load nothing on their behalf."""
OWN_PAGES = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""For the admin and the docs. Their scripts (Alpine, Swagger UI) are inline and evaluate expressions."""

logger = structlog.get_logger(__name__)


class RequestMiddleware:
    """Outermost but for the metrics.

    The id of a request is its `X-Request-Id` header from here on: a sane one that came in, else a new one.
    It is bound to all log lines and sent back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = _sane_request_id(request.META.get(_REQUEST_ID_META))
        request.META[_REQUEST_ID_META] = request_id
        with bound_contextvars(request_id=request_id):
            response = self._get_response(request)
            _log(request, response.status_code, milliseconds=round((time.perf_counter() - started) * 1000, 1))
        response.headers[REQUEST_ID] = request_id
        response.headers.setdefault("Cache-Control", "no-store")
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        response.headers.setdefault("Content-Security-Policy", OWN_PAGES if is_page else NOTHING)
        return response


class NulMiddleware:
    """Refuses addresses with a NUL: Postgres cannot hold one, so a path with it names nothing and a query is malformed.
    Innermost, so that both are answered like what a page answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path:
            raise Http404
        if "%00" in request.META.get("QUERY_STRING", ""):
            # Answered, not raised: Django would write a stack for what anybody may send.
            malformed: Callable[..., HttpResponseBase] = get_resolver().resolve_error_handler(400)
            return malformed(request, exception=BadRequest("NUL characters are not accepted."))
        return self._get_response(request)


def _sane_request_id(given: str | None) -> str:
    is_sane = given and _SANE_ID.fullmatch(given) and not contains_card_number(given)
    return given if given and is_sane else str(uuid4())


def _log(request: HttpRequest, status: int, *, milliseconds: float) -> None:
    """The path without its query: what a client puts there by mistake stays out of the log. Probes are not news."""
    write = logger.debug if request.path in PROBES else logger.info if status < 500 else logger.error
    write(
        "request",
        method=request.method,
        path=request.path,
        status=status,
        milliseconds=milliseconds,
        address=request.META.get("REMOTE_ADDR"),
        caller=_caller(request),
    )


def _caller(request: HttpRequest) -> str | None:
    """Who asked, if somebody found out already. Looking it up here would ask the database for every answer."""
    user: Any = getattr(request, "user", None)
    if isinstance(user, LazyObject):
        user = getattr(request, "_cached_user", None)
    identity = getattr(user, "id", None)
    return None if identity is None else str(identity)
