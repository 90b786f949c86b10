"""Envelopes of budgets and limits: three accounts in the book of allowances each, and where their figures come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Account, Book, Bucket, account_id
from ledger.core.commands import AnyCommand, Claim, Document, Leg, OpenAccounts, TransactionType, Transfer
from ledger.core.state import Part
from ledger.ids import new_event_id, new_id
from ledger.selectors.accounts import read_accounts
from tests.ledger.books import ORIGIN, code_of, post

BUCKETS = (Bucket.AVAILABLE, Bucket.RESERVED, Bucket.SPENT)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an owner, a BUDGET or a LIMIT, still allows, has reserved and has spent."""

    owner_type: str
    company_id: UUID
    owner_id: UUID = field(default_factory=new_id)

    def account_id(self, bucket: Bucket) -> UUID:
        return account_id(self.owner_type, self.owner_id, "EUR", bucket, Book.ALLOWANCE)

    @property
    def part(self) -> Part:
        """What a hold keeps of it."""
        available, reserved, spent = map(self.account_id, BUCKETS)
        return Part(available, reserved, spent, "EUR")

    @property
    def figures(self) -> list[Decimal]:
        """What is allowed, reserved and spent."""
        ids = [self.account_id(bucket) for bucket in BUCKETS]
        stored, _ = read_accounts(ids)
        return [stored[id].balance for id in ids]

    def opening(self, amount: str) -> list[AnyCommand]:
        """The commands that open it and say how much it allows."""
        source = account_id("ALLOWANCE", self.owner_id, "EUR", Bucket.SYSTEM, Book.ALLOWANCE)
        accounts = [self._account(self.owner_type, bucket) for bucket in BUCKETS]
        accounts.append(self._account("ALLOWANCE", Bucket.SYSTEM))
        legs = Leg(source, "EUR", -Decimal(amount)), Leg(self.account_id(Bucket.AVAILABLE), "EUR", Decimal(amount))
        document = Document(
            id=new_id(),
            type=TransactionType.DEPOSIT,
            company_id=self.company_id,
            asset="EUR",
            amount=Decimal(amount),
            destination_wallet_id=self.owner_id,
        )
        return [
            OpenAccounts(
                id=new_id(), event_id=new_event_id(), claim=self._claim(), origin=ORIGIN, accounts=tuple(accounts)
            ),
            Transfer(
                id=new_id(), event_id=new_event_id(), claim=self._claim(), origin=ORIGIN, document=document, legs=legs
            ),
        ]

    def open(self, amount: str) -> Envelope:
        assert [code_of(outcome) for outcome in post(*self.opening(amount))] == [None, None]
        return self

    def _account(self, owner_type: str, bucket: Bucket) -> Account:
        return Account(
            id=account_id(owner_type, self.owner_id, "EUR", bucket, Book.ALLOWANCE),
            owner_type=owner_type,
            owner_id=self.owner_id,
            book=Book.ALLOWANCE,
            asset="EUR",
            bucket=bucket,
            min_balance=None if bucket is Bucket.SYSTEM else Decimal(0),
        )

    def _claim(self) -> Claim:
        return Claim(scope="envelope", key=str(new_id()), request_hash=b"")
