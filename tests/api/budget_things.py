"""Budgets and limits of somebody's wallet, for the tables to ask about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from rest_framework.test import APIClient

from budgets.core.periods import Calendar
from budgets.models import Budget
from budgets.models.vocabulary import LimitWindow, PeriodType, RequestKind, Scope
from budgets.services.creating import create_budget
from budgets.services.limits import LimitSpec, set_limit
from budgets.services.requests import Ask, open_request
from budgets.services.specs import BudgetSpec
from budgets.services.templates import TemplateSpec, create_template
from compliance.models import Caller
from ledger.core.refusals import Refusal, RefusalCode
from ledger.ids import new_id
from ledger.services.claims import NO_REPLY
from tests.wallets.scene import ORIGIN
from wallets.models import Wallet
from wallets.selectors.wallets import Reach
from wallets.services.bookings import BookingRequest, post_booking, prepare_booking

NOWHERE = "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e09"


class Named(Protocol):
    """What rows of the tables know of whose things they ask for."""

    @property
    def user_id(self) -> str: ...
    @property
    def wallet_id(self) -> str: ...


def budget_of(wallet: Wallet, period_type: PeriodType = PeriodType.YEARLY, amount: str = "600") -> Budget:
    """600.00 a year, or what is said."""
    spec = BudgetSpec(
        company_id=wallet.user.company_id,
        scope=Scope.WALLET,
        wallet_id=wallet.id,
        user_id=wallet.user_id,
        name="Yearly budget",
        currency=wallet.currency,
        amount=Decimal(amount),
        period_type=period_type,
        start_date=date(2020, 1, 1),
        calendar=Calendar("UTC"),
    )
    return create_budget(spec, origin=ORIGIN, created_by=None, reason="A test.")


def limit_of(wallet: Wallet) -> str:
    """The id of a limit of the wallet's owner: 1,000.00 a year."""
    spec = LimitSpec(
        company_id=wallet.user.company_id,
        user_id=wallet.user_id,
        window=LimitWindow.YEARLY,
        currency=wallet.currency,
        max_amount=Decimal(1000),
        calendar=Calendar("UTC"),
    )
    return str(set_limit(spec, origin=ORIGIN, created_by=None, reason="A test.").id)


def given_budget(client: APIClient, things: Named) -> dict[str, str]:
    """A budget of the wallet, and the key of its current period."""
    for wallet in _wallets(things):
        budget = budget_of(wallet)
        period = budget.periods.order_by("starts_at")[0]
        return {"id": str(budget.id), "budget_id": str(budget.id), "key": period.key}
    return {}


def given_budgets(client: APIClient, things: Named) -> dict[str, str]:
    """Two, for `moved` to name."""
    for wallet in _wallets(things):
        for period_type in (PeriodType.YEARLY, PeriodType.QUARTERLY):
            budget_of(wallet, period_type)
    return {}


def template_of(wallet: Wallet) -> str:
    """The id of a template of the company that a wallet belongs to."""
    spec = TemplateSpec(
        company_id=wallet.user.company_id, currency=wallet.currency, name="Yearly budget", amount=Decimal(600)
    )
    return str(create_template(spec).id)


def given_template(client: APIClient, things: Named) -> dict[str, str]:
    for wallet in _wallets(things):
        return {"template_id": template_of(wallet)}
    return {}


def given_limit(client: APIClient, things: Named) -> dict[str, str]:
    for wallet in _wallets(things):
        return {"limit_id": limit_of(wallet)}
    return {}


def given_decision(client: APIClient, things: Named) -> dict[str, str]:
    """A payment that a budget has let pass."""
    for wallet in _wallets(things):
        budget_of(wallet)
        txn_id, refusal = _spend(wallet, "1")
        assert refusal is None
        return {"txn_id": txn_id}
    return {"txn_id": NOWHERE}


def refused_spend_of(wallet: Wallet) -> str:
    """The document of a payment that one budget has refused: 2.00, where 1.00 a month may be spent."""
    budget_of(wallet, PeriodType.MONTHLY, "1")
    txn_id, refusal = _spend(wallet, "2")
    assert refusal is not None
    assert refusal.code == RefusalCode.BUDGET_EXCEEDED
    return txn_id


def _spend(wallet: Wallet, amount: str) -> tuple[str, Refusal | None]:
    """Book a payment. Returns its document, and why it was refused."""
    wanted = BookingRequest(
        reach=Reach(wallet, is_visible=True, held=None),
        direction="DEBIT",
        amount=Decimal(amount),
        currency=wallet.currency,
        reference_id=str(new_id()),
        reference_type="matrix",
        request_hash=b"",
    )
    command = prepare_booking(wanted, caller=None, origin=ORIGIN)
    outcome = post_booking(command, wallet_id=wallet.id, render=lambda result: NO_REPLY)
    assert outcome.result is not None
    return str(command.document.id), outcome.result.refusal


def request_about(budget: Budget, asker: Caller) -> str:
    """The id of a request of somebody's for 1.00 more."""
    asked = Ask(
        budget_id=budget.id,
        kind=RequestKind.THIS_PERIOD,
        amount=Decimal(1),
        reason="A test.",
        requested_by=asker.id,
    )
    return str(open_request(asked, origin=ORIGIN).id)


def given_request(client: APIClient, things: Named) -> dict[str, str]:
    """The wallet's owner asks for more."""
    for wallet in _wallets(things):
        return {"request_id": request_about(budget_of(wallet), wallet.user)}
    return {}


def given_own_request(client: APIClient, things: Named) -> dict[str, str]:
    """The caller asks for more, if he may."""
    given_budget(client, things)
    answer = client.post("/v1/budget-requests", asked_for(things)).json()
    return {"request_id": answer.get("request_id", NOWHERE)}


def asked_for(things: Named) -> dict[str, Any]:
    """More for the wallet's budget."""
    id = Budget.objects.filter(wallet_id=things.wallet_id).values_list("id", flat=True).first()
    return {"budget_id": str(id or NOWHERE), "kind": "PERMANENT", "amount": "1", "reason": "Test"}


def moved(things: Named) -> dict[str, Any]:
    """From one of the wallet's budgets to the other."""
    ids = [
        str(id) for id in Budget.objects.filter(wallet_id=things.wallet_id).order_by("id").values_list("id", flat=True)
    ]
    giver, receiver = ids or [NOWHERE, str(new_id())]
    return {"from_budget_id": giver, "to_budget_id": receiver, "amount": "1", "reason": "Test"}


def limited(things: Named) -> dict[str, Any]:
    figures = {"window": "DAILY", "currency": "EUR", "max_amount": "50"}
    return {"user_id": things.user_id, **figures, "reason": "Test"}


def _wallets(things: Named) -> Any:
    return Wallet.objects.filter(id=things.wallet_id).select_related("user")
