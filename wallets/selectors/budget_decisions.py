"""Which decisions of budgets and limits a caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from compliance.models import Caller
from ledger.errors import NotFound
from ledger.selectors.decisions import DecisionRecord, decisions_about
from ledger.selectors.rule_decisions import documents_under_rules, first_events, is_under_rules
from ledger.selectors.transactions import Transaction, events_of
from wallets.selectors.budgets import get_visible_budget
from wallets.selectors.transactions import get_visible_transaction, visible_wallet_ids
from wallets.selectors.wallets import get_wallet, wallets_visible_to


@dataclass(frozen=True, slots=True)
class DecidedSpend:
    """A document, how it was decided on, and what was decided since about what it holds."""

    document: Transaction
    decision: DecisionRecord
    later: Sequence[DecisionRecord] = ()


def find_decided_spends(
    caller: Caller, *, wallet_id: UUID | None, budget_id: UUID | None, is_refused: bool | None
) -> QuerySet[Transaction]:
    """The spends of visible wallets in which a budget or a limit had a say, unordered: for pages to be cut from.

    Args:
        wallet_id: of this wallet; budget_id: about which this budget was asked; one of them at least.
        is_refused: only refused ones, or only others. None = both.

    Raises:
        NotFound: a wallet or budget that does not exist, or that the caller may not see.
    """
    documents = documents_under_rules(budget_id=budget_id, is_refused=is_refused)
    if budget_id is not None:
        budget = get_visible_budget(caller, budget_id)
        documents = documents.filter(company_id=budget.company_id)
        if budget.wallet_id is not None:
            documents = documents.filter(source_wallet_id=budget.wallet_id)
    if wallet_id is not None:
        return documents.filter(source_wallet_id=get_wallet(caller, wallet_id).id)
    return documents.filter(source_wallet_id__in=wallets_visible_to(caller).values("id"))


def decided_spends(documents: Sequence[Transaction]) -> list[DecidedSpend]:
    """How each of the documents of `find_decided_spends` was decided on; one query."""
    events = first_events(document.id for document in documents)
    payers = {document.source_wallet_id for document in documents if document.source_wallet_id is not None}
    return [
        DecidedSpend(document, decisions_about(document, [events[document.id]], visible=payers)[0])
        for document in documents
    ]


def get_decided_spend(caller: Caller, transaction_id: UUID) -> DecidedSpend:
    """One decision in which a budget or a limit had a say, with what was decided since. It is the payer's business: who
    receives the money does not learn what binds whoever sends it.

    Raises:
        NotFound: no such document, none for these eyes, or one that no budget and no limit was asked about.
    """
    document = get_visible_transaction(caller, transaction_id)
    events = list(events_of(document.id))
    parties = [id for id in (document.source_wallet_id, document.destination_wallet_id) if id is not None]
    visible = visible_wallet_ids(caller, parties)
    if document.source_wallet_id not in visible or not is_under_rules(events[0]):
        raise NotFound
    first, *later = decisions_about(document, events, visible=visible)
    return DecidedSpend(document, first, later)
