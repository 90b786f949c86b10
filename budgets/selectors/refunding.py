"""Which period a refund gives back to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def redirections(period_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Where a refund of today goes instead of to the periods that paid (`refunds_to`, product.md §1.4).

    Args:
        period_ids: the owners of the envelopes that the original moved. Ids of limits among them are ignored.

    Returns:
        The present period of the same budget by the period that paid, for budgets that refund to CURRENT. A period
        without an entry takes its own back. One query.
    """
    raise NotImplementedError
