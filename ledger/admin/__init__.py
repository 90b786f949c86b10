"""The ledger in the back office: to look at, never to change. Whoever knows people and wallets registers it."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.admin import AdminSite
from django.db.models import Model

from ledger.admin.accounts import AccountAdmin, AssetAdmin
from ledger.admin.records import CommandAdmin, EventAdmin, OutboxMessageAdmin, PostingAdmin
from ledger.admin.reservations import ReservationAdmin
from ledger.admin.scoped import ScopedAdmin, ScopeOf, UrlOf
from ledger.admin.transactions import TransactionAdmin
from ledger.models import Account, Asset, Command, Event, OutboxMessage, Posting, Reservation, Transaction

SCREENS: dict[type[Model], type[ScopedAdmin]] = {
    Account: AccountAdmin,
    Transaction: TransactionAdmin,
    Reservation: ReservationAdmin,
    Event: EventAdmin,
    Posting: PostingAdmin,
    Command: CommandAdmin,
    OutboxMessage: OutboxMessageAdmin,
}


Extended = Mapping[type[ScopedAdmin], type[ScopedAdmin]]


def register(site: AdminSite, *, scope_of: ScopeOf, wallet_url: UrlOf, extended: Extended) -> None:
    """Put the ledger's screens on a site.

    Args:
        scope_of: what the member of staff behind a request may see.
        wallet_url: where a wallet is shown.
        extended: screens to which the floors above have added buttons, by the screen that they extend.
    """
    site.register(Asset, AssetAdmin)
    for model, screen in SCREENS.items():
        chosen = extended.get(screen, screen)
        site.register(model, chosen, scope_of=staticmethod(scope_of), wallet_url=staticmethod(wallet_url))
