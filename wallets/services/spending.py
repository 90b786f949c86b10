"""What a spend has to fit besides the money: the budgets and limits of whose wallet it is.

Budgets know neither people nor wallets; here both are put into their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from budgets.models.vocabulary import LimitedType
from budgets.services.covering import Spend, covering
from wallets.models import Wallet

__all__ = ["LimitedType", "Spend", "covering", "spend_from"]


def spend_from(
    wallet: Wallet,
    *,
    currency: str,
    metadata: Mapping[str, Any],
    to: Wallet | None = None,
    at: datetime | None = None,
) -> Spend:
    """A spend of a wallet's money, for `covering`.

    Args:
        wallet: with its user.
        metadata: of the document; its `category` is what budgets for some categories ask for.
        to: the wallet that receives it, with its user; None = it leaves the company, or nobody knows yet.
        at: when it happened; None = now.
    """
    category = metadata.get("category")
    return Spend(
        wallet_id=wallet.id,
        user_id=wallet.user_id,
        team_id=wallet.user.team_id,
        company_id=wallet.company_id,
        currency=currency,
        type=LimitedType.PAYMENT if to is None else LimitedType.TRANSFER,
        category=category if isinstance(category, str) else "",
        at=at,
        to_team_id=None if to is None else to.user.team_id,
        to_company=to is not None,
    )
