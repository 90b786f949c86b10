"""What time it is: the database's clock, because application servers disagree (docs/architecture.md)."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func


def database_now() -> datetime:
    """The present instant by the clock that stamps every posting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


class DatabaseClock(Func):
    """The same clock inside a query: read at the moment at which a row is looked at, in a transaction too."""

    template = "clock_timestamp()"
    output_field = DateTimeField()
