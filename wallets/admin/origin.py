"""The member of staff at the screen, as the ledger keeps him: ids only."""

from __future__ import annotations

from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.api.origin import correlation_id
from ledger.services.movements import Origin


def origin_of_staff(request: HttpRequest) -> Origin:
    caller = signed_in(request)
    return Origin(actor_type=caller.role, actor_id=caller.id, correlation_id=correlation_id())
