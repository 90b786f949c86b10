"""Requests for approval about somebody's wallet, for the tables to ask about."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from compliance.core.origin import Origin
from compliance.models import Role, User
from ledger.models import Reservation
from tests.api.budget_things import NOWHERE, Named
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.scene import set_status
from wallets.models import Approval, Source, Wallet
from wallets.services.approvals import create_default_rules, request_approval

RULE = {
    "name": "Large adjustments",
    "operation": "adjustment.post",
    "blocks": [{"amount_gte": "500", "maker_roles": ["FINANCE"], "sources": ["API"], "kinds": ["CREDIT"]}],
    "checkers": ["COMPLIANCE"],
    "reason": "Test",
}


def adjusted(things: Named) -> dict[str, Any]:
    return {"wallet_id": things.wallet_id, "direction": "CREDIT", "amount": "1", "currency": "EUR", "reason": "Test"}


def given_checker(client: APIClient, things: Named) -> dict[str, str]:
    """Each company has one more in finance."""
    for wallet in _wallets(things):
        UserFactory(company=wallet.user.company, role=Role.FINANCE)
    return {}


def adjustment_of(wallet: Wallet, maker: User) -> Approval:
    """Somebody of finance asks for 1.00 more in a wallet."""
    arguments = {"wallet_id": str(wallet.id), "direction": "CREDIT", "amount": "1", "currency": wallet.currency}
    return request_approval(
        "adjustment.post",
        maker=maker,
        arguments=arguments,
        reason="A test.",
        origin=Origin(actor_id=maker.id, actor_role=maker.role),
        source=Source.API,
    )


def given_approval(client: APIClient, things: Named) -> dict[str, str]:
    """One about the wallet, by somebody whom the tables do not know; there are others to check it."""
    for wallet in _wallets(things):
        maker, _ = (UserFactory(company=wallet.user.company, role=Role.FINANCE) for _ in range(2))
        return {"approval_id": str(adjustment_of(wallet, maker).id)}
    return {"approval_id": NOWHERE}


def given_lift(client: APIClient, things: Named) -> dict[str, str]:
    """Compliance froze the wallet, somebody of finance asks to lift that, and there is another of compliance."""
    given_frozen(client, things)
    for wallet in _wallets(things):
        maker = UserFactory(company=wallet.user.company, role=Role.FINANCE)
        approval = request_approval(
            "wallet.reactivate",
            maker=maker,
            arguments={"wallet_id": str(wallet.id)},
            reason="A test.",
            origin=Origin(actor_id=maker.id, actor_role=maker.role),
            source=Source.API,
        )
        return {"approval_id": str(approval.id)}
    return {"approval_id": NOWHERE}


def given_frozen(client: APIClient, things: Named) -> dict[str, str]:
    """Compliance froze the wallet; the company has the first rules, and another of compliance."""
    for wallet in _wallets(things):
        create_default_rules(wallet.user.company)
        freezer, _ = (UserFactory(company=wallet.user.company, role=Role.COMPLIANCE) for _ in range(2))
        set_status(wallet, "FROZEN", by=freezer)
    return {}


def given_free(client: APIClient, things: Named) -> dict[str, str]:
    """Nothing of the wallet is held any more."""
    for wallet in _wallets(things):
        finance = api_as(UserFactory(company=wallet.user.company, role=Role.FINANCE))
        for held in Reservation.objects.filter(wallet_id=wallet.id, status="ACTIVE"):
            finance.post(f"/v1/reservations/{held.id}/release", {}, headers={"Idempotency-Key": f"{held.id}"})
    return {}


def given_own_approval(client: APIClient, things: Named) -> dict[str, str]:
    """One about the wallet, made by the caller if he may; otherwise by somebody else."""
    given_checker(client, things)
    answer: Any = client.post("/v1/adjustments", adjusted(things), headers={"Idempotency-Key": "own"})
    if answer.status_code != 202:
        return given_approval(client, things)
    return {"approval_id": answer.json()["approval"]["approval_id"]}


def _wallets(things: Named) -> Any:
    return Wallet.objects.filter(id=things.wallet_id).select_related("user__company")
