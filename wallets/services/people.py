"""A new colleague: the person, and when a currency is named the PRIMARY wallet with its budgets, in one go (R78)."""

from __future__ import annotations

from typing import Any

from compliance.core.origin import Origin as PersonOrigin
from compliance.models import User
from compliance.services.users import create_user
from ledger.services.journal import use_case
from ledger.services.movements import Origin
from wallets.services.budget_templates import give_default_budgets
from wallets.services.wallets import Opening, open_wallet


def join(*, person: dict[str, Any], wallet_currency: str | None, person_origin: PersonOrigin, origin: Origin) -> User:
    """Create a user and perhaps a PRIMARY wallet with the budgets that the company's templates say; either all of it
    exists afterwards or nothing.

    Args:
        person: what `create_user` takes.
        wallet_currency: None = no wallet, and so no budget.

    Raises:
        InvalidInput: as `create_user`.
    """
    with use_case():
        user = create_user(**person, origin=person_origin)
        if wallet_currency:
            wallet, _ = open_wallet(Opening(owner=user, currency=wallet_currency), origin=origin)
            assert wallet is not None, "without a key nothing is replayed"
            give_default_budgets(user, wallet, person_origin=person_origin, origin=origin)
    return user
