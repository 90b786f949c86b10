"""A network of its own, whose cable can be pulled: unlike a proxy, nobody then says goodbye, and nothing is refused."""

from __future__ import annotations

import ctypes
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEW_NETWORK = 0x40000000
NAMES = Path("/run/netns")


class NotPermitted(Exception):
    """Nobody may make a network here."""


@dataclass(frozen=True)
class Network:
    """What listens at its far end.

    Attributes:
        listening: reached from here through the cable.
    """

    name: str
    listening: socket.socket

    def pull(self) -> None:
        """Whatever is on its way is lost, and so is all that is sent from now on."""
        _ip("-n", self.name, "link", "set", f"p{self.name}", "down")

    def plug_in(self) -> None:
        _ip("-n", self.name, "link", "set", f"p{self.name}", "up")


@contextmanager
def network() -> Iterator[Network]:
    """Raises NotPermitted."""
    name, third = f"w{secrets.token_hex(3)}", secrets.randbelow(250)
    here, there = (f"10.213.{third}.{last}" for last in (1, 2))
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPermitted(str(error)) from error
    try:
        _ip("link", "add", f"v{name}", "type", "veth", "peer", "name", f"p{name}", "netns", name)
        _ip("addr", "add", f"{here}/30", "dev", f"v{name}")
        _ip("link", "set", f"v{name}", "up")
        _ip("-n", name, "addr", "add", f"{there}/30", "dev", f"p{name}")
        _ip("-n", name, "link", "set", f"p{name}", "up")
        with ThreadPoolExecutor(1) as inside, inside.submit(_listen, name, there).result() as listening:
            yield Network(name, listening)
    finally:
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)


def _listen(name: str, address: str) -> socket.socket:
    """A socket stays in the network of the thread that made it."""
    own = os.open(NAMES / name, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(own, NEW_NETWORK):
            raise NotPermitted(os.strerror(ctypes.get_errno()))
    finally:
        os.close(own)
    return socket.create_server((address, 0))
