"""Giving back what a document moved: refunds and reversals (docs/adr/0017-undo.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from compliance.core.roles import roles_over_all
from compliance.models import Caller
from ledger.errors import Forbidden, MoneyScaleExceeded, NotFound
from ledger.money import require_scale
from ledger.selectors.assets import get_asset
from ledger.selectors.transactions import Transaction
from ledger.services import journal
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Origin
from ledger.services.undoing import Undo, UndoDetails, refund, reverse
from wallets.selectors.transactions import visible_transactions
from wallets.services.giving_back import GivingBack, giving_back
from wallets.services.transfers import forget_changed

UNDOERS = roles_over_all("money.undo")


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    """A wish to undo a document; `claim` is its idempotency key.

    Attributes:
        amount: of a refund, in the document's currency; None = a reversal of all of it, fees too.
        reason: kept for ever: no personal data.
    """

    claim: Claim
    txn_id: UUID
    reason: str
    amount: Decimal | None = None


def prepare_undoings(
    requests: Sequence[UndoRequest], *, caller: Caller, origin: Origin
) -> list[Undo | NotFound | Forbidden | MoneyScaleExceeded]:
    """Look up, authorise and build; the number of queries does not depend on the number of requests.

    Returns:
        Per request the command, or the error that stands in its way: NotFound (no such document, or none that may
        be seen), Forbidden, or MoneyScaleExceeded (the refund is finer than the document's asset).
    """
    documents = visible_transactions(caller, {request.txn_id for request in requests})
    touched = giving_back(documents)
    return [_prepare(request, documents, touched, caller, origin) for request in requests]


def _prepare(
    request: UndoRequest,
    documents: dict[UUID, Transaction],
    touched: dict[UUID, GivingBack],
    caller: Caller,
    origin: Origin,
) -> Undo | NotFound | Forbidden | MoneyScaleExceeded:
    original = documents.get(request.txn_id)
    if original is None:
        return NotFound()
    if caller.role not in UNDOERS:
        return Forbidden()
    moved = touched[original.id]
    details = UndoDetails(
        claim=request.claim,
        origin=origin,
        account_ids=moved.account_ids,
        reason=request.reason,
        redirected=moved.redirected,
    )
    if request.amount is None:
        return reverse(original, details)
    asset = get_asset(original.asset_id)
    try:
        require_scale(request.amount, asset.scale, asset.code)
    except MoneyScaleExceeded as error:
        return error
    return refund(original, details, amount=request.amount)


def post_undoings(
    commands: Sequence[Undo], *, render: Renderer = journal.no_reply, all_or_none: bool = False
) -> list[Outcome]:
    """Post prepared refunds and reversals, and forget the cached figures of those wallets that changed."""
    outcomes = journal.post(commands, render=render, all_or_none=all_or_none)
    forget_changed(outcomes)
    return outcomes


def rehearse_undoing(command: Undo) -> Result:
    """What posting it now would do; nothing is changed and no key is used up."""
    (result,) = journal.rehearse([command])
    return result
