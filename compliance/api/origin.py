"""From where a request comes."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from compliance.api.authentication import caller_of, session_of
from compliance.api.desk import desk_session_of
from compliance.core.origin import Origin


def client_address(request: HttpRequest | Request) -> str | None:
    """The client's address. Headers are believed only as far as our own proxies have written them.

    With `TRUSTED_PROXIES` = n, each of n proxies has appended to X-Forwarded-For the address that it saw, so
    the client is the n-th from the right; everything left of it anybody may have made up. When the header is
    too short, the request has not come through the proxies, and its peer counts.
    """
    trusted = settings.TRUSTED_PROXIES
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    claimed = hops[-trusted] if 0 < trusted <= len(hops) else ""
    return _parsed(claimed) or _parsed(request.META.get("REMOTE_ADDR", ""))


def origin_of(request: Request) -> Origin:
    """The origin that audit and access records keep of an API request. The caller must be logged in."""
    caller = caller_of(request)
    return Origin(
        actor_id=caller.id,
        actor_role=caller.role,
        ip_address=client_address(request),
        user_agent=user_agent(request),
        session_id=session_of(request),
        correlation_id=correlation_id(),
    )


def origin_of_admin(request: HttpRequest) -> Origin:
    """The same of a request to the back office. Somebody must be logged in."""
    actor = request.user
    assert actor.is_authenticated, "the admin lets nobody else through"
    return replace(
        origin_of_anybody(request),
        actor_id=actor.id,
        actor_role=actor.role,
        session_id=desk_session_of(request).id,
        # What is still read while a file is sent has left the log's context, but belongs to the same request.
        correlation_id=correlation_id() or str(request.META.get("HTTP_X_REQUEST_ID", "")),
    )


def origin_of_anybody(request: HttpRequest | Request) -> Origin:
    """From where a request comes whose caller nobody knows yet."""
    return Origin(ip_address=client_address(request), user_agent=user_agent(request), correlation_id=correlation_id())


def user_agent(request: HttpRequest | Request) -> str:
    return str(request.META.get("HTTP_USER_AGENT", ""))


def correlation_id() -> str:
    """The id that the log lines of this request carry too."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _parsed(text: str) -> str | None:
    """Without port and scope; None for what is not an address, such as a Unix socket's empty peer."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None
