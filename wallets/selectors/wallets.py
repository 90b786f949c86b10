"""Which wallets a caller may see, and finding them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django_filters import CharFilter, FilterSet, UUIDFilter
from psycopg import sql

from compliance.models import Caller, User
from compliance.selectors.scope import sees_whole_company, users_visible_to
from ledger.errors import NotFound
from ledger.selectors.balances import VERSION_OF_WALLET
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


def wallets_by_status(caller: Caller, team_id: UUID | None = None) -> dict[str, int]:
    """How many visible wallets there are, by status; only those of a team's people, if one is named."""
    wallets = wallets_visible_to(caller).select_related(None)
    if team_id is not None:
        wallets = wallets.filter(user__team_id=team_id)
    counted = wallets.order_by().values_list("status")
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
    for found in _colleagues_wallets(caller, [wallet_id]):
        if found.wallet.id in _seen(caller, [found.wallet]):
            return found.wallet, found.version
    raise NotFound


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
    """A wallet of the caller's company, whether the caller was found to see it, and the lock that holds it, if one
    does."""

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


def reachable_wallets(caller: Caller, ids: Iterable[UUID], *, payers: Iterable[UUID] = ()) -> dict[UUID, Reach]:
    """The wallets of the caller's company among `ids`; one query, and one more if a payer is somebody else's whom not
    everybody of the caller's role may see.

    Money may go to a colleague whose wallet one may not see; nothing crosses companies.

    Args:
        payers: those of `ids` whose `is_visible` is asked for; it is False for all others.
    """
    found = _colleagues_wallets(caller, ids)
    asked = set(payers)
    seen = _seen(caller, [each.wallet for each in found if each.wallet.id in asked])
    return {each.wallet.id: Reach(each.wallet, each.wallet.id in seen, each.held) for each in found}


@dataclass(frozen=True, slots=True)
class _Found:
    """A wallet of the company with its owner, as far as he is asked about, its live lock, and its figures' version."""

    wallet: Wallet
    held: Held | None
    version: int


_WALLET = ("id", "user_id", "type", "currency", "status", "created_at", "updated_at")
_OWNER = ("id", "company_id", "team_id")
_LOCK = ("wallet_id", "lock_id", "operation", "holder_id", "holder_role", "fencing_token", "acquired_at", "expires_at")
_COLLEAGUES_WALLETS = (
    sql.SQL("""
    SELECT wallet.id, wallet.user_id, wallet.type, wallet.currency, wallet.status, wallet.created_at, wallet.updated_at,
           owner.id, owner.company_id, owner.team_id,
           held.wallet_id, held.lock_id, held.operation, held.holder_id, held.holder_role, held.fencing_token,
           held.acquired_at, held.expires_at,
           held.expires_at - clock_timestamp(), ({version})
    FROM wallets_wallet AS wallet
    JOIN compliance_user AS owner ON owner.id = wallet.user_id
    LEFT JOIN wallets_walletlock AS held ON held.wallet_id = wallet.id
    WHERE wallet.id = ANY(%s) AND owner.company_id = %s
""")
    .format(version=sql.SQL(VERSION_OF_WALLET).format(wallet_id=sql.Identifier("wallet", "id")))
    .as_string()
)


def _colleagues_wallets(caller: Caller, ids: Iterable[UUID]) -> list[_Found]:
    """Wallets of the caller's company, whether he may see them or not. Every payment asks, so it is written by hand:
    Django would take longer to write the same statement than Postgres takes to answer it."""
    with connection.cursor() as cursor:
        cursor.execute(_COLLEAGUES_WALLETS, [list(set(ids)), caller.company_id])
        rows = cursor.fetchall()
    return [_found(row) for row in rows]


def _found(row: tuple[Any, ...]) -> _Found:
    wallet = Wallet.from_db("default", _WALLET, row[:7])
    wallet.user = User.from_db("default", _OWNER, row[7:10])
    time_left, version = row[18:]
    is_held = time_left is not None and time_left > timedelta()
    held = Held(WalletLock.from_db("default", _LOCK, row[10:18]), time_left) if is_held else None
    return _Found(wallet, held, version)


def _seen(caller: Caller, wallets: Sequence[Wallet]) -> set[UUID]:
    """Those wallets of the caller's company that he may see. Whoever sees all of it, and one's own, need no query."""
    if sees_whole_company(caller):
        return {wallet.id for wallet in wallets}
    others = {wallet.user_id for wallet in wallets} - {caller.id}
    visible = set(users_visible_to(caller).filter(id__in=others).values_list("id", flat=True)) if others else set()
    return {wallet.id for wallet in wallets if wallet.user_id == caller.id or wallet.user_id in visible}


def get_reach(caller: Caller, wallet_id: UUID) -> Reach:
    """`get_wallet`, and in the same query the lock that holds it.

    Raises:
        NotFound: no such wallet, or none that the caller may see.
    """
    wallet = with_lock(wallets_visible_to(caller)).filter(id=wallet_id).first()
    if wallet is None:
        raise NotFound
    return Reach(wallet, is_visible=True, held=held_by_lock(wallet))
