"""What undoing a document touches besides its money: the envelopes that it was taken from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from budgets.services.refunding import redirections
from ledger.selectors.originals import read_originals, touched_by


@dataclass(frozen=True, slots=True)
class GivingBack:
    """For `UndoDetails`: what has to be locked, and which periods of budgets give back through another one."""

    account_ids: tuple[UUID, ...]
    redirected: Mapping[UUID, UUID]


def giving_back(document_ids: Iterable[UUID]) -> dict[UUID, GivingBack]:
    """What undoing each of these documents touches; the number of queries does not depend on how many they are."""
    touched = touched_by(read_originals(document_ids).values())
    periods = {id for one in touched.values() for id in one.period_ids}
    redirected: Mapping[UUID, UUID] = redirections(periods) if periods else {}
    return {id: GivingBack(one.account_ids, _among(redirected, one.period_ids)) for id, one in touched.items()}


def _among(redirected: Mapping[UUID, UUID], period_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    return {id: redirected[id] for id in period_ids if id in redirected}
