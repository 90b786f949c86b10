"""Whether a spend would be let through: decided by the same path as a real one, then undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.transaction import atomic, set_rollback

from budgets.models.vocabulary import LimitedType
from compliance.models import Caller
from ledger.services import journal
from ledger.services.accounts import digest, missing_openings
from ledger.services.journal import Result
from ledger.services.movements import Claim, Details, Origin, payment, transfer
from wallets.models import Wallet
from wallets.services.bookings import clearing_account
from wallets.services.spending import covering, spend_from
from wallets.services.transfers import side_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedSpend:
    """A spend that nobody has asked for yet.

    Attributes:
        wallet: one that the caller sees, with its user. to: the one that receives it, for a TRANSFER; None otherwise.
        category: of the booking; "" = none.
    """

    wallet: Wallet
    amount: Decimal
    currency: str
    type: LimitedType = LimitedType.PAYMENT
    category: str = ""
    to: Wallet | None = None


def rehearse_spend(wanted: ImaginedSpend, *, caller: Caller, origin: Origin) -> Result:
    """What would become of a spend now: `decision.gates` are all that it would have to pass. Nothing is written, not
    even the period opened that it would be the first of."""
    with atomic():
        result = _rehearse(wanted, caller, origin)
        set_rollback(True)
    return result


def _rehearse(wanted: ImaginedSpend, caller: Caller, origin: Origin) -> Result:
    metadata = {"category": wanted.category} if wanted.category else {}
    spend = spend_from(wanted.wallet, currency=wanted.currency, metadata=metadata, to=wanted.to)
    (allowances,) = covering([replace(spend, type=wanted.type)])
    details = Details(
        claim=Claim(scope="budget-check", key="", request_hash=digest("")),
        origin=origin,
        company_id=caller.company_id,
        amount=wanted.amount,
        currency=wanted.currency,
        metadata=metadata,
        allowances=allowances,
    )
    source = side_of(wanted.wallet)
    if wanted.to is not None:
        (result,) = journal.rehearse([transfer(source, side_of(wanted.to), details)])
        return result
    clearing = clearing_account(caller.company_id, wanted.currency)
    *_, result = journal.rehearse([*missing_openings([clearing]), payment(source, clearing, details)])
    return result
