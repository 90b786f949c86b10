"""BookingCancelled: the wallet gets back what that booking took or holds (R77)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db.transaction import on_commit

from budgets.services.parking import give_up_spend
from ledger.api.fields import MoneyField, TextField
from ledger.api.serializers import StrictSerializer
from ledger.errors import Busy, InvalidInput, Refused
from ledger.money import ZERO, plain, require_scale
from ledger.selectors.assets import get_asset
from ledger.selectors.holds import Hold
from ledger.selectors.originals import payments_by_reference
from ledger.selectors.transactions import Transaction
from ledger.services import journal
from ledger.services.accounts import digest
from ledger.services.inbox import Handled, Incoming, NotYet
from ledger.services.movements import Claim, Origin, Refusal
from ledger.services.undoing import Undo, UndoDetails, refund
from wallets.selectors.balances import forget_figures
from wallets.services.giving_back import GivingBack, giving_back
from wallets.services.incoming.created import REFERENCE_TYPE
from wallets.services.incoming.held import open_hold_of, release_hold

EXCEEDS = "refund.exceeds_original"


class BookingCancelled(StrictSerializer):
    booking_id = TextField(max_length=100)
    amount = MoneyField(required=False)


def company_of(data: dict[str, Any]) -> UUID | None:
    id = data.get("booking_id")
    found = payments_by_reference(type=REFERENCE_TYPE, id=id, company_id=None) if isinstance(id, str) else []
    companies = {document.company_id for document in found}
    return companies.pop() if len(companies) == 1 else None


def cancel(incoming: Incoming) -> Handled:
    """Give back some of what a booking took, or all that is left of it; what is held of it is released. A booking that
    was refused took nothing, and is not tried again after this.

    Raises:
        InvalidInput: not what a cancellation looks like, or only a part of what is still held.
        NotYet: no such booking has been made, or the deadline of what it held has just passed.
        Refused: `refund.exceeds_original` when less is left; or the wallet cannot be paid. Nothing moves.
    """
    wanted = BookingCancelled.read(incoming.data)
    original = _booking(wanted["booking_id"], incoming.company_id)
    amount = wanted.get("amount")
    if amount is not None:
        require_scale(amount, get_asset(original.asset_id).scale, original.asset_id)
    hold = open_hold_of(original)
    left = _left_of(original, hold)
    if amount is None and left == ZERO:
        return Handled(company_id=original.company_id, transaction_id=None)
    if amount is not None and amount > left:
        raise Refused(
            f"Of this booking {plain(left)} {original.asset_id} can still be given back, not {plain(amount)}.",
            code=EXCEEDS,
        )
    if hold is None:
        touched = giving_back([original.id])[original.id]
        return _give_back(original, left if amount is None else amount, touched, incoming)
    if amount not in (None, left):
        raise InvalidInput("A booking that is still held is cancelled as a whole.", pointer="/amount")
    return _let_go(original, hold, incoming)


def _booking(booking_id: str, company_id: UUID | None) -> Transaction:
    found = _documents(booking_id, company_id)
    if all(document.state == "FAILED" for document in found):
        for document in found:
            give_up_spend(document.id)
        found = _documents(booking_id, company_id)  # whoever was trying it again is done
    return max(found, key=lambda document: document.state != "FAILED")


def _documents(booking_id: str, company_id: UUID | None) -> list[Transaction]:
    """All of one company's: a refused booking that was let through later has two."""
    found = payments_by_reference(type=REFERENCE_TYPE, id=booking_id, company_id=company_id)
    if not found:
        raise NotYet(f"booking:{booking_id}", "There is no such booking.")
    if len({document.company_id for document in found}) > 1:
        raise Refused(
            "Several companies have a booking of this id; which one is meant, nobody can tell.", code="not_found"
        )
    return found


def _let_go(original: Transaction, hold: Hold, incoming: Incoming) -> Handled:
    """Release what is held, and refund what has been paid out of it."""
    touched = giving_back([original.id])[original.id] if hold.captured else None  # budgets come before accounts
    release_hold(hold, incoming)
    if touched is not None:
        original.refresh_from_db()
        return _give_back(original, hold.captured, touched, incoming)
    on_commit(partial(forget_figures, hold.wallet_id))
    return Handled(company_id=original.company_id, transaction_id=original.id)


def _left_of(original: Transaction, hold: Hold | None) -> Decimal:
    if hold is not None:
        return hold.amount - hold.released
    return original.amount - original.refunded_amount if original.state == "COMPLETED" else ZERO


def _give_back(original: Transaction, amount: Decimal, touched: GivingBack, incoming: Incoming) -> Handled:
    (outcome,) = journal.record([_command(original, amount, touched, incoming)])
    assert outcome.result is not None, "the key is the inbox row's"
    refusal = outcome.result.refusal
    if refusal is not None:
        raise _told(refusal)
    assert original.source_wallet_id is not None, "a booking is paid by a wallet"
    on_commit(partial(forget_figures, original.source_wallet_id))
    return Handled(company_id=original.company_id, transaction_id=outcome.result.transaction_id)


def _command(original: Transaction, amount: Decimal, touched: GivingBack, incoming: Incoming) -> Undo:
    details = UndoDetails(
        claim=Claim(scope="inbox", key=str(incoming.id), request_hash=digest(plain(amount))),
        origin=Origin(actor_type="SYSTEM", actor_id=incoming.account_id, correlation_id=str(incoming.id)),
        account_ids=touched.account_ids,
        redirected=touched.redirected,
        reason="The booking was cancelled.",
    )
    return refund(original, details, amount=amount)


def _told(refusal: Refusal) -> Refused | Busy:
    """Less is left than a moment ago: another refund was faster, so look again."""
    if refusal.code.value in (EXCEEDS, "transaction.not_reversible"):
        return Busy("Somebody else is refunding this booking just now.")
    return Refused("The wallet cannot be paid.", code=refusal.code.value)
