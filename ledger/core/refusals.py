"""Why the machine says no: stable codes in order of precedence, and the gates that a command had to pass."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class RefusalCode(StrEnum):
    """Every code that the machine may answer. When several gates fail, the first of this list is the answer's
    `code`; the gates name all of them (docs/interface.md)."""

    SAME_WALLET = "transfer.same_wallet"
    ALREADY_EXISTS = "wallet.already_exists"
    INVALID_TRANSITION = "wallet.invalid_transition"
    NOT_EMPTY = "wallet.not_empty"
    HOLD_NOT_OPEN = "reservation.not_open"
    HOLD_EXPIRED = "reservation.expired"
    NOT_REVERSIBLE = "transaction.not_reversible"
    CAPTURE_EXCEEDS = "reservation.capture_exceeds"
    REFUND_EXCEEDS = "refund.exceeds_original"
    CLOSED = "wallet.closed"
    FROZEN = "wallet.frozen"
    SUSPENDED = "wallet.suspended"
    CURRENCY_MISMATCH = "currency.mismatch"
    FUNDS_INSUFFICIENT = "funds.insufficient"
    BUDGET_EXCEEDED = "budget.exceeded"
    LIMIT_EXCEEDED = "limit.exceeded"
    PRECONDITION_FAILED = "precondition.failed"


PRECEDENCE = {code: rank for rank, code in enumerate(RefusalCode)}


class GateKind(StrEnum):
    WALLET = "wallet"
    CURRENCY = "currency"
    FUNDS = "funds"
    BUDGET = "budget"
    LIMIT = "limit"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition that a command had to meet, with the figures of that moment.

    Attributes:
        id: whose gate it is, usually the wallet's id; for the ledger's own limits their name.
        code: the refusal code if it failed, None if it passed.
        required, available: what was asked and what was there, in units of the asset; None where a
            figure makes no sense or is not the caller's business.
    """

    kind: GateKind
    id: UUID | str
    code: RefusalCode | None = None
    required: Decimal | None = None
    available: Decimal | None = None

    @property
    def ok(self) -> bool:
        return self.code is None

    @property
    def shortfall(self) -> Decimal | None:
        if self.ok or self.required is None or self.available is None:
            return None
        return self.required - self.available


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decided no.

    Attributes:
        code: the first failing code in order of precedence.
        gates: every gate that was evaluated, passed ones too.
        blockers: for `wallet.not_empty`, what is left and where (bucket name to figure).
    """

    code: RefusalCode
    gates: tuple[Gate, ...] = ()
    blockers: tuple[tuple[str, Decimal], ...] = ()


def first_failure(gates: tuple[Gate, ...]) -> RefusalCode | None:
    """The failing code that comes first in the documented order, or None when every gate passed."""
    failing = [gate.code for gate in gates if gate.code is not None]
    return min(failing, key=PRECEDENCE.__getitem__, default=None)
