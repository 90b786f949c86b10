"""What the machine knows of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from uuid import UUID, uuid5

from ledger.money import ZERO

_ACCOUNT_NAMESPACE = UUID("6a0e1f52-0c57-5d0b-9d0e-3f2f6c1f7a11")


class Book(StrEnum):
    """Zero-sum holds inside a book; money and allowances are never mixed."""

    MONEY = "money"
    ALLOWANCE = "allowance"


class Bucket(StrEnum):
    AVAILABLE = "AVAILABLE"
    PENDING = "PENDING"
    RESERVED = "RESERVED"
    STAKED = "STAKED"
    SPENT = "SPENT"
    SYSTEM = "SYSTEM"


class AccountStatus(StrEnum):
    """SUSPENDED lets nothing out, FROZEN neither in nor out, CLOSED is final (C4)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    FROZEN = "FROZEN"
    CLOSED = "CLOSED"


REMEMBERED_IDS = 10_000
"""Of accounts that come up again and again. A spend under seven rules names forty, and each is a hash."""

WALLET = "WALLET"
"""Owner type of a customer's wallet; the ledger knows no more of wallets than this word and their ids."""


@dataclass(frozen=True, slots=True)
class Account:
    """One figure.

    Attributes:
        min_balance: the floor that the balance never falls below; None = no floor (system accounts only).
        seq: how many postings the account has had; the next posting gets `seq + 1`.
        life_seq: how many events of its life it has had: opened, status changed.
        version: how many events have touched it, both kinds together. The headline account of a wallet counts the
            events that touch any account of the wallet.
        window_starts_at: of a limit's AVAILABLE account, the window that its SPENT account counts; of that one, when it
            was emptied for it.
    """

    id: UUID
    owner_type: str
    owner_id: UUID
    book: Book
    asset: str
    bucket: Bucket
    min_balance: Decimal | None = ZERO
    balance: Decimal = ZERO
    status: AccountStatus = AccountStatus.ACTIVE
    seq: int = 0
    life_seq: int = 0
    version: int = 0
    window_starts_at: datetime | None = None

    @property
    def is_system(self) -> bool:
        """System accounts have no floor, are never locked and number no postings (ADR 0011)."""
        return self.bucket is Bucket.SYSTEM

    @property
    def is_headline(self) -> bool:
        """Whether this is the account whose version counts as the version of its wallet."""
        return self.owner_type == WALLET and self.bucket is Bucket.AVAILABLE

    def moved(self, *, balance: Decimal, seq: int, version: int) -> Account:
        """The account after a posting. Written out, because `replace` takes three times as long, and every posting
        needs it."""
        return Account(
            self.id,
            self.owner_type,
            self.owner_id,
            self.book,
            self.asset,
            self.bucket,
            self.min_balance,
            balance,
            self.status,
            seq,
            self.life_seq,
            version,
            self.window_starts_at,
        )

    @property
    def headline_id(self) -> UUID:
        """The headline account of the wallet that this is an account of."""
        assert self.owner_type == WALLET, "only wallets have a headline"
        return self.id if self.is_headline else account_id(WALLET, self.owner_id, self.asset, Bucket.AVAILABLE)


@lru_cache(REMEMBERED_IDS)
def account_id(owner_type: str, owner_id: UUID, asset: str, bucket: Bucket, book: Book = Book.MONEY) -> UUID:
    """The id of an account follows from what it is, so nobody has to look it up and nobody can open it twice."""
    return uuid5(_ACCOUNT_NAMESPACE, f"{owner_type}:{owner_id}:{book}:{asset}:{bucket}")
