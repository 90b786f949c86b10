"""What waits for a second person at Nordwind: an adjustment of finance's, and a raise of a manager's.

Both may be repeated: each is an occasion that happens once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from budgets.models import Budget
from budgets.services.specs import BudgetChange
from compliance.core.origin import Origin
from compliance.models import User
from wallets.models import Source, Wallet
from wallets.services.approvals import request_approval
from wallets.services.approvals.budget_changing import arguments_for_change
from wallets.services.past import occasion
from walletsite.demo.people import CURRENCY, MIA, Person

MORE = Decimal(1200)


def ask_for_approvals(wallets: Mapping[Person, Wallet], *, finance: User, manager: User) -> None:
    """Finance asks for 25.00 that a provider took twice, the manager for 1,200.00 more in a month."""
    wallet = wallets[MIA]
    adjustment = {"wallet_id": str(wallet.id), "direction": "CREDIT", "amount": "25", "currency": CURRENCY}
    _ask("adjustment.post", finance, adjustment, "The provider charged the toll twice.")
    budget = Budget.objects.filter(wallet_id=wallet.id, name="Monthly budget").earliest("created_at")
    change = arguments_for_change(budget, BudgetChange(amount=budget.amount + MORE), None)
    _ask("budget.change", manager, change, "Two trade fairs in one month.")


def _ask(operation: str, maker: User, arguments: dict[str, Any], reason: str) -> None:
    request_approval(
        operation,
        maker=maker,
        arguments=arguments,
        reason=reason,
        origin=Origin(actor_id=maker.id, actor_role=maker.role),
        source=Source.ADMIN,
        claim=occasion(maker, f"ask for {operation}").claim,
    )
