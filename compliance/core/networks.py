"""Which clients count as one when log-ins are throttled."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

UNKNOWN_NETWORK = "unknown"


def network_of(address: str | None) -> str:
    """The network that an address stands for: itself for IPv4, its /64 for IPv6.

    One IPv6 customer holds a whole /64, so throttling single addresses would not slow him down.

    >>> network_of("2001:db8::17")
    '2001:db8::/64'
    """
    if address is None:
        return UNKNOWN_NETWORK
    parsed: IPv4Address | IPv6Address | None = ip_address(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), 64), strict=False))
    return str(parsed)
