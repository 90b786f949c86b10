"""The ledger in the back office: to look at, never to change. Whoever knows people and wallets registers it.

The one thing that is done here is to close the books.
"""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.db.models import Model

from ledger.admin.accounts import AccountAdmin, AssetAdmin
from ledger.admin.closings import ClosingAdmin, OriginOf
from ledger.admin.outbox import OutboxMessageAdmin
from ledger.admin.records import CommandAdmin, EventAdmin, PostingAdmin
from ledger.admin.scoped import ScopedAdmin, ScopeOf, UrlOf
from ledger.admin.seals import SealAdmin
from ledger.admin.transactions import TransactionAdmin
from ledger.models import Account, Asset, Closing, Command, Event, OutboxMessage, Posting, Seal, Transaction

SCREENS: dict[type[Model], type[ScopedAdmin]] = {
    Account: AccountAdmin,
    Transaction: TransactionAdmin,
    Event: EventAdmin,
    Posting: PostingAdmin,
    Command: CommandAdmin,
    Seal: SealAdmin,
}


def register(
    site: AdminSite,
    *,
    scope_of: ScopeOf,
    wallet_url: UrlOf,
    origin_of: OriginOf,
    outbox: type[OutboxMessageAdmin] = OutboxMessageAdmin,
) -> None:
    """Put the ledger's screens on a site.

    Args:
        scope_of: what the member of staff behind a request may see.
        wallet_url: where a wallet is shown.
        origin_of: who that member of staff is, as the ledger keeps it.
        outbox: the screen of messages, with what may be done about them.
    """
    site.register(Asset, AssetAdmin)
    answers = {"scope_of": staticmethod(scope_of), "wallet_url": staticmethod(wallet_url)}
    screens: dict[type[Model], type[ScopedAdmin]] = {**SCREENS, OutboxMessage: outbox}
    for model, screen in screens.items():
        site.register(model, screen, **answers)
    site.register(Closing, ClosingAdmin, **answers, origin_of=staticmethod(origin_of))
