"""What a browser calls itself, in words that somebody recognises."""

from __future__ import annotations

_PROGRAMS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""Each before those whose names it bears as well."""
MAX_UNKNOWN = 40


def program_of(user_agent: str) -> str:
    """`Firefox on Linux`; of what is no browser, the beginning of what it says."""
    program = _first(_PROGRAMS, user_agent)
    if program is None:
        return user_agent[:MAX_UNKNOWN]
    system = _first(_SYSTEMS, user_agent)
    return program if system is None else f"{program} on {system}"


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for sign, name in names if sign in user_agent), None)
