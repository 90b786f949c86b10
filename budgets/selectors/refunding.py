"""Which period a refund gives back to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F

from budgets.models import BudgetPeriod
from budgets.models.vocabulary import RefundsTo
from ledger.selectors.clock import DatabaseClock


def redirections(owner_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Where a refund of now goes instead of to the periods that paid (`refunds_to`, product.md §1.4).

    Args:
        owner_ids: the owners of the envelopes that the original moved; limits among them are passed over.

    Returns:
        The present period of the same budget by the period that paid, for budgets that refund to CURRENT. A period
        without an entry gets its own back: its budget refunds to ORIGIN, it is the present one itself, or there is no
        present one. One query.
    """
    present = BudgetPeriod.objects.filter(
        id__in=list(owner_ids),
        budget__refunds_to=RefundsTo.CURRENT,
        budget__periods__starts_at__lte=DatabaseClock(),
        budget__periods__ends_at__gt=DatabaseClock(),
    )
    return dict(present.exclude(id=F("budget__periods__id")).values_list("id", "budget__periods__id"))
