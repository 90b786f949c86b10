"""Why the machine says no: stable codes in order of precedence, and the gates that a command had to pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
    BUDGET_NOT_EVALUABLE = "budget.not_evaluable"
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
        id: whose gate it is, usually the wallet's id; a budget's or a limit's; for the ledger's own limits their name.
        code: the refusal code if it failed, None if it passed.
        required, available: what was asked and what was there, in units of the asset; None where a
            figure makes no sense or is not the caller's business.
        name: what people call the budget or limit.
        unit: the asset of the figures, if it is not that of the document.
        resets_at: when there will be more; `zone` is the IANA zone in which people are told of it.
        is_late: the spend belongs to an earlier period that takes no more.
    """

    kind: GateKind
    id: UUID | str
    code: RefusalCode | None = None
    required: Decimal | None = None
    available: Decimal | None = None
    name: str = ""
    unit: str = ""
    resets_at: datetime | None = None
    zone: str = ""
    is_late: bool = False

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
