"""Older facts in the form in which today's code reads them (R206, ADR 0029). What is stored stays as it is.

A type of event begins with version 1. Whoever changes what its `data` look like adds one function here, from the
version there was to the next one; new events are stored under the new version, and older ones pass through the function
each time they are read.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from ledger.core.events import EventType
from ledger.errors import Unavailable

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes of the data of one version those of the next. Pure: what it is given is a copy that it may change."""

UPCASTERS: dict[tuple[EventType, int], Upcaster] = {}
"""By the type and the version that it leads on from. Empty so far: all that was ever stored is of version 1."""


class UnknownVersion(Unavailable):
    """An event of a version that this release does not know: a newer one wrote it, and nobody here guesses."""

    def __init__(self, type: EventType, version: int) -> None:
        super().__init__(
            f"An event {type.value} of version {version} was written by a newer release; "
            f"this one knows versions 1 to {version_of(type)}."
        )


def version_of(type: EventType) -> int:
    """The version under which events of this type are written now, and to which older ones are led on."""
    version = 1
    while (type, version) in UPCASTERS:
        version += 1
    return version


def require_known(type: EventType, version: int) -> None:
    """Make sure that events of this type and version can be read here.

    Raises:
        UnknownVersion: a newer release wrote them.
    """
    if not 1 <= version <= version_of(type):
        raise UnknownVersion(type, version)


def upcast(type: EventType, version: int, data: dict[str, Any]) -> dict[str, Any]:
    """The data of a stored event, as the newest version of its type has them.

    Args:
        version: under which the event was stored.
        data: as they are stored; they stay unchanged.

    Raises:
        UnknownVersion: it is newer than any that is known here.
    """
    require_known(type, version)
    for step in range(version, version_of(type)):
        data = UPCASTERS[type, step](deepcopy(data))
    return data
