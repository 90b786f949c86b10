"""The stages of a document's life and the moves between them (R169, C9).

What is decided at once passes through INITIATED and VALIDATING inside the decision. What waits for somebody outside is
held meanwhile, and every step towards them is a move of its own.
"""

from __future__ import annotations

from enum import StrEnum


class TransactionState(StrEnum):
    """The lifecycle of a document: the steps of R169 and its terminal states (C9)."""

    INITIATED = "INITIATED"
    VALIDATING = "VALIDATING"
    BALANCE_RESERVED = "BALANCE_RESERVED"
    SENT_TO_PROVIDER = "SENT_TO_PROVIDER"
    PROVIDER_PROCESSING = "PROVIDER_PROCESSING"
    PROVIDER_CONFIRMING = "PROVIDER_CONFIRMING"
    COMPENSATING = "COMPENSATING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REVERSED = "REVERSED"
    CANCELLED = "CANCELLED"


TERMINAL_STATES = (
    TransactionState.COMPLETED,
    TransactionState.FAILED,
    TransactionState.REVERSED,
    TransactionState.CANCELLED,
)
"""States that keep their name as the coarse status; every other state reads as PENDING."""


_PROVIDER_CAME_TO_AN_END = {TransactionState.COMPENSATING, TransactionState.COMPLETED, TransactionState.FAILED}

LEGAL_MOVES: dict[TransactionState, frozenset[TransactionState]] = {
    TransactionState.INITIATED: frozenset({TransactionState.VALIDATING, TransactionState.FAILED}),
    TransactionState.VALIDATING: frozenset(
        {TransactionState.BALANCE_RESERVED, TransactionState.COMPLETED, TransactionState.FAILED}
    ),
    TransactionState.BALANCE_RESERVED: frozenset(
        {TransactionState.SENT_TO_PROVIDER, TransactionState.COMPLETED, TransactionState.CANCELLED}
    ),
    TransactionState.SENT_TO_PROVIDER: frozenset({TransactionState.PROVIDER_PROCESSING, *_PROVIDER_CAME_TO_AN_END}),
    TransactionState.PROVIDER_PROCESSING: frozenset({TransactionState.PROVIDER_CONFIRMING, *_PROVIDER_CAME_TO_AN_END}),
    TransactionState.PROVIDER_CONFIRMING: frozenset(_PROVIDER_CAME_TO_AN_END),
    TransactionState.COMPENSATING: frozenset({TransactionState.FAILED, TransactionState.COMPLETED}),
    TransactionState.COMPLETED: frozenset({TransactionState.REVERSED}),
    TransactionState.FAILED: frozenset(),
    TransactionState.REVERSED: frozenset(),
    TransactionState.CANCELLED: frozenset(),
}
"""From a stage to those that may come next. COMPENSATING completes only what had been paid in part before it."""

REPORTED = (
    TransactionState.SENT_TO_PROVIDER,
    TransactionState.PROVIDER_PROCESSING,
    TransactionState.PROVIDER_CONFIRMING,
    TransactionState.COMPENSATING,
)
"""The stages that whoever deals with a provider reports; all others follow from what happens to the money."""

AT_PROVIDER = frozenset(REPORTED) - {TransactionState.COMPENSATING}
"""Somebody outside may have paid already: nobody releases what is held before COMPENSATING says that they have not."""


def may_move(before: TransactionState, after: TransactionState) -> bool:
    """Whether a document in one stage may come to the other next."""
    return after in LEGAL_MOVES[before]
