"""Deputies: who decides for somebody who is away, until when, and who said so (ADR 0037)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.db.transaction import atomic

from compliance.core.access import DEPUTY_ROLES
from compliance.core.origin import Origin
from compliance.locks import lock_user
from compliance.models import Deputy, User
from compliance.selectors.access import decides_over_access
from compliance.selectors.scope import deputies_visible_to
from compliance.services.audit import record_change
from ledger.errors import Forbidden, InvalidInput, NotFound
from ledger.selectors.clock import database_now

LONGEST = timedelta(days=366)
"""Who is away for longer has left the role, and somebody else is given it."""


def name_deputy(
    *,
    caller: User,
    principal_id: UUID,
    deputy_id: UUID,
    starts_at: datetime | None,
    ends_at: datetime,
    reason: str,
    origin: Origin,
) -> Deputy:
    """Let somebody stand in for somebody else of the same company.

    Everybody with a role that has deputies names his own; for others it is done by who decides over access, who never
    names himself.

    Args:
        starts_at: None = at once.
        ends_at: the deputy has it until before this instant, at most `LONGEST` after the beginning.
        reason: kept for ever: no personal data.

    Raises:
        NotFound: no such principal in the company.
        Forbidden: it is not the caller's to give.
        InvalidInput: no such deputy, one who stands in for nobody, the same two in some of this time already, or times
            that make no sense; with pointers.
    """
    with atomic():
        lock_user(principal_id)
        principal = User.objects.filter(id=principal_id, company_id=caller.company_id).first()
        if principal is None:
            raise NotFound
        _require_may_name(caller, principal, deputy_id)
        deputy = _deputy(principal, deputy_id)
        now = database_now()
        row = Deputy(
            company_id=principal.company_id,
            principal=principal,
            deputy=deputy,
            starts_at=now if starts_at is None else starts_at,
            ends_at=ends_at,
            given_by=caller,
            reason=reason,
        )
        _require_times(row, now)
        row.save(force_insert=True)
        record_change(origin=origin, entity=row, event_type="deputy.named", after=_told(row), reason=reason)
    return row


def end_deputy(*, caller: User, deputy_row_id: UUID, reason: str, origin: Origin) -> Deputy:
    """End it before its time: by either of the two, or by who decides over access. Over is over: then nothing changes.

    Raises:
        NotFound: no such deputy, or none that the caller may see.
        Forbidden: seen, but not the caller's to end.
    """
    with atomic():
        row = _locked(caller, deputy_row_id)
        if caller.id not in (row.principal_id, row.deputy_id) and not decides_over_access(caller):
            raise Forbidden
        now = database_now()
        if row.ended_at is None and now < row.ends_at:
            row.ended_at = now
            row.save(update_fields=["ended_at"])
            record_change(origin=origin, entity=row, event_type="deputy.ended", after=_told(row), reason=reason)
    return row


def _require_may_name(caller: User, principal: User, deputy_id: UUID) -> None:
    is_own = caller.id == principal.id
    if not is_own and (not decides_over_access(caller) or caller.id == deputy_id):
        raise Forbidden
    if principal.role not in DEPUTY_ROLES:
        raise InvalidInput("Nobody is needed to stand in for this person: the role decides over nothing.")


def _deputy(principal: User, deputy_id: UUID) -> User:
    deputy = User.objects.filter(id=deputy_id, company_id=principal.company_id).first()
    if deputy is None or deputy.id == principal.id:
        raise InvalidInput("Name somebody else of your company.", pointer="/deputy_id")
    if not deputy.is_active or deputy.role not in DEPUTY_ROLES:
        raise InvalidInput(
            "Only managers, finance and compliance who work here now can stand in for others.", pointer="/deputy_id"
        )
    return deputy


def _require_times(row: Deputy, now: datetime) -> None:
    if not max(now, row.starts_at) < row.ends_at <= row.starts_at + LONGEST:
        raise InvalidInput(
            f"The end has to lie ahead, after the beginning, and no more than {LONGEST.days} days after it.",
            pointer="/ends_at",
        )
    not_ended = Q(ended_at__isnull=True) | Q(ended_at__gt=row.starts_at)
    same = Deputy.objects.filter(not_ended, principal=row.principal, deputy=row.deputy)
    if same.filter(starts_at__lt=row.ends_at, ends_at__gt=row.starts_at).exists():
        raise InvalidInput("This person stands in already in some of this time.", pointer="/deputy_id")


def _locked(caller: User, deputy_row_id: UUID) -> Deputy:
    """Whoever changes a row holds its principal, so two people do not end it twice."""
    principal_id = deputies_visible_to(caller).filter(id=deputy_row_id).values_list("principal_id", flat=True).first()
    if principal_id is None:
        raise NotFound
    lock_user(principal_id)
    return deputies_visible_to(caller).get(id=deputy_row_id)


def _told(row: Deputy) -> dict[str, str]:
    times = {"starts_at": row.starts_at, "ends_at": row.ends_at, "ended_at": row.ended_at}
    people = {"principal_id": str(row.principal_id), "deputy_id": str(row.deputy_id)}
    return {**people, **{name: at.isoformat() for name, at in times.items() if at is not None}}
