"""What members of staff may do about events of other services; the screen is the ledger's."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.admin.inbox import Desk
from wallets.services.incoming import desk


def _may_decide(request: HttpRequest) -> bool:
    return signed_in(request).role in desk.DECIDERS


def _record_look(request: HttpRequest, id: UUID, event_type: str) -> None:
    origin = origin_of_admin(request)
    desk.record_payload_look(caller=signed_in(request), id=id, event_type=event_type, origin=origin)


def _retry(request: HttpRequest, id: UUID, reason: str) -> str:
    receipt = desk.retry_event(caller=signed_in(request), id=id, reason=reason, origin=origin_of_admin(request))
    return f"The event was tried: it is {receipt.status.lower()} now."


def _ignore(request: HttpRequest, id: UUID, reason: str) -> str:
    desk.ignore_event(caller=signed_in(request), id=id, reason=reason, origin=origin_of_admin(request))
    return "The event is ignored."


DESK = Desk(may_decide=_may_decide, record_look=_record_look, retry=_retry, ignore=_ignore)
