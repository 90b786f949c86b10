"""Strangers choose where webhooks go, and never get us to go where only we can (safety 53)."""

from __future__ import annotations

from typing import Any

import pytest
from httpcore2 import ConnectError, NetworkStream, SyncBackend

from tests.wallets.receiver import receiver
from wallets.core.webhook_targets import Target
from wallets.services.webhooks.connecting import resolve
from wallets.services.webhooks.posting import post

LOOPBACK = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.0x1",
    "0",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "localhost",
    "::1",
    "::ffff:127.0.0.1",
    "0:0:0:0:0:ffff:7f00:1",
    "::ffff:7f00:1",
)
PUBLIC = "93.184.216.34"


def to(host: str, port: int) -> Target:
    """As a row would say that came past every check of URLs."""
    return Target("http", host, port, host, "/")


def send(target: Target, **how: Any) -> str:
    return post(target, {}, b"{}", **{"allows_private": False, "total_seconds": 2, **how}).error


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_this_machine_is_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system makes of it: an address that is not public, or none at all."""
    connected: list[str] = []
    monkeypatch.setattr(SyncBackend, "connect_tcp", lambda self, address, *_, **__: connected.append(address))
    with receiver() as own:
        assert send(to(host, own.port)) in {"address_not_public", "name_not_found"}
    assert not connected
    assert not own.received


INTERNAL = ("10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fd00:ec2::254", "fe80::1%eth0")


@pytest.mark.parametrize("address", INTERNAL)
def test_a_name_may_not_lead_inside(address: str) -> None:
    assert send(to("hooks.nordwind.example", 80), resolve=lambda *_: [address]) == "address_not_public"


@pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC] * 5 + ["10.0.0.1"]])
def test_one_address_inside_is_enough_to_refuse(addresses: list[str]) -> None:
    assert send(to("hooks.nordwind.example", 80), resolve=lambda *_: addresses) == "address_not_public"


class Rebinding:
    """A name server that says a public address first, and then this machine's."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return [PUBLIC] if self.asked == 1 else ["127.0.0.1"]


def test_a_name_that_changes_its_mind_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    def refuse(self: SyncBackend, host: str, port: int, **_: Any) -> NetworkStream:
        connected.append(host)
        raise ConnectError

    monkeypatch.setattr(SyncBackend, "connect_tcp", refuse)
    names = Rebinding()
    with receiver() as own:
        assert send(to("hooks.nordwind.example", own.port), resolve=names) == "connection"
    assert connected == [PUBLIC], "what was checked is what is connected to"
    assert names.asked == 1
    assert not own.received
    assert send(to("hooks.nordwind.example", own.port), resolve=names) == "address_not_public"


def test_the_system_is_asked_for_every_address() -> None:
    assert "127.0.0.1" in resolve("localhost", 80)
