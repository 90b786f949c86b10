"""Writing and reading JSON Web Tokens: one algorithm, every claim required, nothing guessed (SECURITY.md).

Only the encoding is simplejwt's. Its views, token classes and blacklist are not used: refreshing with them is a
race, and an access token outlives its log-out (ADR 0013).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from jwt.utils import base64url_decode, base64url_encode
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from compliance.errors import InvalidToken

ALGORITHM = "HS256"
LEEWAY = timedelta(seconds=10)
"""How far the clocks of two web servers may differ."""

MIN_KEY_BYTES = 32
REMEMBERED = 4096
"""Tokens whose signature a process need not look at again."""


class TokenType(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says.

    Attributes:
        subject: the user or service account.
        token_id: `jti`, unique per token.
        session_id: `sid`, the log-in that the token comes from.
        role, company_id, scope: of access tokens; clients may read them, decisions use the database.
    """

    subject: UUID
    token_id: UUID
    session_id: UUID
    role: str = ""
    company_id: UUID | None = None
    scope: str = ""


def write_token(claims: Claims, type: TokenType, *, issued_at: datetime, expires_at: datetime) -> str:
    """Sign a token with the first key."""
    issued = int(issued_at.timestamp())
    payload: dict[str, Any] = {
        "token_type": type.value,
        "sub": str(claims.subject),
        "jti": str(claims.token_id),
        "sid": str(claims.session_id),
        "iat": issued,
        "nbf": issued,
        "exp": int(expires_at.timestamp()),
    }
    if type is TokenType.ACCESS:
        payload |= {"role": claims.role, "company_id": str(claims.company_id), "scope": claims.scope}
    return _backends()[0].encode(payload)


def read_token(token: str, type: TokenType) -> Claims:
    """Verify a token with any of the keys and read it. What cannot change about a token is looked at once.

    Raises:
        InvalidToken: whatever is wrong with it; the reason is not told.
    """
    claims, expires_at = _read(token, type, _backends())
    if time.time() >= expires_at + LEEWAY.total_seconds():
        raise InvalidToken
    return claims


@lru_cache(maxsize=REMEMBERED)
def _read(token: str, type: TokenType, backends: tuple[TokenBackend, ...]) -> tuple[Claims, int]:
    """The claims of a good token, and when it expires. Bad ones are not remembered."""
    payload = _verified_payload(token, backends)
    try:
        _require_shape(payload, type)
        is_access = type is TokenType.ACCESS
        claims = Claims(
            subject=UUID(payload["sub"]),
            token_id=UUID(payload["jti"]),
            session_id=UUID(payload["sid"]),
            role=payload["role"] if is_access else "",
            company_id=UUID(payload["company_id"]) if is_access else None,
            scope=payload["scope"] if is_access else "",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidToken from None
    return claims, payload["exp"]


def _verified_payload(token: str, backends: tuple[TokenBackend, ...]) -> dict[str, Any]:
    """Signature, algorithm, exp, nbf, iat, aud and iss, where present, are right for one of the keys."""
    _require_one_spelling(token)
    for backend in backends:
        try:
            return backend.decode(token)  # type: ignore[arg-type]  # annotated as simplejwt's own class, takes text
        except (TokenBackendError, TypeError, ValueError, OverflowError):
            continue  # odd claims make the library stumble instead of refuse (ADR 0013)
    raise InvalidToken


def _require_one_spelling(token: str) -> None:
    """The rest of a token is signed as text, but its signature is read by a lenient decoder that skips what it does
    not know: without this, four last characters and any number of exclamation marks make the same token."""
    signature = token.rpartition(".")[2]
    try:
        is_canonical = base64url_encode(base64url_decode(signature)).decode() == signature
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise InvalidToken


def _require_shape(payload: dict[str, Any], type: TokenType) -> None:
    """What the library leaves open: that claims are there at all, of one type, and as we would have written them."""
    if payload["token_type"] != type.value:
        raise ValueError("not a token for this use")
    if (payload["iss"], payload["aud"]) != (settings.JWT_ISSUER, settings.JWT_AUDIENCE):
        raise ValueError("not from us, or not for us alone")
    times = [payload["iat"], payload["nbf"], payload["exp"]]
    if any(value.__class__ is not int for value in times):
        raise TypeError("times are whole seconds")
    if not 0 < payload["exp"] - payload["iat"] <= lifetime_of(type).total_seconds():
        raise ValueError("we give no token that lives so long")


def lifetime_of(type: TokenType) -> timedelta:
    """How long a token of this type may live at most."""
    lifetime: timedelta = (
        settings.ACCESS_TOKEN_LIFETIME if type is TokenType.ACCESS else settings.REFRESH_TOKEN_LIFETIME
    )
    return lifetime


def _backends() -> tuple[TokenBackend, ...]:
    keys = tuple(settings.JWT_SIGNING_KEYS)
    if not keys:
        raise ImproperlyConfigured("JWT_SIGNING_KEYS is empty: no token can be signed.")
    if any(len(key.encode()) < MIN_KEY_BYTES or key == settings.SECRET_KEY for key in keys):
        raise ImproperlyConfigured(f"JWT_SIGNING_KEYS have {MIN_KEY_BYTES} bytes each and differ from SECRET_KEY.")
    return _backends_with(keys, settings.JWT_ISSUER, settings.JWT_AUDIENCE)


@cache
def _backends_with(keys: tuple[str, ...], issuer: str, audience: str) -> tuple[TokenBackend, ...]:
    return tuple(TokenBackend(ALGORITHM, key, audience=audience, issuer=issuer, leeway=LEEWAY) for key in keys)
