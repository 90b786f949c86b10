"""Refusals of budgets that the ledger knows nothing of.

Conflict (ledger)
├── BudgetOverlap        budget.overlap, with `existing_id`
├── TemplateOverlap      budget.overlap, with `existing_id`
├── BudgetEnded          budget.ended: an EXPIRED budget is final
├── RequestPending       budget.request_pending: somebody has asked about this spend already, with `existing_id`
└── RequestClosed        budget.request_closed: a request that was answered, withdrawn, or has expired
ServiceError (ledger)
├── ParentExceeded       budget.parent_exceeded: the children of an ENVELOPE would allow more than it does
└── BudgetTooSmall       budget.exceeded: there is not so much left to move to another budget

A spend that a budget refuses is a decision of the ledger's machine, not an error of this tree.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from ledger.errors import Conflict, ServiceError
from ledger.money import EXACT, plain


class BudgetOverlap(Conflict):
    """Args: the active budget of the same scope, period type, currency and categories whose dates overlap."""

    code = "budget.overlap"

    def __init__(self, existing_id: UUID | None) -> None:
        super().__init__(
            "There is an active budget of this scope, period type, currency and set of categories at that time.",
            **({"existing_id": str(existing_id)} if existing_id else {}),
        )
        self.existing_id = existing_id


class TemplateOverlap(Conflict):
    """Args: the active template that has this name, or would give the same people a budget of the same kind."""

    code = "budget.overlap"

    def __init__(self, existing_id: UUID) -> None:
        super().__init__(
            "There is an active template for this role with this name, or of this period type, currency and set of "
            "categories.",
            existing_id=str(existing_id),
        )


class BudgetEnded(Conflict):
    code = "budget.ended"

    def __init__(self) -> None:
        super().__init__("This budget has expired. That is final: set a new one.")


class RequestPending(Conflict):
    """Args: the request for the same budget and spend that waits for an answer."""

    code = "budget.request_pending"

    def __init__(self, existing_id: UUID) -> None:
        super().__init__("Somebody has asked for more for this spend already.", existing_id=str(existing_id))


class RequestClosed(Conflict):
    """Args: what became of it: APPROVED, REJECTED, WITHDRAWN or EXPIRED."""

    code = "budget.request_closed"

    def __init__(self, state: str) -> None:
        super().__init__(f"This request waits for no answer any more: it is {state}.", request_status=state)


class ParentExceeded(ServiceError):
    """Args: the parent; how much its children may still be given (may be negative); its currency."""

    code = "budget.parent_exceeded"

    def __init__(self, parent_id: UUID, available: Decimal, currency: str) -> None:
        super().__init__(
            "The budgets below an envelope may not allow more than it does.",
            parent_id=str(parent_id),
            available=plain(available),
            currency=currency,
        )


class BudgetTooSmall(ServiceError):
    """Args: the budget that gives; what is left of it; what is asked of it, both in its currency."""

    code = "budget.exceeded"

    def __init__(self, budget_id: UUID | str, available: Decimal, required: Decimal) -> None:
        super().__init__(
            "There is not so much left of the budget that gives.",
            budget_id=str(budget_id),
            available=plain(available),
            required=plain(required),
            shortfall=plain(EXACT.subtract(required, available)),
        )
