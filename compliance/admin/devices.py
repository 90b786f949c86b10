"""Setting up an authenticator app: what is shown to it, and the key while it waits to be confirmed."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest

from compliance.admin.qr_codes import qr_code
from compliance.models import User
from compliance.services.one_time_codes import ISSUER, key_text, new_key, setup_url
from compliance.services.second_factors import UnreadableKey, open_key, seal_key

_KEY = "new_key"


def key_of_browser(request: HttpRequest, user: User) -> bytes:
    """The key that is being set up in this browser: the same until it is used, so that a page can be loaded again; and
    no other browser's, so that nobody sets up what somebody else has seen."""
    try:
        return open_key(user.id, request.session[_KEY])
    except (KeyError, UnreadableKey):
        key = new_key()
        request.session[_KEY] = seal_key(user.id, key)
        return key


def forget_key(request: HttpRequest) -> None:
    """The key is in use now, or nobody wants it."""
    request.session.pop(_KEY, None)


def codes_context(codes: list[str], user: User, *, next_url: str) -> dict[str, Any]:
    """What shows recovery codes, and lets them be kept as a file that never lay anywhere else."""
    lines = [f"{ISSUER}, recovery codes of {user.email}. Each works once.", "", *codes, ""]
    text = quote("\r\n".join(lines))
    return {
        "title": "Your recovery codes",
        "codes": codes,
        "download_url": f"data:text/plain;charset=utf-8,{text}",
        "next_url": next_url,
    }


def device_context(key: bytes, user: User) -> dict[str, Any]:
    """What the page shows: the QR code, and the same as text for who cannot scan it."""
    text = key_text(key)
    return {
        "qr_code": qr_code(setup_url(key, email=user.email), title="QR code for your authenticator app"),
        "key": " ".join(text[at : at + 4] for at in range(0, len(text), 4)),
        "setup_url": setup_url(key, email=user.email),
        "account": user.email,
        "issuer": ISSUER,
    }
