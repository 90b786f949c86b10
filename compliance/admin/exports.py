"""That rows were taken away as a file: who, of which screen, how many, and no more big ones than anybody reads."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.transaction import atomic
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.models import AuditRecord
from compliance.services.audit import record_change
from ledger.admin.screens import as_id
from ledger.errors import ServiceError
from ledger.ids import floor_id
from ledger.selectors.clock import database_now

EXPORTED = "list.exported"
BIG = 10_000
MOST_BIG = 10
WINDOW = timedelta(hours=1)
_SEARCH = "q"


def record_export(request: HttpRequest, *, screen: str, asked: dict[str, str], form: str, rows: int) -> None:
    """Record that the member of staff behind a request takes rows away. What he has searched for may be a name, and
    the record is kept for ever: only a whole id is written down.

    Args: as `ledger.admin.exports.RecordExport`.

    Raises:
        ServiceError: `rate.limited`, he has taken `MOST_BIG` big files within an hour.
    """
    caller = signed_in(request)
    if _SEARCH in asked and as_id(asked[_SEARCH]) is None:
        asked = {**asked, _SEARCH: "(words)"}
    with atomic():
        if rows > BIG and _big_ones(caller.company_id, caller.id) >= MOST_BIG:
            raise ServiceError(
                f"You have taken {MOST_BIG} files of more than {BIG:,} rows within an hour. Try again later.",
                code="rate.limited",
            )
        after = {"screen": screen, "asked": asked, "form": form, "rows": rows}
        record_change(origin=origin_of_admin(request), entity=caller.company, event_type=EXPORTED, after=after)


def _big_ones(company_id: UUID, actor_id: UUID) -> int:
    since = floor_id(database_now() - WINDOW)
    taken = AuditRecord.objects.filter(company_id=company_id, id__gte=since, actor_id=actor_id, event_type=EXPORTED)
    return taken.filter(after__rows__gt=BIG).count()
