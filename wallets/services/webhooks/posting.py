"""One POST to a stranger's server, and what came of it. Nothing that it does can hold or hurt us for long."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from httpcore2 import (
    URL,
    ConnectionPool,
    NetworkError,
    ProtocolError,
    TimeoutException,
    default_ssl_context,
)

from wallets.core.webhook_retries import read_retry_after
from wallets.core.webhook_targets import Target
from wallets.services.webhooks.connecting import (
    Deadline,
    GuardedBackend,
    NameNotFound,
    NotTrusted,
    Resolve,
    TargetRefused,
    resolve,
)

TOTAL_SECONDS = 10
MOST_ANSWER_BYTES = 16 * 1024
EXCERPT_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt.

    Attributes:
        status: of the answer; None = there was none, and `error` says why.
        error: timeout, address_not_public, name_not_found, tls, connection, protocol; url and secret are ours.
        excerpt: the beginning of the answer's body.
    """

    status: int | None = None
    error: str = ""
    excerpt: str = ""
    wished_wait: timedelta | None = None
    duration_ms: int = 0


def post(
    target: Target,
    headers: dict[str, str],
    body: bytes,
    *,
    allows_private: bool,
    resolve: Resolve = resolve,
    trust: ssl.SSLContext | None = None,
    total_seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Send `body` and wait for the answer, for `total_seconds` at most. Redirects are answers like others.

    Args:
        headers: besides Host and Content-Length.
        trust: whose certificates count; None = the system's.
    """
    started = time.monotonic()
    backend = GuardedBackend(Deadline(total_seconds), allows_private=allows_private, resolve=resolve)
    try:
        status, excerpt, wished_wait = _exchange(target, headers, body, backend, trust or _system_trust())
    except (NameNotFound, NotTrusted, TargetRefused, TimeoutException, NetworkError, ProtocolError) as error:
        return Answer(error=_name_of(error), duration_ms=_since(started))
    return Answer(status=status, excerpt=excerpt, wished_wait=wished_wait, duration_ms=_since(started))


def _exchange(
    target: Target, headers: dict[str, str], body: bytes, backend: GuardedBackend, trust: ssl.SSLContext
) -> tuple[int, str, timedelta | None]:
    url = URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    lines = {"Host": target.authority, "Content-Length": str(len(body)), "Connection": "close", **headers}
    with (
        ConnectionPool(ssl_context=trust, network_backend=backend, max_keepalive_connections=0) as pool,
        pool.stream("POST", url, headers=list(lines.items()), content=body) as response,
    ):
        wish = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
        wished_wait = read_retry_after(wish.decode("latin-1"), datetime.now(UTC)) if wish else None
        return response.status, _read_excerpt(response.iter_stream()), wished_wait


def _read_excerpt(chunks: Iterator[bytes]) -> str:
    """The answer has been given with its status; a body that breaks off, or never ends, changes nothing of it."""
    received = b""
    try:
        for chunk in chunks:
            received += chunk
            if len(received) >= MOST_ANSWER_BYTES:
                break
    except (TimeoutException, NetworkError, ProtocolError):
        pass
    text = received[:MOST_ANSWER_BYTES].decode("utf-8", "replace")
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:EXCERPT_LENGTH]


def _name_of(error: Exception) -> str:
    match error:
        case TargetRefused():
            return "address_not_public"
        case NameNotFound():
            return "name_not_found"
        case TimeoutException():
            return "timeout"
        case NotTrusted():
            return "tls"
        case ProtocolError():
            return "protocol"
        case _:
            return "connection"


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


@cache
def _system_trust() -> ssl.SSLContext:
    return default_ssl_context()
