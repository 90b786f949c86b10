"""What was spent of an envelope day by day, for charts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncDate

from ledger.core.accounts import Bucket
from ledger.core.allowances import EnvelopeKind, envelope_account_id
from ledger.models import Posting
from ledger.selectors.snapshot import one_instant


def spent_by_day(owner_id: UUID, asset: str, *, since: datetime, zone: ZoneInfo) -> dict[date, Decimal]:
    """What was spent of a budget's period on each day on which something was, less what was given back, by the day on
    which it counts.

    Args:
        owner_id: the period.
        since: nothing of it was recorded earlier.
        zone: whose midnight ends a day.

    Raises:
        OperationalError: there is more than can be added up for a page.
    """
    spent = envelope_account_id(EnvelopeKind.BUDGET, owner_id, asset, Bucket.SPENT)
    postings = Posting.objects.filter(account_id=spent, recorded_at__gte=since)
    days = postings.annotate(day=TruncDate("effective_at", tzinfo=zone)).order_by("day").values("day")
    with one_instant():
        return {row["day"]: row["amount"] for row in days.annotate(amount=Sum("amount"))}
