"""Which wallets a caller may see, and finding them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django_filters import CharFilter, FilterSet, UUIDFilter

from compliance.models import Caller
from compliance.selectors.scope import users_visible_to
from ledger.errors import NotFound
from ledger.selectors.balances import version_of_wallet
from wallets.models import Wallet, WalletStatus, WalletType


class WalletFilter(FilterSet):  # type: ignore[misc]  # the library has no types
    user_id = UUIDFilter()
    type = CharFilter()
    currency = CharFilter()
    status = CharFilter()


def wallets_visible_to(caller: Caller) -> QuerySet[Wallet]:
    """The wallets of the people whom the caller may see (R64)."""
    return Wallet.objects.filter(user__in=users_visible_to(caller)).select_related("user")


def find_wallets(caller: Caller, filters: Mapping[str, Any]) -> QuerySet[Wallet]:
    """The visible wallets that match every filter given: user_id, type, currency, status."""
    found: QuerySet[Wallet] = WalletFilter(filters, queryset=wallets_visible_to(caller)).qs
    return found


def wallets_by_status(caller: Caller) -> dict[str, int]:
    """How many visible wallets there are, by status."""
    counted = wallets_visible_to(caller).select_related(None).order_by().values_list("status")
    return dict(counted.annotate(count=Count("id")))


def get_wallet(caller: Caller, wallet_id: UUID) -> Wallet:
    """One wallet within the caller's scope.

    Raises:
        NotFound: no such wallet, or none that the caller may see.
    """
    wallet = wallets_visible_to(caller).filter(id=wallet_id).first()
    if wallet is None:
        raise NotFound
    return wallet


def get_wallet_and_version(caller: Caller, wallet_id: UUID) -> tuple[Wallet, int]:
    """`get_wallet`, and in the same query the version of its figures."""
    found = wallets_visible_to(caller).filter(id=wallet_id).annotate(figures_version=version_of_wallet("id")).first()
    if found is None:
        raise NotFound
    return found, found.figures_version


def get_wallets_by_any_id(caller: Caller, id: UUID) -> list[Wallet]:
    """The seeds' look-up: a wallet's id finds that wallet, a user's id all of the user's wallets, PRIMARY first.

    Raises:
        NotFound: neither, or none that the caller may see, or a user without a PRIMARY wallet.
    """
    wallets = list(wallets_visible_to(caller).filter(Q(id=id) | Q(user_id=id)))
    if len(wallets) == 1 and wallets[0].id == id:
        return wallets
    wallets.sort(key=_primary_first)
    if not wallets or wallets[0].type != WalletType.PRIMARY:
        raise NotFound
    return wallets


def _primary_first(wallet: Wallet) -> tuple[bool, bool, UUID]:
    return wallet.type != WalletType.PRIMARY, wallet.status == WalletStatus.CLOSED, wallet.id


@dataclass(frozen=True, slots=True)
class Reach:
    """A wallet of the caller's company, and whether the caller may see it."""

    wallet: Wallet
    is_visible: bool


def reachable_wallets(caller: Caller, ids: Iterable[UUID]) -> dict[UUID, Reach]:
    """The wallets of the caller's company among `ids`, in one query.

    Money may go to a colleague whose wallet one may not see; nothing crosses companies.
    """
    visible = Exists(users_visible_to(caller).filter(id=OuterRef("user_id")))
    wallets = Wallet.objects.filter(id__in=set(ids), user__company_id=caller.company_id).select_related("user")
    return {wallet.id: Reach(wallet, wallet.is_visible) for wallet in wallets.annotate(is_visible=visible)}
