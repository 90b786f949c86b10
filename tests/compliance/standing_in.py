"""Deputies for tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from compliance.core.origin import Origin
from compliance.models import Deputy, User
from compliance.services.deputies import name_deputy
from ledger.selectors.clock import database_now

TWO_WEEKS = timedelta(days=14)


def stand_in(
    deputy: User,
    *,
    for_: User,
    by: User | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Deputy:
    """Somebody names a deputy as the service does; by himself, at once and for two weeks unless it is said."""
    caller = by or for_
    return name_deputy(
        caller=caller,
        principal_id=for_.id,
        deputy_id=deputy.id,
        starts_at=starts_at,
        ends_at=ends_at or (starts_at or database_now()) + TWO_WEEKS,
        reason="On holiday.",
        origin=Origin(actor_id=caller.id, actor_role=caller.role),
    )
