"""What a booking holds, and giving it back when the booking is cancelled."""

from __future__ import annotations

from ledger.errors import Busy, Refused
from ledger.selectors.holds import Hold, HoldStatus, hold_of, reservation_of
from ledger.selectors.transactions import Transaction
from ledger.services import journal
from ledger.services.accounts import digest
from ledger.services.holds import Step, release
from ledger.services.inbox import Incoming, NotYet
from ledger.services.movements import Claim, Origin


def open_hold_of(booking: Transaction) -> Hold | None:
    """What a booking holds just now. None: it was debited at once, or what it held has been settled."""
    row = reservation_of(booking.id)
    return hold_of(row) if row is not None and row.status == HoldStatus.ACTIVE.value else None


def release_hold(hold: Hold, incoming: Incoming) -> None:
    """Give back what is left of a hold.

    Raises:
        NotYet: its deadline has passed, and what was left is coming back by itself.
        Busy: somebody else has just settled it, so look again.
        Refused: a provider has it; whether he has paid must be known before.
    """
    key = f"{incoming.id}:release"
    step = Step(
        claim=Claim(scope="inbox", key=key, request_hash=digest(key)),
        origin=Origin(actor_type="SYSTEM", actor_id=incoming.account_id, correlation_id=str(incoming.id)),
    )
    (outcome,) = journal.record([release(hold, step, reason="The booking was cancelled.")])
    assert outcome.result is not None, "the key is the inbox row's"
    refusal = outcome.result.refusal
    if refusal is None:
        return
    match refusal.code.value:
        case "reservation.expired":
            raise NotYet(f"hold:{hold.id}", "Its deadline has passed; what was left is coming back.")
        case "reservation.not_open":
            raise Busy("Somebody else is settling this booking just now.")
        case code:
            raise Refused("What this booking holds cannot be released.", code=code)
