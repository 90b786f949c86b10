"""Connections that go to public addresses only, and end in time.

The name is resolved once, every address that it has is checked, and the connection goes to one that was: a name that
points elsewhere a moment later has no effect. TLS and Host still see the name.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from httpcore2 import ConnectError, ConnectTimeout, NetworkBackend, NetworkStream, ReadTimeout, SyncBackend

from wallets.core.webhook_targets import is_public

Resolve = Callable[[str, int], list[str]]
MOST_ADDRESSES = 3
"""How many addresses of a name are tried."""
_resolvers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="resolve")
"""Asking for a name knows no time limit, so it is waited for from outside."""


class TargetRefused(Exception):
    """The host has an address that is not public."""


class NotTrusted(Exception):
    """The host does not prove by TLS that it is who it should be."""


class NameNotFound(Exception):
    """The host has no address."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system knows them.

    Raises:
        NameNotFound
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NameNotFound from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Deadline:
    """A moment after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; raises ReadTimeout when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise ReadTimeout
        return left


class GuardedBackend(NetworkBackend):
    """What httpcore connects with.

    Args:
        deadline: for everything together, however slowly the other side drips.
        allows_private: for development and tests.
        resolve: name and port to addresses.
    """

    def __init__(self, deadline: Deadline, *, allows_private: bool, resolve: Resolve = resolve) -> None:
        self._deadline, self._allows_private, self._resolve = deadline, allows_private, resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        addresses = self._checked_addresses(host, port)
        for others, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            try:  # a silent one leaves the others their share of the time
                stream = SyncBackend().connect_tcp(address, port, timeout=self._deadline.left() / (others + 1))
            except (ConnectError, ConnectTimeout):
                if not others:
                    raise
            else:
                return _TimedStream(stream, self._deadline)
        raise NameNotFound

    def _checked_addresses(self, host: str, port: int) -> list[str]:
        asked = _resolvers.submit(self._resolve, host, port)
        try:
            addresses = asked.result(self._deadline.left())
        except TimeoutError:
            raise ConnectTimeout from None
        if not self._allows_private and not all(map(is_public, addresses)):
            raise TargetRefused
        return addresses[:MOST_ADDRESSES]


class _TimedStream(NetworkStream):
    """Gives every step what is left of the whole time."""

    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        except ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise NotTrusted from error
            raise
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
