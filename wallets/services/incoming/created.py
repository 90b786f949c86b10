"""BookingCreated: the wallet pays at once, or the booking is answered with BookingRejected (R76)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from compliance.models import User
from ledger.api.fields import CurrencyField, IdField, MoneyField, TextField
from ledger.api.serializers import StrictSerializer
from ledger.errors import InvalidInput
from ledger.money import plain
from ledger.services.accounts import digest
from ledger.services.inbox import Handled, Incoming, NotYet
from ledger.services.movements import Origin
from wallets.errors import WalletLocked
from wallets.models import Wallet, WalletStatus, WalletType
from wallets.selectors.wallets import Reach, held_by_lock, with_lock
from wallets.services.bookings import BookingRequest, prepare_booking, record_booking
from wallets.services.incoming.users import as_id

REFERENCE_TYPE = "booking"


class BookingCreated(StrictSerializer):
    amounts = {"amount": "currency"}

    booking_id = TextField(max_length=100)
    user_id = IdField()
    wallet_id = IdField(required=False)
    amount = MoneyField()
    currency = CurrencyField()
    category = TextField(max_length=50, required=False)
    description = TextField(max_length=500, min_length=0, default="")


def company_of(data: dict[str, Any]) -> UUID | None:
    id = as_id(data.get("user_id"))
    return User.objects.filter(id=id).values_list("company_id", flat=True).first() if id else None


def debit(incoming: Incoming) -> Handled:
    """Take a booking's amount out of its wallet; refused, it is answered.

    Raises:
        InvalidInput: not what a booking looks like, or the wallet is another person's.
        NotYet: the person or the wallet is not there, or an operation holds the wallet.
        Conflict: `transfer.duplicate_reference`, this booking was made before with other details.
    """
    booking = BookingCreated.read(incoming.data)
    reach = _wallet_of(booking, incoming.company_id)
    request = _request(booking, reach, incoming)
    origin = Origin(actor_type="SYSTEM", actor_id=incoming.account_id, correlation_id=str(incoming.id))
    try:
        command = prepare_booking(request, caller=None, origin=origin)
    except WalletLocked as error:
        pause = timedelta(seconds=error.retry_after_seconds)
        raise NotYet(f"wallet:{reach.wallet.id}", "An operation holds the wallet.", retry_after=pause) from None
    outcome = record_booking(command, wallet_id=reach.wallet.id)
    refusal = outcome.result.refusal if outcome.result else None
    return Handled(
        company_id=request.company_id,
        transaction_id=outcome.result.transaction_id if outcome.result else None,
        refusal_code=refusal.code.value if refusal else "",
        refusal_detail="The booking was refused; BookingRejected told why." if refusal else "",
        settled=(f"booking:{booking['booking_id']}",),
    )


def _wallet_of(booking: dict[str, Any], company_id: UUID | None) -> Reach:
    """The wallet that pays: the one named, or the person's PRIMARY one."""
    user_id, wallet_id = booking["user_id"], booking.get("wallet_id")
    wallets = with_lock(Wallet.objects.all())
    if company_id is not None:
        wallets = wallets.filter(user__company_id=company_id)
    if wallet_id is not None:
        wallet = wallets.filter(id=wallet_id).first()
    else:
        primary = wallets.filter(user_id=user_id, type=WalletType.PRIMARY)
        wallet = primary.exclude(status=WalletStatus.CLOSED).first()
    if wallet is None:
        raise NotYet(f"user:{user_id}", "There is no such person or wallet.")
    if wallet.user_id != user_id:
        raise InvalidInput("This wallet is another person's.", pointer="/wallet_id")
    return Reach(wallet, is_visible=True, held=held_by_lock(wallet))


def _request(booking: dict[str, Any], reach: Reach, incoming: Incoming) -> BookingRequest:
    category = booking.get("category")
    return BookingRequest(
        reach=reach,
        direction="DEBIT",
        amount=booking["amount"],
        currency=booking["currency"],
        reference_id=booking["booking_id"],
        reference_type=REFERENCE_TYPE,
        request_hash=digest(
            "BookingCreated",
            str(reach.wallet.id),
            plain(booking["amount"]),
            booking["currency"],
            booking["description"],
        ),
        description=booking["description"],
        metadata={} if category is None else {"category": category},
        occurred_at=incoming.occurred_at,
        answers={
            "booking_id": booking["booking_id"],
            "user_id": str(booking["user_id"]),
            "in_reply_to": {"source": incoming.source, "event_id": incoming.event_id},
        },
    )
