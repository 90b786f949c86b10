"""What becomes of a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.commands import AnyCommand, Document, Reserve, Transfer, Undo
from ledger.core.machine import Decision
from ledger.core.refusals import Refusal
from ledger.core.state import Hold, Original


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one command just now.

    Attributes:
        before, after: the accounts that the command names, around the decision (system accounts: checkpoints).
        recorded_at: the database's clock under the lock.
        hold: the hold that it made or changed, as it is afterwards.
        original: what it undid, as it is afterwards.
    """

    command: AnyCommand
    decision: Decision
    before: Mapping[UUID, Account]
    after: Mapping[UUID, Account]
    recorded_at: datetime
    hold: Hold | None = None
    original: Original | None = None

    @property
    def refusal(self) -> Refusal | None:
        return self.decision.refusal

    @property
    def document(self) -> Document | None:
        """The document that the command made, failed ones too."""
        return self.command.document if isinstance(self.command, Transfer | Reserve | Undo) else None

    @property
    def transaction_id(self) -> UUID | None:
        """The document that the command made, or that its hold belongs to."""
        if self.document is not None:
            return self.document.id
        return self.hold.transaction_id if self.hold is not None else None

    @property
    def wallet_ids(self) -> list[UUID]:
        """The wallets whose figures the command names."""
        return [account.owner_id for account in self.after.values() if account.is_headline]

    def wallet(self, wallet_id: UUID) -> Account:
        """The AVAILABLE account of a wallet after the decision."""
        return next(a for a in self.after.values() if a.is_headline and a.owner_id == wallet_id)
