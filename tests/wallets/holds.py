"""Holds, as tests make and look at them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from rest_framework.test import APIClient

from compliance.models import Caller
from ledger.ids import new_id
from ledger.models import Reservation
from ledger.selectors.balances import wallet_figures
from ledger.selectors.holds import hold_of
from ledger.services import journal
from ledger.services.accounts import digest
from ledger.services.holds import Step, extend
from ledger.services.movements import Claim
from tests.compliance.clients import api_as
from tests.wallets.scene import ORIGIN, send
from wallets.models import Wallet

PATH = "/v1/reservations"


def hold_body(wallet: Wallet, amount: str = "30.00", **more: Any) -> dict[str, Any]:
    return {"wallet_id": str(wallet.id), "amount": amount, "currency": wallet.currency, **more}


def reserve(by: Caller, wallet: Wallet, amount: str = "30.00", *, key: str = "hold", **more: Any) -> dict[str, Any]:
    """Hold some of a wallet's money, which must succeed."""
    response = send(api_as(by), PATH, hold_body(wallet, amount, **more), key=key)
    assert response.status_code == 201, response.json()
    body: dict[str, Any] = response.json()
    return body


def step(client: APIClient, hold: dict[str, Any] | str, name: str, *, key: str = "step", **body: Any) -> Any:
    """Capture, release or extend a hold."""
    id = hold if isinstance(hold, str) else hold["reservation_id"]
    return send(client, f"{PATH}/{id}/{name}", body, key=key)


def figures(wallet: Wallet) -> tuple[Decimal, Decimal, Decimal]:
    """Available, reserved and pending, past every cache."""
    now = wallet_figures([wallet.id])[wallet.id]
    return now.available, now.reserved, now.pending


def let_expire(hold: dict[str, Any]) -> None:
    """Let a hold's deadline be this very moment, in its history too. The sweeper has not run."""
    row = Reservation.objects.select_related("transaction").get(id=hold["reservation_id"])
    key = str(new_id())
    at_once = Step(claim=Claim(scope="test", key=key, request_hash=digest(key)), origin=ORIGIN)
    (outcome,) = journal.post([extend(hold_of(row), at_once, expires_in=timedelta(0))])
    assert outcome.result is not None
    assert outcome.result.refusal is None
