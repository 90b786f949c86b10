"""What can be held. Assets come with migrations and never change under a running process, so they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ledger.errors import CurrencyUnsupported
from ledger.models import Asset as AssetRow

WALLET_CURRENCIES = ("USD", "EUR", "INR", "GBP")
"""A wallet holds one of these (R48); tokens live in domain accounts."""


@dataclass(frozen=True, slots=True)
class Asset:
    code: str
    kind: str
    scale: int
    cash_scale: int


def get_asset(code: str) -> Asset:
    """The asset of a code.

    Raises:
        CurrencyUnsupported: there is none.
    """
    asset = _assets().get(code)
    if asset is None:
        raise CurrencyUnsupported(f"{code} is not an asset of this service.")
    return asset


@cache
def _assets() -> dict[str, Asset]:
    return {row.code: Asset(row.code, row.kind, row.scale, row.cash_scale) for row in AssetRow.objects.all()}
