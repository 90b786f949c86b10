"""Whether a time zone can be asked at all. Rows keep the zone's name for years; the world's list of zones changes."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def is_known_zone(name: str) -> bool:
    """Whether days can be told in this zone.

    Args:
        name: IANA name, or anything else.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # not there, not a name, a folder of zones
        return False
    return True
