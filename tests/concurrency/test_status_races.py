"""A status change racing money: either order is legal, and there is no third state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from compliance.core.origin import Origin as AuditOrigin
from compliance.models import User
from ledger.models import OutboxMessage
from ledger.services.journal import Outcome
from ledger.services.movements import Origin, Refusal, Side, Transfer
from tests.compliance.factories import make_cast
from tests.concurrency.storms import in_this_order
from tests.ledger.books import Books, account, balance, code_of, post
from tests.ledger.sessions import answers, together
from wallets.models import Wallet, WalletStatus
from wallets.services.wallets import Opening, change_status, open_wallet

ORIGIN = Origin(actor_type="MANAGER")
Race = tuple[Refusal | None, Outcome]


class Wallets:
    """alice's wallet and her manager bob, who may change its status."""

    def __init__(self, books: Books) -> None:
        self.cast = make_cast()
        self.books = Books(self.cast.company.id).open()

    def open(self, owner: User, amount: str) -> Side:
        wallet, _ = open_wallet(Opening(owner=owner, currency="EUR"), origin=ORIGIN)
        assert wallet is not None
        side = Side(wallet.id, "EUR")
        if amount != "0":
            post(self.books.deposit(side, amount))
        return side

    def change(self, side: Side, status: WalletStatus) -> Refusal | None:
        _, refusal = change_status(
            caller=self.cast.bob, wallet_id=side.wallet_id, status=status, reason="race", origin=AuditOrigin()
        )
        return refusal


@pytest.fixture
def wallets(books: Books) -> Wallets:
    return Wallets(books)


def told(side: Side) -> list[str]:
    messages = OutboxMessage.objects.filter(aggregate_id=side.wallet_id).order_by("sequence")
    return [message.data.get("type", message.type) for message in messages]


def test_frozen_first_and_the_transfer_is_refused(wallets: Wallets) -> None:
    alice, bob = wallets.open(wallets.cast.alice, "100"), wallets.open(wallets.cast.bob, "0")
    payment = wallets.books.transfer(alice, bob, "40")
    refusal, (outcome,) = in_this_order(
        alice, lambda: wallets.change(alice, WalletStatus.FROZEN), lambda: post(payment)
    )
    assert refusal is None
    assert code_of(outcome) == "wallet.frozen"
    assert (balance(alice), balance(bob)) == (100, 0)
    assert told(alice) == ["WalletCreated", "CREDIT", "WalletStatusChanged"]


def test_paid_first_and_the_freeze_comes_after(wallets: Wallets) -> None:
    alice, bob = wallets.open(wallets.cast.alice, "100"), wallets.open(wallets.cast.bob, "0")
    payment = wallets.books.transfer(alice, bob, "40")
    (outcome,), refusal = in_this_order(
        alice, lambda: post(payment), lambda: wallets.change(alice, WalletStatus.FROZEN)
    )
    assert (code_of(outcome), refusal) == (None, None)
    assert (balance(alice), balance(bob)) == (60, 40)
    assert told(alice) == ["WalletCreated", "CREDIT", "TRANSFER_OUT", "WalletStatusChanged"]


@pytest.mark.parametrize("round", range(5))
def test_freeze_and_transfers_at_the_same_moment(wallets: Wallets, round: int) -> None:
    alice, bob = wallets.open(wallets.cast.alice, "100"), wallets.open(wallets.cast.bob, "0")
    payments = [wallets.books.transfer(alice, bob, "10") for _ in range(6)]

    def paying(payment: Transfer) -> Callable[[], Any]:
        return lambda: post(payment)

    actions: list[Callable[[], Any]] = [paying(payment) for payment in payments]
    actions.insert(round, lambda: wallets.change(alice, WalletStatus.FROZEN))
    results = answers(together(actions))
    assert results.pop(round) is None

    codes = [code_of(outcome) for (outcome,) in results]
    assert set(codes) <= {None, "wallet.frozen"}
    paid = codes.count(None)
    assert (balance(alice), balance(bob)) == (100 - 10 * paid, 10 * paid)
    assert told(alice) == ["WalletCreated", "CREDIT", *["TRANSFER_OUT"] * paid, "WalletStatusChanged"]
    assert_one_status(alice, "FROZEN")


@pytest.mark.parametrize("closes_first", [True, False])
def test_closing_and_crediting_in_either_order(wallets: Wallets, closes_first: bool) -> None:
    alice = wallets.open(wallets.cast.alice, "0")
    credit = wallets.books.deposit(alice, "5")
    actions: list[Callable[[], Any]] = [lambda: wallets.change(alice, WalletStatus.CLOSED), lambda: post(credit)]
    if closes_first:
        refusal, (outcome,) = in_this_order(alice, *actions)
        assert (refusal, code_of(outcome)) == (None, "wallet.closed")
        assert balance(alice) == 0
        assert_one_status(alice, "CLOSED")
    else:
        (outcome,), refusal = in_this_order(alice, *reversed(actions))
        assert (refusal.code, code_of(outcome)) == ("wallet.not_empty", None)
        assert balance(alice) == 5
        assert_one_status(alice, "ACTIVE")


@pytest.mark.parametrize("round", range(3))
def test_closing_and_crediting_at_the_same_moment(wallets: Wallets, round: int) -> None:
    alice = wallets.open(wallets.cast.alice, "0")
    credits = [wallets.books.deposit(alice, "5") for _ in range(3)]
    actions: list[Callable[[], Any]] = [lambda: wallets.change(alice, WalletStatus.CLOSED)]
    actions += [lambda credit=credit: post(credit) for credit in credits]  # type: ignore[misc]
    refusal, *outcomes = answers(together(actions))
    codes = {code_of(outcome) for (outcome,) in outcomes}
    if refusal is None:
        assert (codes, balance(alice)) == ({"wallet.closed"}, 0)
        assert_one_status(alice, "CLOSED")
    else:
        assert (refusal.code, codes, balance(alice)) == ("wallet.not_empty", {None}, 15)
        assert_one_status(alice, "ACTIVE")


def assert_one_status(side: Side, status: str) -> None:
    """The wallet and its accounts say the same."""
    assert Wallet.objects.get(id=side.wallet_id).status == account(side).status == status
