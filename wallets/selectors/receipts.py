"""Which parts of a sealed document a caller may see: those that the interface shows him anyway (ADR 0018)."""

from __future__ import annotations

from uuid import UUID

from compliance.models import Caller
from ledger.selectors.receipts import Kind, MayShow
from ledger.selectors.transactions import Transaction, entries_of
from wallets.selectors.transactions import visible_wallet_ids


def visible_parts(caller: Caller, transaction: Transaction) -> MayShow:
    """The rule for one document.

    The events are shown to whoever sees the document; a posting to who sees its wallet, or if it is on an account of
    the company, which has no running balance; what budgets and limits gave to who sees the payer; the figures behind
    the decision, and from which log-in it was asked for, to who sees every wallet that takes part.
    """
    everything = entries_of(transaction.id)
    entries = [entry for entry in everything if entry.is_money]
    parties = {transaction.source_wallet_id, transaction.destination_wallet_id} - {None}
    owners = {entry.owner_id for entry in entries if entry.bucket != "SYSTEM"}
    visible = visible_wallet_ids(caller, (id for id in parties | owners if id is not None))
    shown = {entry.id for entry in entries if entry.bucket == "SYSTEM" or entry.owner_id in visible}
    if (transaction.source_wallet_id or transaction.destination_wallet_id) in visible:
        shown |= {entry.id for entry in everything if not entry.is_money}
    sees_all = parties | owners <= visible

    def may_show(kind: Kind, row_id: UUID) -> bool:
        match kind:
            case Kind.EVENT:
                return True
            case Kind.DETAIL:
                return sees_all
            case Kind.POSTING:
                return row_id in shown
            case _:
                return False  # no part of an event

    return may_show
