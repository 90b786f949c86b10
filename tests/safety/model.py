"""A ledger as plain arithmetic, written from the documents (docs/interface.md, the safety paper) and from nothing else.

It knows no database, no clock and no thread. What is refused names the code that the documents give precedence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal, Inexact
from uuid import UUID

from tests.safety.history import Kind, Wish
from tests.safety.verdicts import Done, Unknown, Verdict, answer, refused

EXACT = Context(prec=60, traps=[Inexact])
ZERO = Decimal(0)
CLOSED_OUT = {"SUSPENDED": "wallet.suspended", "FROZEN": "wallet.frozen", "CLOSED": "wallet.closed"}
CLOSED_IN = {"FROZEN": "wallet.frozen", "CLOSED": "wallet.closed"}


@dataclass(slots=True)
class Purse:
    currency: str
    available: Decimal = ZERO
    reserved: Decimal = ZERO
    pending: Decimal = ZERO
    status: str = "ACTIVE"


@dataclass(slots=True)
class Sheet:
    """A document: what moved, and how much of it was given back."""

    source: UUID
    destination: UUID | None
    amount: Decimal
    state: str = "COMPLETED"
    refunded: Decimal = ZERO
    is_undoing: bool = False


@dataclass(slots=True)
class Pledge:
    """A hold.

    Attributes:
        expected_by: who was told of it when it was made, and sees it as pending.
    """

    sheet: UUID
    wallet: UUID
    destination: UUID | None
    amount: Decimal
    expires_at: datetime
    expected_by: UUID | None = None
    captured: Decimal = ZERO
    released: Decimal = ZERO
    status: str = "ACTIVE"

    @property
    def rest(self) -> Decimal:
        return EXACT.subtract(self.amount, EXACT.add(self.captured, self.released))


@dataclass(frozen=True, slots=True)
class Made:
    """The ids that the ledger gave to what a wish made. They mean nothing to the model but names."""

    document: UUID | None = None
    hold: UUID | None = None


NOTHING = Made()


@dataclass(slots=True)
class Model:
    """
    Attributes:
        budgets: what may still be spent out of some wallets.
        is_trial: nothing changes while it is set (`would`).
    """

    purses: dict[UUID, Purse] = field(default_factory=dict)
    budgets: dict[UUID, Decimal] = field(default_factory=dict)
    sheets: dict[UUID, Sheet] = field(default_factory=dict)
    pledges: dict[UUID, Pledge] = field(default_factory=dict)
    is_trial: bool = False

    def would(self, wish: Wish, at: datetime) -> Verdict:
        """What `apply` would say, without doing it."""
        self.is_trial = True
        try:
            return self.apply(wish, at)
        finally:
            self.is_trial = False

    def apply(self, wish: Wish, at: datetime, made: Made = NOTHING) -> Verdict:
        """Do what is wished, or say why not; what is refused changes nothing.

        Args:
            at: the instant of the decision.
        """
        match wish.kind:
            case Kind.TRANSFER:
                return self._transfer(wish, made)
            case Kind.RESERVE:
                return self._reserve(wish, at, made)
            case Kind.CAPTURE | Kind.RELEASE | Kind.EXTEND | Kind.EXPIRE:
                return self._step(wish, at)
            case Kind.REFUND | Kind.REVERSAL:
                return self._undo(wish, made)
            case Kind.STATUS:
                return self._set_status(wish)
            case _:
                return Done()

    def total(self) -> Decimal:
        """All money of all wallets; what is pending belongs to somebody else still."""
        return sum((EXACT.add(one.available, one.reserved) for one in self.purses.values()), ZERO)

    def _transfer(self, wish: Wish, made: Made) -> Verdict:
        source, destination, amount = wish.source, wish.destination, wish.amount
        assert source is not None, "a transfer has a source"
        assert destination is not None, "a transfer has a destination"
        assert amount is not None, "a transfer has an amount"
        if source == destination:
            return refused("transfer.same_wallet")
        codes = [*self._may_pay(source, amount, wish.currency), *self._may_get(destination, wish.currency)]
        codes += self._within_budget(source, amount)
        if codes or self.is_trial:
            return answer(codes)
        self._move(source, -amount)
        self._move(destination, amount)
        self._spend(source, amount)
        if made.document is not None:
            self.sheets[made.document] = Sheet(source, destination, amount)
        return Done({source: -amount, destination: amount})

    def _reserve(self, wish: Wish, at: datetime, made: Made) -> Verdict:
        source, amount = wish.source, wish.amount
        assert source is not None, "a hold has a wallet"
        assert amount is not None, "a hold has an amount"
        if source == wish.destination:
            return refused("transfer.same_wallet")
        codes = [*self._may_pay(source, amount, wish.currency), *self._within_budget(source, amount)]
        if wish.destination is not None:
            codes += self._may_get(wish.destination, wish.currency)
        if codes or self.is_trial:
            return answer(codes)
        self._move(source, -amount)
        self.purses[source].reserved = EXACT.add(self.purses[source].reserved, amount)
        self._expect(wish.destination, amount)
        self._spend(source, amount)
        if made.document is not None and made.hold is not None:
            expires_at = at + timedelta(seconds=wish.seconds)
            self.pledges[made.hold] = Pledge(
                made.document, source, wish.destination, amount, expires_at, expected_by=wish.destination
            )
            self.sheets[made.document] = Sheet(source, wish.destination, amount, "BALANCE_RESERVED")
        return Done({source: -amount})

    def _step(self, wish: Wish, at: datetime) -> Verdict:
        pledge = self.pledges.get(wish.about) if wish.about is not None else None
        if pledge is None:
            return Unknown(f"no hold {wish.about}")
        is_late = at >= pledge.expires_at  # to the microsecond
        if wish.kind is Kind.EXPIRE:
            if pledge.status != "ACTIVE" or not is_late:
                return refused("reservation.not_open")
            return self._settle(pledge, "EXPIRED", ZERO, pledge.rest)
        if wish.kind is Kind.CAPTURE and wish.destination == pledge.wallet:
            return refused("transfer.same_wallet")
        if pledge.status == "EXPIRED" or (pledge.status == "ACTIVE" and is_late):
            return refused("reservation.expired")
        if pledge.status != "ACTIVE":
            return refused("reservation.not_open")
        if wish.kind is Kind.RELEASE:
            return self._settle(pledge, "RELEASED", ZERO, pledge.rest)
        if wish.kind is Kind.EXTEND:
            if self.is_trial:
                return Done()
            pledge.expires_at = at + timedelta(seconds=wish.seconds)
            return Done()
        return self._capture(wish, pledge)

    def _capture(self, wish: Wish, pledge: Pledge) -> Verdict:
        amount = pledge.rest if wish.amount is None else wish.amount
        target = wish.destination or pledge.destination
        codes = ["reservation.capture_exceeds"] if amount > pledge.rest else []
        if (pledge.destination is not None or pledge.captured) and target != pledge.destination:
            codes.append("precondition.failed")
        holder = self.purses[pledge.wallet]
        codes += [CLOSED_IN[holder.status]] if holder.status in CLOSED_IN else []
        if target is not None:
            codes += self._may_get(target, holder.currency)
        if codes or self.is_trial:
            return answer(codes)
        back = max(EXACT.subtract(pledge.rest, amount), ZERO) if wish.is_final else ZERO
        if pledge.destination is None and target is not None:
            pledge.destination = self.sheets[pledge.sheet].destination = target
        verdict = self._settle(pledge, "COMPLETED", amount, back)
        if target is not None:
            self._move(target, amount)
        return verdict

    def _settle(self, pledge: Pledge, status: str, paid: Decimal, back: Decimal) -> Done:
        """Pay some of what is held and give back some; what then has nothing left has ended."""
        if self.is_trial:
            return Done()
        holder, sheet = self.purses[pledge.wallet], self.sheets[pledge.sheet]
        gone = EXACT.add(paid, back)
        holder.reserved = EXACT.subtract(holder.reserved, gone)
        holder.available = EXACT.add(holder.available, back)
        if pledge.wallet in self.budgets:
            self.budgets[pledge.wallet] = EXACT.add(self.budgets[pledge.wallet], back)
        self._expect(pledge.expected_by, -gone)
        pledge.captured = EXACT.add(pledge.captured, paid)
        pledge.released = EXACT.add(pledge.released, back)
        if not pledge.rest:
            pledge.status = status
            sheet.state = "COMPLETED" if pledge.captured else "CANCELLED"
            sheet.amount = pledge.captured or sheet.amount
        return Done({pledge.wallet: back})

    def _undo(self, wish: Wish, made: Made) -> Verdict:
        sheet = self.sheets.get(wish.about) if wish.about is not None else None
        if sheet is None:
            return Unknown(f"no document {wish.about}")
        is_whole = wish.kind is Kind.REVERSAL
        if sheet.state != "COMPLETED" or sheet.is_undoing or (is_whole and sheet.refunded):
            return refused("transaction.not_reversible")
        amount = sheet.amount if is_whole or wish.amount is None else wish.amount
        codes = ["refund.exceeds_original"] if amount > EXACT.subtract(sheet.amount, sheet.refunded) else []
        currency = self.purses[sheet.source].currency
        if sheet.destination is not None:
            codes += self._may_pay(sheet.destination, amount, currency)
        codes += self._may_get(sheet.source, currency)
        if codes or self.is_trial:
            return answer(codes)
        if sheet.destination is not None:
            self._move(sheet.destination, -amount)
        self._move(sheet.source, amount)
        self._spend(sheet.source, -amount)
        sheet.refunded = EXACT.add(sheet.refunded, amount)
        sheet.state = "REVERSED" if is_whole else sheet.state
        if made.document is not None:
            self.sheets[made.document] = Sheet(sheet.source, sheet.destination, amount, is_undoing=True)
        return Done({sheet.source: amount})

    def _set_status(self, wish: Wish) -> Verdict:
        assert wish.source is not None, "a status belongs to a wallet"
        purse = self.purses[wish.source]
        if wish.status == purse.status:
            return Done()
        if purse.status == "CLOSED":
            return refused("wallet.invalid_transition")
        if wish.status == "CLOSED" and (purse.available or purse.reserved or purse.pending):
            return refused("wallet.not_empty")
        if not self.is_trial:
            purse.status = wish.status
        return Done()

    def _may_pay(self, wallet: UUID, amount: Decimal, currency: str) -> list[str]:
        purse = self.purses[wallet]
        codes = [CLOSED_OUT[purse.status]] if purse.status in CLOSED_OUT else []
        if purse.currency != currency:
            return [*codes, "currency.mismatch"]
        return [*codes, "funds.insufficient"] if purse.available < amount else codes

    def _may_get(self, wallet: UUID, currency: str) -> list[str]:
        purse = self.purses[wallet]
        codes = [CLOSED_IN[purse.status]] if purse.status in CLOSED_IN else []
        return codes if purse.currency == currency else [*codes, "currency.mismatch"]

    def _within_budget(self, wallet: UUID, amount: Decimal) -> list[str]:
        left = self.budgets.get(wallet)
        return ["budget.exceeded"] if left is not None and amount > left else []

    def _spend(self, wallet: UUID, amount: Decimal) -> None:
        if wallet in self.budgets:
            self.budgets[wallet] = EXACT.subtract(self.budgets[wallet], amount)

    def _move(self, wallet: UUID, amount: Decimal) -> None:
        purse = self.purses[wallet]
        purse.available = EXACT.add(purse.available, amount)

    def _expect(self, wallet: UUID | None, amount: Decimal) -> None:
        if wallet is not None:
            self.purses[wallet].pending = EXACT.add(self.purses[wallet].pending, amount)
