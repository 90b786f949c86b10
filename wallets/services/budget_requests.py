"""Asking for more than a budget allows, and answering that: who may, and the audit record of it.

What a request is and does, `budgets.services.requests` knows; whose spend it is about, this floor knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.models import Budget, BudgetRequest
from budgets.models.vocabulary import RequestKind
from budgets.services.requests import Answer, Ask, approve_request, open_request, reject_request, withdraw_request
from compliance.core.origin import Origin
from compliance.models import Caller
from compliance.services.audit import record_change
from ledger.errors import Forbidden, InvalidInput
from ledger.money import plain
from ledger.selectors.envelope_events import RefusedSpend, budgets_exceeded_in
from ledger.selectors.rule_decisions import first_events
from ledger.selectors.transactions import Event, Transaction
from ledger.services import journal
from wallets.errors import OwnRequest
from wallets.selectors.budgets import get_visible_budget
from wallets.selectors.transactions import get_visible_transaction
from wallets.services.budgets import require_may_set
from wallets.services.retrying import may_be_tried_again
from wallets.services.wallets import ledger_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a caller wants more for.

    Attributes:
        txn_id: a refused spend of his own wallet, or of one that he sees.
        budget_id: needed without a spend, and where several budgets have refused it.
        amount: None = what the spend lacked.
    """

    kind: RequestKind
    reason: str
    txn_id: UUID | None = None
    budget_id: UUID | None = None
    amount: Decimal | None = None


def ask_for_more(*, caller: Caller, wanted: Wanted, origin: Origin) -> BudgetRequest:
    """Ask for more, for a refused spend or without one.

    Raises:
        InvalidInput: not enough is said, or too much; no budget has refused that spend, or this one has not.
        NotFound: a spend or a budget that does not exist, or that the caller may not see.
        BudgetEnded, RequestPending: as `open_request`.
    """
    ask = _about_budget(caller, wanted) if wanted.txn_id is None else _about_spend(caller, wanted, wanted.txn_id)
    with journal.use_case():
        request = open_request(ask, origin=ledger_origin(origin))
        _record(request.budget, request, "budget_request.opened", origin, ask.reason)
    return request


def _about_budget(caller: Caller, wanted: Wanted) -> Ask:
    if wanted.budget_id is None:
        raise InvalidInput("Name a refused spend, or a budget.", pointer="/budget_id")
    if wanted.kind == RequestKind.ONCE:
        raise InvalidInput("ONCE is room for one refused spend: name it.", pointer="/txn_id")
    if wanted.amount is None:
        raise InvalidInput("Without a refused spend, say how much more.", pointer="/amount")
    return Ask(
        budget_id=get_visible_budget(caller, wanted.budget_id).id,
        kind=wanted.kind,
        amount=wanted.amount,
        reason=wanted.reason,
        requested_by=caller.id,
    )


def _about_spend(caller: Caller, wanted: Wanted, txn_id: UUID) -> Ask:
    document = get_visible_transaction(caller, txn_id)
    event = first_events([document.id])[document.id]
    refused = _refused(document, event, wanted.budget_id)
    return Ask(
        budget_id=refused.rule_id,
        kind=wanted.kind,
        amount=refused.shortfall if wanted.amount is None else wanted.amount,
        reason=wanted.reason,
        requested_by=caller.id,
        txn_id=document.id,
        is_parked=may_be_tried_again(document, event),
    )


def _refused(document: Transaction, event: Event, budget_id: UUID | None) -> RefusedSpend:
    refused = {found.rule_id: found for found in budgets_exceeded_in(event)} if document.state == "FAILED" else {}
    if not refused:
        raise InvalidInput("No budget has refused this.", pointer="/txn_id")
    if budget_id is None:
        if len(refused) > 1:
            raise InvalidInput("Several budgets have refused this. Name one.", pointer="/budget_id")
        return next(iter(refused.values()))
    if budget_id not in refused:
        raise InvalidInput("This budget has not refused it.", pointer="/budget_id")
    return refused[budget_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a caller says to a request that he sees. `expected_version` is the one that he has seen; None = any."""

    caller: Caller
    reason: str
    origin: Origin
    expected_version: int | None = None

    def answer(self) -> Answer:
        return Answer(
            origin=ledger_origin(self.origin),
            by=self.caller.id,
            reason=self.reason,
            expected_version=self.expected_version,
        )


def approve(request: BudgetRequest, word: Word) -> BudgetRequest:
    """Give what was asked for. Whoever may set the budget may; a parked spend is tried by `retry_spends` after it.

    Raises:
        OwnRequest: the caller has asked for it himself.
        Forbidden: the budget is not his to set.
        InvalidInput, PreconditionFailed, RequestClosed, BudgetEnded, ParentExceeded: as `approve_request`.
    """
    _require_may_answer(request, word.caller)
    with journal.use_case():
        answered = approve_request(request.id, word.answer())
        _record(answered.budget, answered, "budget_request.approved", word.origin, word.reason)
    return answered


def reject(request: BudgetRequest, word: Word) -> BudgetRequest:
    """Decline what was asked for. Raises as `approve`."""
    _require_may_answer(request, word.caller)
    with journal.use_case():
        answered = reject_request(request.id, word.answer())
        _record(answered.budget, answered, "budget_request.rejected", word.origin, word.reason)
    return answered


def withdraw(request: BudgetRequest, word: Word) -> BudgetRequest:
    """Take back what the caller has asked for.

    Raises:
        Forbidden: somebody else has.
        PreconditionFailed, RequestClosed: as `withdraw_request`.
    """
    if request.requested_by != word.caller.id:
        raise Forbidden
    with journal.use_case():
        answered = withdraw_request(request.id, word.answer())
        _record(answered.budget, answered, "budget_request.withdrawn", word.origin, word.reason)
    return answered


def _require_may_answer(request: BudgetRequest, caller: Caller) -> None:
    if request.requested_by == caller.id:
        raise OwnRequest
    require_may_set(caller, request.budget.user_id)


def _record(budget: Budget, request: BudgetRequest, event_type: str, origin: Origin, reason: str) -> None:
    after: dict[str, Any] = {
        "request_id": str(request.id),
        "kind": request.kind,
        "amount": plain(request.amount),
        "status": request.state,
        "txn_id": request.txn_id and str(request.txn_id),
    }
    record_change(origin=origin, entity=budget, event_type=event_type, after=after, reason=reason)
