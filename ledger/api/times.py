"""Instants and days, as clients write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ledger.api.fields import StrictField
from ledger.api.serializers import pointer_to
from ledger.days import ONE_DAY, first_instant
from ledger.errors import InvalidInput

FIRST_YEAR, LAST_YEAR = 1970, 2199
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):(00|15|30|45))", re.ASCII | re.IGNORECASE
)


class DateField(StrictField):
    """A day, such as 2026-11-21."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def to_internal_value(self, data: Any) -> date:
        return self.read_date(data) or self.refuse("This must be a day such as 2026-11-21.")

    def read_date(self, data: Any) -> date | None:
        if not isinstance(data, str) or not _DATE.fullmatch(data):
            return None
        try:
            day = date.fromisoformat(data)
        except ValueError:
            return None
        return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


class InstantField(StrictField):
    """A moment (RFC 3339) of these centuries with an offset that exists on Earth; read into UTC."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def to_internal_value(self, data: Any) -> datetime:
        return self.read_instant(data) or self.refuse("This must be a moment such as 2026-11-21T09:30:00Z.")

    def read_instant(self, data: Any) -> datetime | None:
        if not isinstance(data, str) or not _INSTANT.fullmatch(data):
            return None
        try:
            moment = datetime.fromisoformat(data.upper())
        except ValueError:
            return None
        return moment.astimezone(UTC) if FIRST_YEAR <= moment.year <= LAST_YEAR else None


class InstantOrDateField(InstantField, DateField):
    """Either; `bounds` turns a pair of them into moments."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}

    def to_internal_value(self, data: Any) -> datetime | date:  # type: ignore[override]
        return self.read_instant(data) or self.read_date(data) or self.refuse("This must be a moment or a day.")


def bounds(
    start: datetime | date | None, end: datetime | date | None, zone: ZoneInfo, *, end_name: str = "to"
) -> tuple[datetime | None, datetime | None]:
    """A half-open interval in UTC.

    Args:
        start, end: instants (start inclusive, end exclusive) or days (both inclusive); None = open.
        zone: the company's time zone, in which days begin.
        end_name: the parameter to blame.

    Raises:
        InvalidInput: the end lies before the start.
    """
    first = _moment(start, zone, days_later=0)
    last = _moment(end, zone, days_later=1)
    if first is not None and last is not None:
        # A day before the first one ends where the first one begins; an interval of two equal instants is just empty.
        is_before = last < first if isinstance(end, datetime) else last <= first
        if is_before:
            raise InvalidInput("The end lies before the start.", pointer=pointer_to(end_name))
    return first, last


def _moment(value: datetime | date | None, zone: ZoneInfo, *, days_later: int) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return first_instant(value + days_later * ONE_DAY, zone)


def rfc3339(moment: datetime | None) -> str | None:
    """A moment as every answer writes it: UTC, to the microsecond, with `Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
