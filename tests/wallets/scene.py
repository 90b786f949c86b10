"""A company with people and wallets, and what to look at when nothing may have happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.transaction import atomic, set_rollback
from rest_framework.test import APIClient

from compliance.core.origin import Origin as AuditOrigin
from compliance.models import User
from ledger.models import Account, Command, Event, OutboxMessage, Posting, Reservation, Transaction
from ledger.selectors.balances import wallet_figures
from ledger.services import journal
from ledger.services.accounts import digest, ensure_system_accounts
from ledger.services.movements import Claim, Details, Origin, Side, deposit, payment
from tests.compliance.factories import Cast, make_cast
from wallets.models import Wallet, WalletStatus
from wallets.services.wallets import Opening, change_status, funding_account, open_wallet

ORIGIN = Origin(actor_type="SYSTEM")


@dataclass(frozen=True, slots=True)
class Scene:
    """The cast, with PRIMARY wallets in EUR: alice has 100.00, bob (her manager) and charlie (a stranger) nothing."""

    cast: Cast
    alices: Wallet
    bobs: Wallet
    charlies: Wallet


def make_scene() -> Scene:
    cast = make_cast()
    return Scene(cast, give_wallet(cast.alice, "100"), give_wallet(cast.bob), give_wallet(cast.charlie))


def give_wallet(owner: User, balance: str = "0", *, currency: str = "EUR", type: str = "PRIMARY") -> Wallet:
    """Open a wallet the way the service does, funded by the owner's company."""
    opening = Opening(owner=owner, currency=currency, type=type, initial_balance=Decimal(balance))
    wallet, _ = open_wallet(opening, origin=ORIGIN)
    assert wallet is not None
    return wallet


def set_status(wallet: Wallet, status: str, *, by: User) -> None:
    origin = AuditOrigin(actor_id=by.id, actor_role=by.role)
    _, refusal = change_status(
        caller=by, wallet_id=wallet.id, status=WalletStatus(status), reason="A test.", origin=origin
    )
    assert refusal is None


def book(wallet: Wallet, amount: str, *, key: str, effective_at: datetime | None = None, text: str = "") -> UUID:
    """Post a signed amount between a wallet and its company's funding, back-dated if wished. Returns the txn_id."""
    value, funding = Decimal(amount), funding_account(wallet.user.company_id, wallet.currency)
    ensure_system_accounts([funding])
    side = Side(wallet.id, wallet.currency)
    details = Details(
        claim=Claim(scope=f"test:{wallet.id}", key=key, request_hash=digest(key)),
        origin=ORIGIN,
        company_id=wallet.user.company_id,
        amount=abs(value),
        currency=wallet.currency,
        description=text,
        effective_at=effective_at,
    )
    command = deposit(funding, side, details) if value > 0 else payment(side, funding, details)
    (outcome,) = journal.post([command])
    assert outcome.result is not None
    assert outcome.result.refusal is None
    return command.document.id


def available(wallet: Wallet) -> Decimal:
    """What the ledger says, past every cache."""
    return wallet_figures([wallet.id])[wallet.id].available


RECORDS = (Account, Command, Event, OutboxMessage, Posting, Reservation, Transaction, User, Wallet)


@contextmanager
def nothing_recorded() -> Iterator[None]:
    """Inside, no row of money, history, messages, people or wallets is added, and no figure changes."""
    before = _figures(), _counts()
    yield
    assert (_figures(), _counts()) == before


@contextmanager
def nothing_moved() -> Iterator[None]:
    """Inside, no figure, status or version of any wallet changes. A refusal may be remembered."""
    before = _figures()
    yield
    assert _figures() == before


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back. Durable blocks may open in it, as in Django's own tests."""
    block = atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        set_rollback(True)


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in RECORDS}


def _figures() -> list[tuple[Any, ...]]:
    accounts = Account.objects.filter(owner_type="WALLET")
    return sorted(accounts.values_list("id", "balance", "status", "seq", "version"))


def transfer_body(source: Wallet, destination: Wallet, amount: str = "10.00", **more: Any) -> dict[str, Any]:
    wallets = {"from_wallet_id": str(source.id), "to_wallet_id": str(destination.id)}
    return {**wallets, "amount": amount, "currency": "EUR", **more}


def send(client: APIClient, path: str, body: dict[str, Any], *, key: str | None = "key-1") -> Any:
    """POST with an idempotency key."""
    return client.post(path, body, headers={} if key is None else {"Idempotency-Key": key})


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, which must be this one."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (body["status"], body["type"]) == (status, f"/v1/errors/{code}")
    return body
