"""When days, weeks, months and years begin for a company."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.locks import lock_company
from compliance.models import Company
from compliance.services.audit import record_change
from ledger.errors import InvalidInput

CALENDAR_FIELDS = ("timezone", "week_start", "month_day", "fiscal_month")


def change_calendar(*, company_id: UUID, changes: Mapping[str, Any], origin: Origin, reason: str = "") -> Company:
    """Change a company's calendar. It counts for statements and reports from now on, and for budgets and limits that
    are set from now on: those that there are keep the calendar that they were set with. Nothing new records nothing.

    Args:
        changes: `CALENDAR_FIELDS` to new value: an IANA zone; the first day of the week, 1 Monday … 7 Sunday; the day
            on which months begin, 1–28; the month with which years begin, 1–12.
        reason: kept in the audit trail for ever.

    Raises:
        InvalidInput: there is no such zone; at `/timezone`.
    """
    assert changes.keys() <= set(CALENDAR_FIELDS), "fields are named by the service's own code"
    if "timezone" in changes:
        require_zone(changes["timezone"])
    with atomic():
        lock_company(company_id)
        company = Company.objects.get(id=company_id)
        before = {name: getattr(company, name) for name in changes if getattr(company, name) != changes[name]}
        after = {name: changes[name] for name in before}
        if before:
            Company.objects.filter(id=company_id).update(**after)
            company.refresh_from_db()
            record_change(
                origin=origin, entity=company, event_type="company.changed", before=before, after=after, reason=reason
            )
    return company


def require_zone(name: str) -> None:
    """Refuse what is no IANA zone.

    Raises:
        InvalidInput: at `/timezone`.
    """
    if name not in _zones():
        raise InvalidInput(
            "There is no such time zone. Write its IANA name, such as Europe/Berlin.", pointer="/timezone"
        )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # It opens hundreds of files.
