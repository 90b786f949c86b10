"""What a spend has to fit into besides the money: budgets and limits, as envelopes, ceilings, or not to be told.

The floors above know the rules; here they are plain data that travels with the command (C19).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ledger.core.accounts import Book, Bucket, account_id

COUNT = "COUNT"
"""The asset of envelopes that count spends: one unit each, however much is spent."""
ENVELOPE_BUCKETS = (Bucket.AVAILABLE, Bucket.RESERVED, Bucket.SPENT)


class EnvelopeKind(StrEnum):
    """Owner type of an envelope's accounts. A BUDGET has an envelope per period, a LIMIT one that is turned."""

    BUDGET = "BUDGET"
    LIMIT = "LIMIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a budget's period or a limit's window still allows, as the accounts that a spend takes it from.

    Attributes:
        rule_id: the budget or limit; gates bear it.
        name: what people call it.
        owner_id: whose the accounts are: the period's id, or the limit's.
        asset: the currency, or COUNT.
        starts_at, ends_at: the window, half-open. A limit's envelope is turned when it was used before `starts_at`.
        zone: the IANA zone in which people are told when it ends.
        is_current: whether the decision has to fall into the window; not so for what belongs to another period.
        is_late: the spend belongs to an earlier period that takes no more.
    """

    kind: EnvelopeKind
    rule_id: UUID
    name: str
    owner_id: UUID
    asset: str
    starts_at: datetime
    ends_at: datetime
    zone: str = "UTC"
    is_current: bool = True
    is_late: bool = False

    def account(self, bucket: Bucket) -> UUID:
        return envelope_account_id(self.kind, self.owner_id, self.asset, bucket)

    @property
    def account_ids(self) -> tuple[UUID, ...]:
        return tuple(self.account(bucket) for bucket in ENVELOPE_BUCKETS)

    @property
    def units(self) -> Decimal | None:
        """What every spend takes, if that does not depend on its amount."""
        return Decimal(1) if self.asset == COUNT else None

    def taken_by(self, amount: Decimal) -> Decimal:
        """What a spend of an amount takes out of it."""
        return amount if self.units is None else self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most that may be spent at once."""

    rule_id: UUID
    name: str
    asset: str
    maximum: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Unevaluable:
    """A rule that binds and cannot be asked: no period, no rate, no calendar. The answer is no."""

    kind: EnvelopeKind
    rule_id: UUID
    name: str


Allowance = Envelope | Ceiling | Unevaluable


def envelope_account_id(kind: EnvelopeKind, owner_id: UUID, asset: str, bucket: Bucket) -> UUID:
    """The id of one of an envelope's accounts."""
    return account_id(kind.value, owner_id, asset, bucket, Book.ALLOWANCE)


def accounts_of_allowances(allowances: tuple[Allowance, ...]) -> tuple[UUID, ...]:
    """Every account that a spend under these allowances may touch."""
    return tuple(id for one in allowances if isinstance(one, Envelope) for id in one.account_ids)
