"""How API requests prove who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from compliance.errors import InvalidToken
from compliance.models import Caller, ServiceAccount, User
from compliance.services.sessions import identify

SCHEME = "Bearer"


@dataclass(frozen=True, slots=True)
class SessionAuth:
    """`request.auth`: the log-in behind the request."""

    session_id: UUID


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`. The token must be good, and so must its session, right now."""

    def authenticate(self, request: Request) -> tuple[Caller, SessionAuth] | None:
        """The caller; None without credentials of this kind.

        Raises:
            AuthenticationFailed: `auth.invalid_token`.
        """
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        try:
            identity = identify(access_token=token.decode("ascii"))
        except (InvalidToken, UnicodeDecodeError):
            raise AuthenticationFailed(InvalidToken().detail, code=InvalidToken.code) from None
        return identity.caller, SessionAuth(identity.session_id)

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def caller_of(request: Request) -> Caller:
    """Who is behind a request that a policy has let through."""
    assert isinstance(request.user, User | ServiceAccount), "this view is not public"
    return request.user


def session_of(request: Request) -> UUID:
    """The log-in behind such a request."""
    assert isinstance(request.auth, SessionAuth), "this view is not public"
    return request.auth.session_id


class SessionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI document about it; found by drf-spectacular because it is defined."""

    target_class = SessionTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
