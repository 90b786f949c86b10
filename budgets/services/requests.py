"""Asking for more than a budget allows, and answering that.

A request may be about a spend that the budget has refused. Then that spend is parked: once there is more, it is tried
again, once. Who may ask and answer, and how a spend is tried again, the floor above knows.

Everything about a request is told in the stream of its budget, under the lock of the budget's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import Error
from django.db.models import F

from budgets.errors import BudgetEnded, RequestClosed, RequestPending
from budgets.locks import lock_budgets, lock_kind
from budgets.models import Budget, BudgetRequest
from budgets.models.vocabulary import BudgetStatus, Effective, RequestKind, RequestState, Retry
from budgets.selectors.budgets import get_budget
from budgets.selectors.requests import get_request, pending_request_about, requests_to_close
from budgets.services.changing import adjust_period, change_budget
from budgets.services.checks import check_amount, check_reason
from budgets.services.history import announce, told
from budgets.services.specs import BudgetChange
from ledger.errors import PreconditionFailed, ServiceError
from ledger.ids import new_id
from ledger.money import EXACT, plain
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.allowances import SYSTEM, Origin

OPEN_FOR = timedelta(hours=72)
"""So long a request waits for an answer, and its spend for being tried again."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody wants of a budget.

    Attributes:
        amount: how much more, in the budget's currency.
        reason: kept for ever; not empty.
        txn_id: the refused document that it is about.
        is_parked: whether that spend is tried again when there is more.
    """

    budget_id: UUID
    kind: RequestKind
    amount: Decimal
    reason: str
    requested_by: UUID
    txn_id: UUID | None = None
    is_parked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody says to a request.

    Attributes:
        by: a user; None = the service itself, whose answers are no decisions.
        reason: kept for ever; that of an approval also in the history of the budget.
        expected_version: the version of the request that he has seen; None = any.
    """

    origin: Origin
    by: UUID | None
    reason: str
    expected_version: int | None = None


def open_request(ask: Ask, *, origin: Origin) -> BudgetRequest:
    """Ask a budget for more (`BudgetRequestOpened`). May be called inside a transaction.

    Raises:
        InvalidInput: the amount or the reason makes no sense.
        NotFound: there is no such budget.
        BudgetEnded: it is EXPIRED.
        RequestPending: somebody has asked about this spend, and waits for an answer.
    """
    check_reason(ask.reason)
    with journal.use_case():
        budget = _lock(get_budget(ask.budget_id))
        check_amount(ask.amount, budget.currency, "/amount")
        if budget.status == BudgetStatus.EXPIRED:
            raise BudgetEnded
        existing = pending_request_about(budget.id, ask.txn_id) if ask.txn_id else None
        if existing is not None:
            raise RequestPending(existing.id)
        now = database_now()
        request = BudgetRequest.objects.create(
            id=new_id(),
            budget=budget,
            kind=ask.kind,
            amount=ask.amount,
            reason=ask.reason,
            requested_by=ask.requested_by,
            txn_id=ask.txn_id,
            retry=Retry.PARKED if ask.is_parked else Retry.NONE,
            expires_at=now + OPEN_FOR,
            created_at=now,
        )
        _tell(budget, request, "BudgetRequestOpened", origin)
    return request


def approve_request(request_id: UUID, answer: Answer) -> BudgetRequest:
    """Give what was asked for: ONCE and THIS_PERIOD more for the current period, PERMANENT more from now on. A parked
    spend is not tried here, but is found by `spends_to_try` from now on.

    May be called inside a transaction.

    Raises:
        InvalidInput: the reason is empty, or the budget has no current period.
        NotFound: there is no such request.
        PreconditionFailed: it has changed since it was seen.
        RequestClosed: it waits for no answer.
        BudgetEnded, ParentExceeded: as `change_budget`.
    """
    check_reason(answer.reason)
    with journal.use_case():
        budget = _lock(get_request(request_id).budget)
        request, now = get_request(request_id), database_now()
        _require_open(request, answer.expected_version, now)
        _give(budget, request, answer)
        return _close(request, RequestState.APPROVED, answer, now)


def reject_request(request_id: UUID, answer: Answer) -> BudgetRequest:
    """Decline what was asked for; a parked spend stays refused. Raises as `approve_request`."""
    return _end(request_id, RequestState.REJECTED, answer)


def withdraw_request(request_id: UUID, answer: Answer) -> BudgetRequest:
    """Take back what was asked for; a parked spend stays refused. Raises as `approve_request`."""
    return _end(request_id, RequestState.WITHDRAWN, answer)


def _end(request_id: UUID, state: RequestState, answer: Answer) -> BudgetRequest:
    check_reason(answer.reason)
    with journal.use_case():
        _lock(get_request(request_id).budget)
        request, now = get_request(request_id), database_now()
        _require_open(request, answer.expected_version, now)
        return _close(request, state, answer, now)


def close_overdue() -> int:
    """Close requests that nobody has to answer any more: EXPIRED when their time is up, WITHDRAWN when what they asked
    room for was let through meanwhile. One transaction each; safe at any time, and by many at once.

    Returns:
        How many were closed now.
    """
    closed = 0
    for id in list(requests_to_close(database_now()).values_list("id", flat=True)):
        try:
            closed += _close_one(id)
        except (ServiceError, Error):
            logger.exception("budget_request_not_closed", request_id=str(id))
    return closed


def _close_one(request_id: UUID) -> bool:
    with journal.use_case():
        _lock(get_request(request_id).budget)
        now = database_now()
        request = requests_to_close(now).select_related("budget").filter(id=request_id).first()
        if request is None:
            return False
        if request.retry == Retry.ACCEPTED:
            state, reason = RequestState.WITHDRAWN, "The spend was let through meanwhile."
        else:
            state, reason = RequestState.EXPIRED, "Nobody has answered in time."
        _close(request, state, Answer(origin=SYSTEM, by=None, reason=reason), now)
    return True


def _lock(budget: Budget) -> Budget:
    """Lock a budget with all that changing it takes, in the order in which `change_budget` does."""
    lock_kind(budget.wallet_id or budget.team_id or budget.company_id)
    ids = {budget.id} | ({budget.parent_id} if budget.parent_id else set())
    return lock_budgets(ids)[budget.id]


def _require_open(request: BudgetRequest, expected_version: int | None, now: datetime) -> None:
    if expected_version not in (None, request.version):
        raise PreconditionFailed("The request has changed since you read it. Read it again.")
    if request.state != RequestState.PENDING:
        raise RequestClosed(request.state)
    if request.expires_at <= now:
        raise RequestClosed(RequestState.EXPIRED)


def _give(budget: Budget, request: BudgetRequest, answer: Answer) -> None:
    if request.kind == RequestKind.PERMANENT:
        change = BudgetChange(amount=EXACT.add(budget.amount, request.amount), effective=Effective.NOW)
        change_budget(budget.id, change, origin=answer.origin, changed_by=answer.by, reason=answer.reason)
    else:
        adjust_period(budget.id, request.amount, origin=answer.origin, changed_by=answer.by, reason=answer.reason)


def _close(request: BudgetRequest, state: RequestState, answer: Answer, now: datetime) -> BudgetRequest:
    """What was not approved is not tried again. Others may note what became of the spend at the same time, so the row
    is changed in place."""
    row = BudgetRequest.objects.filter(id=request.id)
    is_decision = state in {RequestState.APPROVED, RequestState.REJECTED}
    row.update(
        state=state,
        decided_by=answer.by if is_decision else None,
        decided_at=now,
        decision_reason=answer.reason,
        version=F("version") + 1,
    )
    if state != RequestState.APPROVED:
        row.filter(retry=Retry.PARKED).update(retry=Retry.NONE)
    closed = get_request(request.id)
    _tell(closed.budget, closed, "BudgetRequestDecided", answer.origin)
    return closed


def _tell(budget: Budget, request: BudgetRequest, message: str, origin: Origin) -> None:
    data = {
        "request_id": told(request.id),
        "user_id": told(request.requested_by),
        "amount": plain(request.amount),
        "kind": request.kind,
        "status": request.state,
        "txn_id": told(request.txn_id),
    }
    command = announce(budget, message, data, origin=origin)
    budget.save(update_fields=["version"])
    (outcome,) = journal.record([command])
    assert outcome.result is not None, "a version is given once"
