"""Where webhooks may be sent: which addresses of the network, and which URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from ledger.errors import InvalidInput

MAX_URL_LENGTH = 2000
EXPOSED_PORTS = frozenset({443, 8443})
DEFAULT_PORTS = {"https": 443, "http": 80}

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE | re.ASCII)
_GLOBAL_UNICAST = ip_network("2000::/3")
_NEVER = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # a cloud's own services, at a public address
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2001::/23",  # protocol assignments, Teredo among them: carries an IPv4 address
        "2002::/16",  # 6to4, likewise
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart once: what was checked is what is connected to.

    Attributes:
        authority: for the Host header. path: with the query.
    """

    scheme: str
    host: str
    port: int
    authority: str
    path: str


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet (no private, loopback, link-local,
    multicast or reserved range, in none of the forms in which IPv6 wraps an IPv4 address)."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return False
    if any(ip.version == network.version and ip in network for network in _NEVER):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def parse_target(url: str, *, requires_https: bool, allows_private: bool) -> Target:
    """Take the URL of an endpoint apart.

    Args:
        requires_https: insist on TLS, on one of the usual ports.
        allows_private: let hosts be written as addresses or single words.

    Raises:
        InvalidInput: at `/url`.
    """
    if len(url) > MAX_URL_LENGTH or not _VISIBLE.fullmatch(url) or "\\" in url:
        _refuse(f"A URL has up to {MAX_URL_LENGTH} visible ASCII characters and no backslash.")
    split, port = _split(url)
    if split.scheme not in (("https",) if requires_https else ("https", "http")):
        _refuse("The URL has to begin with https://.")
    if "@" in split.netloc or "#" in url:
        _refuse("The URL may name neither a user nor a fragment.")
    host = (split.hostname or "").lower()
    if not (_is_name(host) or (allows_private and _is_local(host))):
        _refuse("The host of the URL has to be a full domain name.")
    if requires_https and port not in EXPOSED_PORTS:
        _refuse("The port of the URL is 443 or 8443.")
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return Target(split.scheme, host, port, split.netloc, path)


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        split = urlsplit(url)
        port = DEFAULT_PORTS.get(split.scheme, 0) if split.port is None else split.port
    except ValueError:
        _refuse("This is not a URL.")
    if not 0 < port < 2**16:
        _refuse("The URL has to begin with https://, and its port to exist.")
    return split, port


def _is_name(host: str) -> bool:
    """A domain name of several labels. Where the last one is a number, the system would read an address: 0x7f.1."""
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or _NUMBER.fullmatch(labels[-1]):
        return False
    return all(_LABEL.fullmatch(label) for label in labels)


def _is_local(host: str) -> bool:
    if _LABEL.fullmatch(host):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refuse(detail: str) -> NoReturn:
    raise InvalidInput(detail, pointer="/url")
