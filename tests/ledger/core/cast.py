"""Accounts and commands for the machine's tests: plain values, every id chosen, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import WALLET, Account, AccountStatus, Book, Bucket, account_id
from ledger.core.commands import (
    Claim,
    Conditions,
    Document,
    Leg,
    OpenAccounts,
    Origin,
    SetAccountStatus,
    TransactionType,
    Transfer,
)
from ledger.core.state import State

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EARLIER = datetime(2026, 2, 14, 8, 30, tzinfo=UTC)
ALICE, BOB, COMPANY = UUID(int=0xA11CE), UUID(int=0xB0B), UUID(int=0xC0)
COMMAND, DOCUMENT, EVENT = UUID(int=1 << 64), UUID(int=2 << 64), UUID(int=3 << 64)
CLAIM = Claim(scope="test", key="key", request_hash=b"hash")
ORIGIN = Origin(actor_type="EMPLOYEE")


def wallet(
    owner: UUID,
    balance: str = "0",
    status: AccountStatus = AccountStatus.ACTIVE,
    *,
    asset: str = "EUR",
    bucket: Bucket = Bucket.AVAILABLE,
    floor: str = "0",
    book: Book = Book.MONEY,
) -> Account:
    """One account of a wallet, in the middle of its life: four postings, six events."""
    return Account(
        id=account_id(WALLET, owner, asset, bucket, book),
        owner_type=WALLET,
        owner_id=owner,
        book=book,
        asset=asset,
        bucket=bucket,
        min_balance=Decimal(floor),
        balance=Decimal(balance),
        status=status,
        seq=4,
        life_seq=2,
        version=6,
    )


def system(purpose: str, balance: str = "0") -> Account:
    """One of the company's own accounts."""
    return Account(
        id=account_id(purpose, COMPANY, "EUR", Bucket.SYSTEM),
        owner_type=purpose,
        owner_id=COMPANY,
        book=Book.MONEY,
        asset="EUR",
        bucket=Bucket.SYSTEM,
        min_balance=None,
        balance=Decimal(balance),
        life_seq=1,
        version=1,
    )


def state(*accounts: Account) -> State:
    return State(accounts={account.id: account for account in accounts})


def leg(account: Account, amount: str, asset: str = "EUR") -> Leg:
    return Leg(account.id, asset, Decimal(amount))


def transfer(
    *legs: Leg,
    source: UUID | None = ALICE,
    destination: UUID | None = BOB,
    amount: str = "10",
    fee: str = "0",
    conditions: Conditions | None = None,
    effective_at: datetime | None = None,
) -> Transfer:
    document = Document(
        id=DOCUMENT,
        type=TransactionType.TRANSFER,
        company_id=COMPANY,
        asset="EUR",
        amount=Decimal(amount),
        fee_amount=Decimal(fee),
        source_wallet_id=source,
        destination_wallet_id=destination,
        reference_type="invoice",
        reference_id="2026-7",
    )
    return Transfer(
        id=COMMAND,
        event_id=EVENT,
        claim=CLAIM,
        origin=ORIGIN,
        document=document,
        legs=legs,
        conditions=conditions,
        effective_at=effective_at,
    )


def pay(amount: str = "10", conditions: Conditions | None = None) -> Transfer:
    """Alice pays Bob in euro."""
    legs = leg(wallet(ALICE), f"-{amount}"), leg(wallet(BOB), amount)
    return transfer(*legs, amount=amount, conditions=conditions)


def opening(*accounts: Account) -> OpenAccounts:
    return OpenAccounts(id=COMMAND, event_id=EVENT, claim=CLAIM, origin=ORIGIN, accounts=accounts)


def status_change(status: AccountStatus, *accounts: Account, reason: str = "a good reason") -> SetAccountStatus:
    return SetAccountStatus(
        id=COMMAND,
        event_id=EVENT,
        claim=CLAIM,
        origin=ORIGIN,
        account_ids=tuple(account.id for account in accounts),
        status=status,
        reason=reason,
    )
