"""Trying refused spends again that somebody has asked for more for: in the order in which they were refused, each at
most once, through the same gates as any other spend.

Budgets know which ones (`budgets.services.parking`); what such a spend was, its refused document and event say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import Error
from django.db.transaction import atomic, on_commit

from budgets.models import BudgetRequest
from budgets.models.vocabulary import LimitedType, RequestState, Retry
from budgets.selectors.requests import spends_to_try
from budgets.services.parking import note_retry, take_up_spend
from ledger.errors import ServiceError
from ledger.selectors.clock import database_now
from ledger.selectors.rule_decisions import first_events
from ledger.selectors.transactions import Event, Transaction, get_transactions
from ledger.services import journal
from ledger.services.accounts import digest, missing_openings
from ledger.services.holds import Deadline, Reserve, expected_money, reserve
from ledger.services.journal import Outcome
from ledger.services.movements import Claim, Details, Origin, SystemAccount, Transfer, payment, transfer
from wallets.models import Wallet
from wallets.selectors.wallets import Reach, held_by_lock, with_lock
from wallets.services.bookings import clearing_account
from wallets.services.spending import covering, spend_from
from wallets.services.transfers import forget_changed, side_of
from wallets.services.wallet_locks import obstacle

_TYPES = frozenset({"PAYMENT", "TRANSFER"})

logger = structlog.get_logger(__name__)


def may_be_tried_again(document: Transaction, event: Event) -> bool:
    """Whether a refused spend can be parked: a payment, a transfer or a hold that counts when it is decided.

    Args:
        event: the document's first one.
    """
    is_spend = document.type in _TYPES and document.source_wallet_id is not None and not document.fee_amount
    return document.state == "FAILED" and is_spend and "effective_reason" not in event.facts


def retry_spends(budget_id: UUID | None = None) -> int:
    """Try every parked spend again for which there is more now, in the order in which they were refused. One
    transaction each, so that one that fails harms no other, and none is tried twice. Safe at any time and by many at
    once; what is interrupted is done by the next call.

    Args:
        budget_id: only those that wait for this budget; None = for any.

    Returns:
        How many were decided.
    """
    waiting = spends_to_try(database_now())
    requests = list(waiting if budget_id is None else waiting.filter(budget_id=budget_id))
    documents = {row.id: row for row in get_transactions({r.txn_id for r in requests if r.txn_id is not None})}
    events = first_events(documents)
    parked = [_Parked(r.id, documents[r.txn_id], events[r.txn_id]) for r in requests if r.txn_id is not None]
    return sum(_try_safely(one) for one in sorted(parked, key=_refused_at))


@dataclass(frozen=True, slots=True)
class _Parked:
    """A refused spend that waits, and the request that it waits for."""

    request_id: UUID
    document: Transaction
    event: Event


def _refused_at(parked: _Parked) -> tuple[Any, ...]:
    return parked.event.recorded_at, parked.document.id, parked.request_id


def _try_safely(parked: _Parked) -> bool:
    try:
        return _try(parked)
    except (ServiceError, Error):
        logger.exception("spend_not_retried", request_id=str(parked.request_id))
        return False


def _try(parked: _Parked) -> bool:
    with journal.use_case():
        request = take_up_spend(parked.request_id, parked.document.id)
        return request is not None and _decide(request, parked)


def _decide(request: BudgetRequest, parked: _Parked) -> bool:
    """Let the machine decide. A spend whose own request is not answered yet is not lost when it does not fit."""
    reaches = _reaches(parked.document)
    assert parked.document.source_wallet_id is not None, "a spend is paid by a wallet"
    if obstacle(reaches[parked.document.source_wallet_id], None) is not None:
        return False  # an operation holds the wallet: the next time
    commands = _commands(request, parked, {id: reach.wallet for id, reach in reaches.items()})
    try:
        with atomic():
            *_, outcome = journal.record(commands)
            assert outcome.result is not None, "the key is the request's, which is not tried twice"
            if outcome.result.refusal is not None and request.state == RequestState.PENDING:
                raise _StaysParked
    except _StaysParked:
        note_retry(request, Retry.PARKED, None)
        return False
    is_refused = outcome.result.refusal is not None
    note_retry(request, Retry.REFUSED if is_refused else Retry.ACCEPTED, outcome.result.transaction_id)
    on_commit(partial(_forget, outcome))
    return True


class _StaysParked(Exception):
    """Undoes a try."""


def _forget(outcome: Outcome) -> None:
    forget_changed([outcome])


def _reaches(document: Transaction) -> Mapping[UUID, Reach]:
    ids = [id for id in (document.source_wallet_id, document.destination_wallet_id) if id is not None]
    wallets = with_lock(Wallet.objects.filter(id__in=ids))
    return {wallet.id: Reach(wallet, is_visible=True, held=held_by_lock(wallet)) for wallet in wallets}


def _commands(request: BudgetRequest, parked: _Parked, wallets: Mapping[UUID, Wallet]) -> list[Any]:
    """The same spend as a new command, after those that open what it needs. It counts when it is decided."""
    document, hold = parked.document, parked.event.facts.get("hold")
    assert document.source_wallet_id is not None, "a spend is paid by a wallet"
    source = wallets[document.source_wallet_id]
    receiver = None if document.destination_wallet_id is None else wallets[document.destination_wallet_id]
    spend = spend_from(source, currency=document.asset_id, metadata=document.metadata, to=receiver)
    (allowances,) = covering([spend if hold is None else replace(spend, type=LimitedType.PAYMENT)])
    details = Details(
        claim=Claim(scope="parked", key=str(request.id), request_hash=digest(str(document.id))),
        origin=Origin(actor_type="SYSTEM", correlation_id=str(request.id)),
        company_id=document.company_id,
        amount=document.amount,
        currency=document.asset_id,
        description=document.description,
        reference_type=document.reference_type,
        reference_id=document.reference_id,
        metadata=document.metadata,
        allowances=allowances,
    )
    command, needs = _command(source, receiver, details, hold)
    return [*missing_openings(needs), command]


def _command(
    source: Wallet, receiver: Wallet | None, details: Details, hold: dict[str, Any] | None
) -> tuple[Transfer | Reserve, Sequence[SystemAccount]]:
    if hold is not None:
        deadline = Deadline(expires_in=timedelta(seconds=hold["expires_in"]), purpose=hold["purpose"])
        destination = None if receiver is None else side_of(receiver)
        needs = [] if receiver is None else [expected_money(details.company_id, details.currency)]
        return reserve(side_of(source), destination, details, deadline), needs
    if receiver is not None:
        return transfer(side_of(source), side_of(receiver), details), []
    clearing = clearing_account(details.company_id, details.currency)
    return payment(side_of(source), clearing, details), [clearing]
