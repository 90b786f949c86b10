"""The codes of authenticator apps (RFC 6238): what an app has to know, and whether a code is one of its."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

from django.utils.crypto import constant_time_compare
from django_otp.oath import hotp

DIGITS = 6
STEP_SECONDS = 30
TOLERANCE = 1
"""Steps by which an app's clock may be off, and within which a person has to type (RFC 6238, 5.2)."""
ISSUER = "Wallet service"
_KEY_BYTES = 20
"""RFC 4226, 4: as long as what SHA-1 makes of it."""


def new_key() -> bytes:
    """What an app and we share from now on."""
    return secrets.token_bytes(_KEY_BYTES)


def step_at(moment: datetime) -> int:
    """The time step that an instant lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_of(key: bytes, step: int) -> str:
    """What an app with this key shows during a time step."""
    return f"{hotp(key, step, DIGITS):0{DIGITS}}"


def matching_step(key: bytes, code: str, *, after: int, now: datetime) -> int | None:
    """The time step whose code this is; None when it is none that is good now.

    Args:
        after: a code of this step, or one before it, was used already.
    """
    current = step_at(now)
    for step in range(max(current - TOLERANCE, after + 1), current + TOLERANCE + 1):
        if constant_time_compare(code_of(key, step), code):
            return step
    return None


def key_text(key: bytes) -> str:
    """The key as people type it into an app: Base32, without padding."""
    return b32encode(key).decode().rstrip("=")


def setup_url(key: bytes, *, email: str) -> str:
    """What an app reads from the QR code (the Key Uri Format of Google Authenticator)."""
    label = f"{quote(ISSUER)}:{quote(email)}"
    query = {"secret": key_text(key), "issuer": ISSUER, "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(query, quote_via=quote)}"
