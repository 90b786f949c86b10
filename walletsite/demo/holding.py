"""What Nordwind's people have set aside, and what came of it: one hold of every kind, a refund and a reversal.

All of it may be repeated: each step is an occasion that happens once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from compliance.models import Caller, User
from ledger.errors import ServiceError
from wallets.models import Wallet
from wallets.selectors.reservations import Held, find_visible_reservations, get_visible_reservation
from wallets.services.past import occasion
from wallets.services.reservations import (
    ReservationRequest,
    post_prepared,
    prepare_capture,
    prepare_release,
    prepare_reservation,
)
from wallets.services.undoing import UndoRequest, post_undoings, prepare_undoings
from walletsite.demo.people import CURRENCY, KATRIN, LENA, MIA, Person

LONG, AT_ONCE = timedelta(days=30), timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A hold to be.

    Attributes:
        receiver: whom it is for; None = somebody outside of the service.
        captured: what the payee takes of it in the end; "" = nothing yet.
        is_released: given back instead.
        stands: for how long; AT_ONCE leaves it to the sweeper to record that it expired.
    """

    reference: str
    owner: Person
    amount: str
    purpose: str
    receiver: Person | None = None
    captured: str = ""
    is_released: bool = False
    stands: timedelta = LONG


DEPOSIT = Planned(reference="NW-HOLD-1", owner=MIA, amount="180.00", purpose="Hotel in Hamburg, deposit")
SHARED = Planned(reference="NW-HOLD-2", owner=LENA, amount="24.00", purpose="Fair ticket", receiver=MIA)
STAY = Planned(reference="NW-HOLD-3", owner=MIA, amount="95.00", purpose="Hotel in Bremen", captured="79.50")
TWICE = Planned(reference="NW-HOLD-4", owner=LENA, amount="12.00", purpose="Office plant", captured="12.00")
UNUSED = Planned(reference="NW-HOLD-5", owner=KATRIN, amount="60.00", purpose="Rental car", is_released=True)
FORGOTTEN = Planned(reference="NW-HOLD-6", owner=KATRIN, amount="35.00", purpose="Bicycle tour", stands=AT_ONCE)
HOLDS = (DEPOSIT, SHARED, STAY, TWICE, UNUSED, FORGOTTEN)
REFUNDED = "9.50"
"""Of STAY. TWICE is reversed."""


def hold_and_undo(wallets: Mapping[Person, Wallet], *, finance: User, service: Caller) -> None:
    """Make every hold, settle those that are settled, undo two.

    Args:
        service: who holds and captures; FINANCE gives back.
    """
    held = {planned: _hold(planned, wallets, service) for planned in HOLDS}
    for planned, hold in held.items():
        if planned.captured:
            step = occasion(service, f"capture {planned.reference}")
            post_prepared(prepare_capture(hold, step, caller=service, amount=Decimal(planned.captured)))
        if planned.is_released:
            step = occasion(finance, f"release {planned.reference}")
            post_prepared(prepare_release(hold, step, caller=finance, reason="The trip was cancelled."))
    _undo(held[STAY], "refund", "The shower stayed cold.", finance, Decimal(REFUNDED))
    _undo(held[TWICE], "reversal", "Booked twice.", finance, None)


def _hold(planned: Planned, wallets: Mapping[Person, Wallet], service: Caller) -> Held:
    step, wallet = occasion(service, f"hold {planned.reference}"), wallets[planned.owner]
    wish = ReservationRequest(
        claim=step.claim,
        wallet_id=wallet.id,
        amount=Decimal(planned.amount),
        currency=CURRENCY,
        expires_in=planned.stands,
        purpose=planned.purpose,
        reference_id=planned.reference,
        destination_wallet_id=wallets[planned.receiver].id if planned.receiver else None,
    )
    post_prepared(prepare_reservation(wish, caller=service, origin=step.origin))
    made = find_visible_reservations(service, wallet_id=wallet.id).get(transaction__reference_id=planned.reference)
    return get_visible_reservation(service, made.id)


def _undo(held: Held, what: str, reason: str, finance: User, amount: Decimal | None) -> None:
    document = held.reservation.transaction
    step = occasion(finance, f"{what} {document.reference_id}")
    wish = UndoRequest(claim=step.claim, txn_id=document.id, reason=reason, amount=amount)
    (command,) = prepare_undoings([wish], caller=finance, origin=step.origin)
    assert not isinstance(command, ServiceError), "finance sees and may undo everything of its company"
    post_undoings([command])
