"""Every address of the back office, typed by somebody who has shown a password and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from compliance.models import AuditRecord, LoginSession
from tests.compliance.desk import give_app
from tests.compliance.factories import PASSWORD, Cast, make_cast

OPEN = {
    "/admin/login/": "the first step",
    "/admin/login/code/": "the second",
    "/admin/login/set-up/": "or the one before it",
    "/admin/logout/": "out",
}


def paths(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        here = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, here)
        else:
            yield here


def typed(pattern: str) -> str:
    """An address that the pattern matches."""
    return re.sub(r"<[^>]+>|\(\?P.*\)\$", str(uuid4()), pattern)


ADDRESSES = sorted({typed(path) for path in paths(get_resolver().url_patterns) if path.startswith("/admin/")}, key=len)


def test_the_walk_has_found_the_back_office() -> None:
    assert len(ADDRESSES) > 150
    assert OPEN.keys() < set(ADDRESSES)
    assert {"/admin/", "/admin/wallets/wallet/", "/admin/security/", "/admin/password_change/"} < set(ADDRESSES)


@pytest.mark.parametrize("has_app", [True, False], ids=["with an app", "without"])
def test_a_password_alone_opens_no_address(db: None, has_app: bool) -> None:
    cast = make_cast()
    if has_app:
        give_app(cast.frida)
    client = Client()
    client.post("/admin/login/", {"username": cast.frida.email, "password": PASSWORD})
    assert "arrival" in client.session
    for address in ADDRESSES:
        if address in OPEN:
            continue
        for answer in (client.get(address), client.post(address, {"reason": "Mine.", "_form_submitted": "True"})):
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/admin/login/?next="), address
    assert not LoginSession.objects.exists()
    assert not AuditRecord.objects.exclude(event_type="user.second_factor_set_up").exists()


def test_what_is_open_shows_nothing(cast: Cast) -> None:
    give_app(cast.frida)
    client = Client()
    client.post("/admin/login/", {"username": cast.frida.email, "password": PASSWORD})
    for address in OPEN:
        page = client.get(address, follow=True).content.decode()
        assert "nav-sidebar-apps" not in page, address
        assert "/admin/wallets/" not in page, address
