"""The ledger in the back office: to look at, never to change. Whoever knows people and wallets registers it.

What is done here is to close the books, and to decide about events of other services that failed.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.admin import AdminSite
from django.db.models import Model

from ledger.admin.accounts import AccountAdmin, AssetAdmin
from ledger.admin.closings import CloseBooks, ClosingAdmin, OriginOf
from ledger.admin.inbox import Desk, InboxEventAdmin
from ledger.admin.job_runs import JobRunAdmin
from ledger.admin.outbox import OutboxMessageAdmin
from ledger.admin.records import CommandAdmin, EventAdmin, PostingAdmin
from ledger.admin.reservations import ReservationAdmin
from ledger.admin.scoped import ScopedAdmin, ScopeOf, UrlOf
from ledger.admin.seals import RecordSealAdmin, SealAdmin
from ledger.admin.transactions import TransactionAdmin
from ledger.models import (
    Account,
    Asset,
    Closing,
    Command,
    Event,
    InboxEvent,
    JobRun,
    OutboxMessage,
    Posting,
    RecordSeal,
    Reservation,
    Seal,
    Transaction,
)

SCREENS: dict[type[Model], type[ScopedAdmin]] = {
    Account: AccountAdmin,
    Transaction: TransactionAdmin,
    Reservation: ReservationAdmin,
    Event: EventAdmin,
    Posting: PostingAdmin,
    Command: CommandAdmin,
    OutboxMessage: OutboxMessageAdmin,
    Seal: SealAdmin,
    RecordSeal: RecordSealAdmin,
    JobRun: JobRunAdmin,
}


Extended = Mapping[type[ScopedAdmin], type[ScopedAdmin]]


def register(
    site: AdminSite,
    *,
    scope_of: ScopeOf,
    wallet_url: UrlOf,
    origin_of: OriginOf,
    closes_books: CloseBooks,
    extended: Extended,
    desk: Desk,
) -> None:
    """Put the ledger's screens on a site.

    Args:
        scope_of: what the member of staff behind a request may see.
        wallet_url: where a wallet is shown.
        origin_of: who that member of staff is, as the ledger keeps it.
        closes_books: closes the books of his company; whoever knows people keeps who it was.
        extended: screens to which the floors above have added buttons, by the screen that they extend.
        desk: what can be done about events of other services.
    """
    site.register(Asset, AssetAdmin)
    answers = {"scope_of": staticmethod(scope_of), "wallet_url": staticmethod(wallet_url)}
    for model, screen in SCREENS.items():
        site.register(model, extended.get(screen, screen), **answers)
    site.register(InboxEvent, InboxEventAdmin, **answers, desk=desk)
    closing = {"origin_of": staticmethod(origin_of), "closes_books": staticmethod(closes_books)}
    site.register(Closing, ClosingAdmin, **answers, **closing)
