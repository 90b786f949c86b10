"""Which wallets a caller may see, and finding them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django_filters import CharFilter, FilterSet, UUIDFilter

from compliance.models import Caller
from compliance.selectors.scope import users_visible_to
from ledger.errors import NotFound
from ledger.selectors.balances import version_of_wallet
from ledger.selectors.clock import DatabaseClock
from wallets.models import Wallet, WalletLock, WalletStatus, WalletType


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
class Held:
    """The live lock of a wallet, and for how long it was still alive when it was read."""

    lock: WalletLock
    time_left: timedelta


@dataclass(frozen=True, slots=True)
class Reach:
    """A wallet of the caller's company, whether the caller may see it, and the lock that holds it, if one does."""

    wallet: Wallet
    is_visible: bool
    held: Held | None


def with_lock(wallets: QuerySet[Wallet]) -> QuerySet[Any]:
    """The same wallets, for `held_by_lock` to look at without a further query."""
    time_left = ExpressionWrapper(F("lock__expires_at") - DatabaseClock(), output_field=DurationField())
    return wallets.select_related("user", "lock").annotate(lock_time_left=time_left)


def held_by_lock(wallet: Any) -> Held | None:
    """The live lock of a wallet from `with_lock`. One that has expired is not there, whether or not its row is."""
    left: timedelta | None = wallet.lock_time_left
    return Held(wallet.lock, left) if left is not None and left > timedelta() else None


def reachable_wallets(caller: Caller, ids: Iterable[UUID]) -> dict[UUID, Reach]:
    """The wallets of the caller's company among `ids`, in one query.

    Money may go to a colleague whose wallet one may not see; nothing crosses companies.
    """
    visible = Exists(users_visible_to(caller).filter(id=OuterRef("user_id")))
    wallets = with_lock(Wallet.objects.filter(id__in=set(ids), user__company_id=caller.company_id))
    return {
        wallet.id: Reach(wallet, wallet.is_visible, held_by_lock(wallet))
        for wallet in wallets.annotate(is_visible=visible)
    }


def get_reach(caller: Caller, wallet_id: UUID) -> Reach:
    """`get_wallet`, and in the same query the lock that holds it.

    Raises:
        NotFound: no such wallet, or none that the caller may see.
    """
    wallet = with_lock(wallets_visible_to(caller)).filter(id=wallet_id).first()
    if wallet is None:
        raise NotFound
    return Reach(wallet, is_visible=True, held=held_by_lock(wallet))
