"""A wallet's present figures, cache-aside: in this process, in Redis, then in Postgres (R16, R22, R91, R256, R257).

No cache can be stale: the query that finds the wallet for the caller also reads the version of its figures, and a
cached value counts only if it has that version (docs/adr/0009-balance-cache.md). A Redis that was flushed, hung or cut
off costs a query, never a wrong balance.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import TTLCache

from compliance.models import Caller
from ledger.money import plain
from ledger.redis import RedisUnavailable, call
from ledger.selectors.balances import Figures, wallet_figures
from wallets.models import Wallet
from wallets.selectors.wallets import get_wallet_and_version

TTL_SECONDS = 300
NEAR_ENTRIES, NEAR_SECONDS = 10_000, 10
"""Of the cache inside of this process (R256)."""

_near: TTLCache[UUID, Figures] = TTLCache(NEAR_ENTRIES, NEAR_SECONDS)
_near_lock = Lock()


def get_wallet_and_figures(caller: Caller, wallet_id: UUID) -> tuple[Wallet, Figures]:
    """A wallet in the caller's scope and its figures as of now, never older than an acknowledged write.

    Raises:
        NotFound: no such wallet, or none that the caller may see.
    """
    wallet, version = get_wallet_and_version(caller, wallet_id)
    near = _near_figures(wallet.id)
    if near is not None and near.version == version:
        return wallet, near
    cached = _read(wallet.id)
    if cached is not None and cached.version == version:
        figures = cached
    else:
        figures = wallet_figures([wallet.id])[wallet.id]
        _write(wallet, figures)
    with _near_lock:
        _near[wallet.id] = figures
    return wallet, figures


def forget_figures(*wallet_ids: UUID) -> None:
    """Drop what is cached of wallets that have just changed; if Redis is away, the version sees to it (R17)."""
    try:
        call(lambda client: client.delete(*map(_key, wallet_ids)))
    except RedisUnavailable:
        return


def _near_figures(wallet_id: UUID) -> Figures | None:
    with _near_lock:
        return _near.get(wallet_id)


def _key(wallet_id: UUID) -> str:
    return f"wallet:{wallet_id}:balance"


def _read(wallet_id: UUID) -> Figures | None:
    try:
        text = call(lambda client: client.get(_key(wallet_id)))
    except RedisUnavailable:
        return None
    return _decode(text) if isinstance(text, str) else None


def _write(wallet: Wallet, figures: Figures) -> None:
    content = {
        "balance": plain(figures.available),
        "currency": wallet.currency,
        **{name: _encode(value) for name, value in asdict(figures).items()},
    }
    try:
        call(partial(_set, key=_key(wallet.id), text=json.dumps(content)))
    except RedisUnavailable:
        return


def _set(client: Any, *, key: str, text: str) -> None:
    client.set(key, text, ex=TTL_SECONDS)


def _encode(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat()
        case _:
            return value


def _decode(text: str) -> Figures | None:
    """What was cached; None for whatever else may stand under the key."""
    try:
        content = json.loads(text)
        amounts = {name: Decimal(content[name]) for name in ("available", "pending", "reserved")}
        return Figures(
            **amounts, version=int(content["version"]), updated_at=datetime.fromisoformat(content["updated_at"])
        )
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None
