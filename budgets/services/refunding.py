"""Which period a refund gives back to, with the present one opened on the way if nobody has done that yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from budgets.selectors.refunding import find_redirections
from budgets.services.turning import turn


def redirections(owner_ids: Iterable[UUID]) -> Mapping[UUID, UUID]:
    """Where a refund of now goes instead of to the periods that paid (`refunds_to`, product.md §1.4). It comes before
    every lock of the ledger's: to open a period takes the row of its budget.

    Args:
        owner_ids: the owners of the envelopes that the original moved; limits among them are passed over.

    Returns:
        The present period of the same budget by the period that paid, for budgets that refund to CURRENT. A period
        without an entry gets its own back: its budget refunds to ORIGIN, it is the present one itself, or there is no
        present one. One query; more only when a period has begun that nobody has opened yet.

    Raises:
        Busy: somebody else is at a budget that has to be turned for longer than `lock_timeout`.
    """
    ids = list(owner_ids)
    found = find_redirections(ids)
    if found.to_turn:
        turn(found.to_turn)
        found = find_redirections(ids)
    return found.by_paid
