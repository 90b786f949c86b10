"""BookingCreated: the wallet pays at once, or money is held; or the booking is answered with BookingRejected (R76)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from compliance.models import User
from ledger.api.fields import CurrencyField, FlagField, IdField, MoneyField, TextField, WholeNumberField
from ledger.api.serializers import StrictSerializer
from ledger.errors import InvalidInput
from ledger.money import plain
from ledger.services.accounts import digest
from ledger.services.holds import Reserve
from ledger.services.inbox import Handled, Incoming, NotYet
from ledger.services.movements import Origin, Transfer
from wallets.errors import WalletLocked
from wallets.models import Wallet, WalletStatus, WalletType
from wallets.selectors.wallets import Reach, held_by_lock, with_lock
from wallets.services.bookings import BookingRequest, prepare_booking, prepare_held_booking, record_booking
from wallets.services.incoming.users import as_id
from wallets.services.reservations import DEFAULT_SECONDS, MAX_SECONDS

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
    hold = FlagField(default=False)
    expires_in = WholeNumberField(min_value=1, max_value=MAX_SECONDS, required=False)


def company_of(data: dict[str, Any]) -> UUID | None:
    id = as_id(data.get("user_id"))
    return User.objects.filter(id=id).values_list("company_id", flat=True).first() if id else None


def book(incoming: Incoming) -> Handled:
    """Take a booking's amount out of its wallet, or hold it; refused, it is answered.

    Raises:
        InvalidInput: not what a booking looks like, a deadline of what is not held, or the wallet is another person's.
        NotYet: the person or the wallet is not there, or an operation holds the wallet.
        Conflict: `transfer.duplicate_reference`, this booking was made before with other details.
    """
    booking = BookingCreated.read(incoming.data)
    if "expires_in" in booking and not booking["hold"]:
        raise InvalidInput("Only what is held has a deadline.", pointer="/expires_in")
    reach = _wallet_of(booking, incoming.company_id)
    request = _request(booking, reach, incoming)
    origin = Origin(actor_type="SYSTEM", actor_id=incoming.account_id, correlation_id=str(incoming.id))
    try:
        command = _command(booking, request, origin)
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


def _command(booking: dict[str, Any], request: BookingRequest, origin: Origin) -> Transfer | Reserve:
    if not booking["hold"]:
        return prepare_booking(request, caller=None, origin=origin)
    return prepare_held_booking(request, expires_in=timedelta(seconds=_seconds_of(booking)), origin=origin)


def _seconds_of(booking: dict[str, Any]) -> int:
    seconds: int = booking.get("expires_in", DEFAULT_SECONDS)
    return seconds


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
    held = ("hold", str(_seconds_of(booking))) if booking["hold"] else ()
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
            *held,
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
