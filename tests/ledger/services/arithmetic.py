"""Plain arithmetic on purses, and the documents and holds of it: what the model of the ledger counts with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.commands import AnyCommand, Document, Reserve, Transfer, Undo
from tests.ledger.services.three_ledgers import BEFORE_TIME, Everything, Figures, Held, InMemory, Paper

Line = tuple[UUID, str, Decimal]
Kept = tuple[UUID, UUID, UUID | None, str, Decimal | None]

ORDER = (
    "transfer.same_wallet",
    "wallet.already_exists",
    "wallet.invalid_transition",
    "wallet.not_empty",
    "reservation.not_open",
    "reservation.expired",
    "transaction.not_reversible",
    "reservation.capture_exceeds",
    "refund.exceeds_original",
    "wallet.closed",
    "wallet.frozen",
    "wallet.suspended",
    "currency.mismatch",
    "funds.insufficient",
    "budget.not_evaluable",
    "budget.exceeded",
    "limit.exceeded",
    "precondition.failed",
)
TOO_MUCH = Decimal(10) ** 20


@dataclass(slots=True)
class Purse:
    owner_type: str
    owner: UUID
    bucket: str
    asset: str
    balance: Decimal = Decimal(0)
    status: str = "ACTIVE"
    seq: int = 0
    version: int = 1
    floor: Decimal | None = None
    window: datetime | None = None

    @property
    def is_allowance(self) -> bool:
        return self.owner_type in ("BUDGET", "LIMIT", "ALLOWANCE")

    @property
    def is_headline(self) -> bool:
        return (self.owner_type, self.bucket) == ("WALLET", "AVAILABLE")


@dataclass(slots=True)
class Sheet:
    """A document with all that it moved."""

    type: str
    state: str
    amount: Decimal
    destination: UUID | None
    refunded: Decimal = Decimal(0)
    version: int = 1
    moved: dict[UUID, Decimal] = field(default_factory=dict)
    times: dict[UUID, list[tuple[datetime, Decimal]]] = field(default_factory=dict)


@dataclass(slots=True)
class Pledge:
    """A hold. `parts`: from where, where it lies, where it goes; in which asset; how much, if not the amount."""

    sheet: UUID
    wallet: UUID
    amount: Decimal
    parts: list[Kept]
    expires_at: datetime
    destination: UUID | None
    captured: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    status: str = "ACTIVE"

    @property
    def left(self) -> Decimal:
        return self.amount - self.captured - self.released


class Arithmetic(InMemory):
    def __init__(self) -> None:
        super().__init__()
        self.purses: dict[UUID, Purse] = {}
        self.sheets: dict[UUID, Sheet] = {}
        self.pledges: dict[UUID, Pledge] = {}
        self.now = BEFORE_TIME

    def _file(
        self, document: Document, faults: Iterable[str], lines: Iterable[Line] = (), state: str = "COMPLETED"
    ) -> str | None:
        """Keep the document of a movement, failed or made."""
        code = min(faults, key=ORDER.index, default=None)
        sheet = Sheet(document.type.value, "FAILED" if code else state, document.amount, document.destination_wallet_id)
        self.sheets[document.id] = sheet
        if code is None:
            self._post(lines, sheet)
        return code

    def _post(self, lines: Iterable[Line], sheet: Sheet | None) -> None:
        wallets = set()
        for id, amount in _together(lines).items():
            purse = self.purses[id]
            purse.balance += amount
            if sheet is not None:
                sheet.moved[id] = sheet.moved.get(id, Decimal(0)) + amount
                sheet.times.setdefault(id, []).append((self.now, amount))
            if purse.bucket != "SYSTEM":
                purse.seq += 1
                purse.version += not purse.is_headline
            if purse.owner_type == "WALLET":
                wallets.add(purse.owner)
        for purse in self.purses.values():
            purse.version += purse.is_headline and purse.owner in wallets

    def _faults(
        self, lines: Iterable[Line], refusing: tuple[str, ...] = ("FROZEN", "CLOSED", "SUSPENDED"), is_new: bool = True
    ) -> Iterator[str]:
        """What stands in the way of money; what was set aside already has been asked for its floor."""
        assets = {id: asset for id, asset, _ in lines}
        for id, amount in _together(lines).items():
            purse, after = self.purses[id], self.purses[id].balance + amount
            if purse.status in refusing and (purse.status != "SUSPENDED" or amount < 0):
                yield f"wallet.{purse.status.lower()}"
            if purse.asset != assets[id]:
                yield "currency.mismatch"
            elif purse.bucket == "SYSTEM" or purse.is_allowance:
                continue
            elif amount < 0 and after < 0 and is_new:
                yield "funds.insufficient"
            elif amount > 0 and after >= TOO_MUCH:
                yield "limit.exceeded"

    def state(self) -> Any:
        return self.purses, self.sheets, self.pledges

    def restore(self, state: Any) -> None:
        self.purses, self.sheets, self.pledges = state

    def keep_refused(self, command: AnyCommand) -> None:
        if isinstance(command, Transfer | Reserve | Undo):
            self._file(command.document, {"funds.insufficient"})

    def figures(self) -> Everything:
        return Everything(
            {id: Figures(p.balance, p.status, p.seq, p.version, p.floor, p.window) for id, p in self.purses.items()},
            {id: Paper(s.state, s.amount, s.refunded, s.version, s.destination) for id, s in self.sheets.items()},
            {
                id: Held(p.status, p.amount, p.captured, p.released, p.expires_at, p.destination)
                for id, p in self.pledges.items()
            },
        )


def _together(lines: Iterable[Line]) -> dict[UUID, Decimal]:
    """One figure per account; what cancels out is no line."""
    sums: dict[UUID, Decimal] = {}
    for id, _, amount in lines:
        sums[id] = sums.get(id, Decimal(0)) + amount
    return {id: amount for id, amount in sums.items() if amount}
