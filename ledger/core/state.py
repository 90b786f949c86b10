"""What the machine is handed and keeps up to date: accounts, holds, and the documents that shall be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.stages import TransactionState
from ledger.money import EXACT, ZERO

Accounts = Mapping[UUID, Account]


class HoldStatus(StrEnum):
    """ACTIVE until it ends, once and for ever, in one of the others (R166)."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a hold keeps: the money itself, what its receiver may expect, or an envelope of a budget.

    All parts of a hold move together and by the same amount, unless a part has its own.

    Attributes:
        source: the account that it was taken from and that gets back what is released.
        held: where it lies meanwhile (a wallet's RESERVED, a receiver's PENDING, an envelope's RESERVED).
        target: where a capture brings it; None until a capture says so.
        units: kept instead of the hold's amount: it goes with the first capture, or back if there is none.
    """

    source: UUID
    held: UUID
    target: UUID | None
    asset: str
    units: Decimal | None = None

    def taken_by(self, amount: Decimal) -> Decimal:
        """What is kept of it for an amount."""
        return amount if self.units is None else self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Money that is spoken for until a deadline (R164–R166).

    Attributes:
        seq: how many events its document has had.
        parts: the money first, then whatever is kept with it.
        destination_wallet_id: whom it will be paid to; None = not said yet, or nobody's wallet.
        captured, released: parts of `amount`; what is left of it is still held.
        stage: the state of its document while it is active.
    """

    id: UUID
    transaction_id: UUID
    seq: int
    wallet_id: UUID
    destination_wallet_id: UUID | None
    asset: str
    amount: Decimal
    captured: Decimal = ZERO
    released: Decimal = ZERO
    status: HoldStatus = HoldStatus.ACTIVE
    stage: TransactionState = TransactionState.BALANCE_RESERVED
    expires_at: datetime
    purpose: str = ""
    reference_type: str = ""
    reference_id: str = ""
    parts: tuple[Part, ...]

    @property
    def rest(self) -> Decimal:
        """What is still held."""
        return EXACT.subtract(self.amount, EXACT.add(self.captured, self.released))


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A document that somebody wants undone.

    Attributes:
        seq: how many events it has had.
        refunded: what has been given back of `amount` so far.
        net: what its postings changed, by account; accounts that ended as they began are left out.
        moved: the same one by one, by account: when each was recorded, and how much.
    """

    id: UUID
    type: str
    state: str
    amount: Decimal
    refunded: Decimal
    seq: int
    net: Mapping[UUID, Decimal]
    moved: Mapping[UUID, tuple[tuple[datetime, Decimal], ...]] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """All that a decision depends on, by id; also what an event changed, as it was afterwards."""

    accounts: dict[UUID, Account] = field(default_factory=dict)
    holds: dict[UUID, Hold] = field(default_factory=dict)
    originals: dict[UUID, Original] = field(default_factory=dict)

    def absorb(self, changed: State) -> None:
        """Take over what an event changed."""
        self.accounts.update(changed.accounts)
        self.holds.update(changed.holds)
        self.originals.update(changed.originals)
