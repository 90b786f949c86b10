"""What of the ledger somebody may see. The ledger knows companies and wallets by their ids only; the floors above
say which ones are visible to whom, and everything here follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from ledger.core.accounts import WALLET
from ledger.core.events import EventType, Stream
from ledger.models import (
    Account,
    Closing,
    Command,
    Event,
    InboxEvent,
    OutboxMessage,
    Posting,
    RecordSeal,
    Reservation,
    Seal,
    Transaction,
)
from ledger.selectors.job_runs import job_runs

RULE_STREAMS = (Stream.BUDGET.value, Stream.LIMIT.value)
"""What happens to budgets and limits is an event of theirs, and told under their id."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the ledger that one member of staff works with.

    Attributes:
        company_id: nothing outside of this company.
        wallets: the visible wallets; only their primary keys are looked at.
        wallet_ids: the same ones by name when they are few (a team), so that indexes find them. None: the whole
            company, with its own accounts.
        actors: the company's people and programs; used to find commands that made no document.
        rules: the visible budgets and limits; only their primary keys are looked at.
    """

    company_id: UUID
    wallets: QuerySet[Any]
    wallet_ids: frozenset[UUID] | None = None
    actors: tuple[QuerySet[Any], ...] = ()
    rules: tuple[QuerySet[Any], ...] = ()

    @property
    def is_whole_company(self) -> bool:
        return self.wallet_ids is None

    def sees_wallet(self, wallet_id: UUID | None) -> bool:
        """Whether a wallet is visible. No wallet is the company's own side."""
        if self.wallet_ids is not None:
            return wallet_id in self.wallet_ids
        return wallet_id is None or self.wallets.filter(pk=wallet_id).exists()

    def names_wallet(self, column: str) -> Q | Exists:
        """The condition that a column holds the id of a visible wallet."""
        if self.wallet_ids is not None:
            return Q(**{f"{column}__in": self.wallet_ids})
        return Exists(self.wallets.filter(pk=OuterRef(column)))

    def names_rule(self, column: str) -> Q:
        """The condition that a column holds the id of a visible budget or limit."""
        named = Q(pk__in=[])
        for rules in self.rules:
            named |= Q(Exists(rules.filter(pk=OuterRef(column))))
        return named


def accounts_within(scope: Scope) -> QuerySet[Account]:
    """The accounts of visible wallets, and of the company itself for who sees all of it."""
    visible = Q(owner_type=WALLET) & Q(scope.names_wallet("owner_id"))
    if scope.is_whole_company:
        visible |= ~Q(owner_type=WALLET) & Q(owner_id=scope.company_id)
    return Account.objects.filter(visible)


def transactions_within(scope: Scope) -> QuerySet[Transaction]:
    """The documents that touch a visible wallet. A payment that was refused is the payer's business alone."""
    documents = Transaction.objects.filter(company_id=scope.company_id)
    if scope.is_whole_company:
        return documents
    was_received = ~Q(state="FAILED") | Q(source_wallet_id__isnull=True)
    incoming = Q(scope.names_wallet("destination_wallet_id")) & was_received
    return documents.filter(Q(scope.names_wallet("source_wallet_id")) | incoming)


def reservations_within(scope: Scope) -> QuerySet[Reservation]:
    """The holds on visible wallets. Who is to receive one sees its document."""
    return Reservation.objects.filter(scope.names_wallet("wallet_id"))


def events_within(scope: Scope) -> QuerySet[Event]:
    """The history of visible documents, accounts, budgets and limits."""
    documents, accounts = transactions_within(scope), accounts_within(scope)
    if scope.is_whole_company:
        of_document = Q(stream=Stream.TRANSACTION) & Q(Exists(_one_by_one(documents, "stream_id")))
        of_account = Q(stream=Stream.ACCOUNTS) & Q(Exists(accounts.filter(id=OuterRef("stream_id"))))
        of_rule = Q(stream__in=RULE_STREAMS) & scope.names_rule("stream_id")
        return Event.objects.filter(of_document | of_account | of_rule)
    # Few streams among many: found by the index on streams, where the condition above would read every event.
    found = Event.objects.filter(stream_id__in=documents.values("id").union(accounts.values("id"), all=True))
    # What was refused to a payer is nobody's business who does not see his wallet.
    paid_by_them = _one_by_one(documents.filter(scope.names_wallet("source_wallet_id")), "stream_id")
    return found.filter(~Q(type=EventType.RESERVATION_REFUSED) | Q(Exists(paid_by_them)))


def _one_by_one(documents: QuerySet[Transaction], column: str) -> QuerySet[Transaction]:
    """The document that a row names. As an equation, the planner would rather read all documents of all months once
    than look up those of the fifty rows of a page; a range it can only look up, in the one month that it is in."""
    return documents.filter(id__gte=OuterRef(column), id__lte=OuterRef(column))


def postings_within(scope: Scope) -> QuerySet[Posting]:
    """The lines on visible accounts; the other side of a transfer may be somebody else's."""
    return Posting.objects.filter(account__in=accounts_within(scope))


def closings_within(scope: Scope) -> QuerySet[Closing]:
    """When the company closed its books, for who sees the whole company."""
    closings = Closing.objects.filter(company_id=scope.company_id)
    return closings if scope.is_whole_company else closings.none()


def inbox_within(scope: Scope) -> QuerySet[InboxEvent]:
    """The events about the company, and those of which nobody can tell whom they are about, for who sees all of it."""
    rows = InboxEvent.objects.filter(Q(company_id=scope.company_id) | Q(company_id__isnull=True))
    return rows if scope.is_whole_company else rows.none()


def outbox_within(scope: Scope) -> QuerySet[OutboxMessage]:
    """The messages about visible wallets, documents, budgets and limits."""
    documents = _one_by_one(transactions_within(scope), "aggregate_id")
    of_wallet = Q(aggregate_type="wallet") & Q(scope.names_wallet("aggregate_id"))
    of_document = Q(aggregate_type="transaction") & Q(Exists(documents))
    of_rule = Q(aggregate_type__in=RULE_STREAMS) & scope.names_rule("aggregate_id")
    return OutboxMessage.objects.filter(of_wallet | of_document | of_rule)


def commands_within(scope: Scope) -> QuerySet[Command]:
    """The wishes that made visible documents, and all of the company's own for who sees the whole company."""
    visible = Q(Exists(_one_by_one(transactions_within(scope), "transaction_id")))
    if scope.is_whole_company:
        for actors in scope.actors:
            visible |= Q(Exists(actors.filter(pk=OuterRef("actor_id"))))
    return Command.objects.filter(visible)


def seals_within(scope: Scope) -> QuerySet[Seal]:
    """The seals of the installation for who sees a whole company; they tell nothing of what is under them."""
    return Seal.objects.all() if scope.is_whole_company else Seal.objects.none()


def record_seals_within(scope: Scope) -> QuerySet[RecordSeal]:
    """Likewise those over records."""
    return RecordSeal.objects.all() if scope.is_whole_company else RecordSeal.objects.none()


def job_runs_within(scope: Scope) -> QuerySet[Any]:
    """The log of the installation's jobs for who sees a whole company."""
    return job_runs() if scope.is_whole_company else job_runs().none()
