from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from compliance.api.origin import client_address

PEER = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, "192.0.2.7", PEER),
        (1, None, PEER),
        (1, "", PEER),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "198.51.100.9, 192.0.2.7", "192.0.2.7"),
        (2, "198.51.100.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", PEER),
        (1, "not an address", PEER),
        (1, "192.0.2.7, ", PEER),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_a_header_is_believed_only_as_far_as_our_proxies_wrote_it(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=PEER)) == address


@pytest.mark.parametrize("peer", ["", "unix:"])
def test_a_local_socket_has_no_address(peer: str) -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer)) is None
