"""`transaction.reverse`: give back all of what a document moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.errors import Forbidden, ServiceError
from ledger.ids import new_id
from ledger.selectors.transactions import Transaction, get_transactions
from ledger.services.movements import Claim
from ledger.services.undoing import Undo
from wallets.models import Wallet
from wallets.selectors.transactions import get_visible_transaction
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument
from wallets.services.approvals.showing import done, rehearsed
from wallets.services.undoing import UNDOERS, UndoRequest, prepare_undoings
from wallets.services.wallets import ledger_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    txn_id: UUID
    reason: str


class ReverseTransaction(Operation[Reversal]):
    name = "transaction.reverse"
    title = "Reverse a transaction"

    def read(self, arguments: Arguments) -> Reversal:
        return Reversal(txn_id=id_argument(arguments, "txn_id"), reason=str(arguments.get("reason", "")))

    def authorise(self, maker: Caller, asked: Reversal) -> None:
        get_visible_transaction(maker, asked.txn_id)
        if maker.role not in UNDOERS:
            raise Forbidden

    def target(self, asked: Reversal) -> Target:
        row = _document(asked)
        owners = dict(Wallet.objects.filter(id__in=_parties(row)).values_list("id", "user_id"))
        payer = row.source_wallet_id or row.destination_wallet_id
        return Target(
            type="transaction",
            id=row.id,
            version=f"{row.state} v{row.version}",
            subject_id=None if payer is None else owners.get(payer),
            amount=row.total_amount,
            currency=row.asset_id,
        )

    def impact(self, maker: Caller, asked: Reversal) -> list[Change]:
        claim = Claim(scope="rehearsal", key=str(new_id()), request_hash=b"")
        command = self._command(maker, asked, claim, Origin(actor_id=maker.id, actor_role=maker.role))
        return rehearsed([command], command.document.asset, _parties(_document(asked)))

    def run(self, maker: Caller, asked: Reversal, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        command = self._command(maker, asked, claim, origin)
        return {"txn_id": str(done([command], command.document.asset).transaction_id)}

    def _command(self, maker: Caller, asked: Reversal, claim: Claim, origin: Origin) -> Undo:
        wish = UndoRequest(claim=claim, txn_id=asked.txn_id, reason=asked.reason)
        (command,) = prepare_undoings([wish], caller=maker, origin=ledger_origin(origin))
        if isinstance(command, ServiceError):
            raise command
        return command


def target_of_reversal(command: Undo) -> Target:
    """Of a prepared reversal, as far as rules look at it."""
    document = command.document
    return Target(
        type="transaction",
        id=command.original_id,
        version="",
        amount=document.total_amount,
        currency=document.asset,
    )


def _document(asked: Reversal) -> Transaction:
    (row,) = get_transactions([asked.txn_id])
    return row


def _parties(row: Transaction) -> dict[UUID, str]:
    """The wallets of a document, as the reversal of it sees them."""
    named = ((row.source_wallet_id, "Payer"), (row.destination_wallet_id, "Receiver"))
    return {id: name for id, name in named if id is not None}
