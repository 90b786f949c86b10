"""Opening the same thing in many places at once."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from ledger.models import Account, Event
from ledger.services.accounts import SystemAccount, digest, ensure_system_accounts
from ledger.services.claims import Reply
from ledger.services.movements import Claim, Origin
from tests.compliance.factories import make_cast
from tests.ledger.books import Books
from tests.ledger.sessions import answers, together
from wallets.errors import WalletExists
from wallets.models import Wallet
from wallets.services.wallets import Opening, open_wallet

ORIGIN = Origin(actor_type="FINANCE")
SESSIONS = 8


def test_a_system_account_is_opened_once(books: Books) -> None:
    clearing = [SystemAccount("BOOKING_CLEARING", books.company_id, asset) for asset in ("EUR", "USD", "GBP")]
    orders = [clearing, clearing[::-1], clearing[1:], clearing[:2]] * 2
    answers(together([partial(ensure_system_accounts, order) for order in orders]))
    ids = [account.id for account in clearing]
    assert Account.objects.filter(id__in=ids).count() == 3
    assert Event.objects.filter(stream_id__in=ids).count() == 3


def test_the_same_wallet_opened_at_once_is_one_wallet(books: Books) -> None:
    alice = make_cast().alice
    opening = Opening(owner=alice, currency="EUR", initial_balance=Decimal(25))
    results = together([partial(open_wallet, opening, origin=ORIGIN)] * SESSIONS)
    opened = [result[0] for result in results if not isinstance(result, Exception)]
    refused = [error for error in results if isinstance(error, Exception)]
    wallet = Wallet.objects.get(user=alice)
    assert [won.id for won in opened if won] == [wallet.id]
    assert len(refused) == SESSIONS - 1
    assert all(isinstance(error, WalletExists) and error.data["existing_id"] == str(wallet.id) for error in refused)
    accounts = Account.objects.filter(owner_type="WALLET", owner_id=wallet.id)
    assert sorted(accounts.values_list("bucket", "balance")) == [("AVAILABLE", 25), ("PENDING", 0), ("RESERVED", 0)]


def test_one_request_sent_many_times_at_once_opens_one_wallet(books: Books) -> None:
    alice = make_cast().alice
    claim = Claim(scope=f"opening:{alice.id}", key="first wallet", request_hash=digest("EUR"))
    results = answers(
        together(
            [
                partial(
                    open_wallet,
                    Opening(owner=alice, currency="EUR"),
                    origin=ORIGIN,
                    claim=claim,
                    render=lambda wallet, figures: Reply(201, str(wallet.id)),
                )
            ]
            * SESSIONS
        )
    )
    wallet = Wallet.objects.get(user=alice)
    assert {outcome.reply for _, outcome in results} == {Reply(201, str(wallet.id))}
    assert [opened is not None for opened, _ in results].count(True) == 1
