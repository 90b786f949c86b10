"""The commands by which budgets and limits live in the ledger: their envelopes opened, bounded, filled and moved
between. The floors above never see the machine; what they need of its vocabulary is exported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Account, Book, Bucket, account_id
from ledger.core.allotments import Allot, AllowanceMove, SetAccountFloor
from ledger.core.allowances import (
    COUNT,
    ENVELOPE_BUCKETS,
    Allowance,
    Ceiling,
    Envelope,
    EnvelopeKind,
    Unevaluable,
    envelope_account_id,
)
from ledger.core.commands import Claim, OpenAccounts, Origin
from ledger.core.events import Stream
from ledger.ids import new_event_id, new_id
from ledger.money import LOWEST, ZERO, plain
from ledger.selectors.accounts import existing_ids
from ledger.services import journal
from ledger.services.accounts import SYSTEM, digest

__all__ = [
    "COUNT",
    "LOWEST",
    "SYSTEM",
    "Allot",
    "Allowance",
    "Ceiling",
    "Claim",
    "Envelope",
    "EnvelopeKind",
    "Move",
    "OpenAccounts",
    "Origin",
    "SetAccountFloor",
    "Subject",
    "Unevaluable",
    "allot",
    "ensure_allowance_accounts",
    "open_envelope",
    "set_floor",
]

ALLOWANCE = "ALLOWANCE"
"""Owner type of the account on the other side of all that a company's budgets or limits allow in one asset."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The budget or limit that something happens to."""

    kind: EnvelopeKind
    id: UUID
    name: str

    @property
    def stream(self) -> Stream:
        return Stream.BUDGET if self.kind is EnvelopeKind.BUDGET else Stream.LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of what one envelope allows.

    Attributes:
        of: the budget or limit that the envelope belongs to.
        owner_id: whose the envelope is: the period's id, or the limit's.
        amount: signed, not zero.
    """

    of: Subject
    owner_id: UUID
    company_id: UUID
    asset: str
    amount: Decimal


def allowance_account_id(company_id: UUID, asset: str) -> UUID:
    """The other side of what a company's budgets and limits allow in one asset."""
    return account_id(ALLOWANCE, company_id, asset, Bucket.SYSTEM, Book.ALLOWANCE)


def ensure_allowance_accounts(company_id: UUID, assets: Iterable[str]) -> None:
    """Open those accounts on the other side that are not open yet. Safe at any time and concurrently, also inside of
    a transaction."""
    openings = allowance_openings(company_id, assets)
    if openings:
        journal.record(openings) if connection.in_atomic_block else journal.post(openings)


def allowance_openings(company_id: UUID, assets: Iterable[str]) -> list[OpenAccounts]:
    """The commands that open those of them that are not open yet."""
    by_id = {allowance_account_id(company_id, asset): asset for asset in assets}
    return [_opening_of_source(id, company_id, by_id[id]) for id in sorted(by_id.keys() - existing_ids(by_id))]


def open_envelope(*, kind: EnvelopeKind, owner_id: UUID, asset: str, floor: Decimal, origin: Origin) -> OpenAccounts:
    """The command that opens an envelope's three accounts. It happens once, whoever asks how often.

    Args:
        floor: how far AVAILABLE may fall: zero or minus a buffer, LOWEST for a rule that does not bind.
    """
    floors = {Bucket.AVAILABLE: floor, Bucket.RESERVED: ZERO, Bucket.SPENT: LOWEST}
    accounts = tuple(
        Account(
            id=envelope_account_id(kind, owner_id, asset, bucket),
            owner_type=kind.value,
            owner_id=owner_id,
            book=Book.ALLOWANCE,
            asset=asset,
            bucket=bucket,
            min_balance=floors[bucket],
        )
        for bucket in ENVELOPE_BUCKETS
    )
    claim = Claim(scope="envelope", key=f"{kind}:{owner_id}:{asset}", request_hash=digest(asset))
    return OpenAccounts(id=new_id(), event_id=new_event_id(), claim=claim, origin=origin, accounts=accounts)


def set_floor(
    *, kind: EnvelopeKind, owner_id: UUID, asset: str, floor: Decimal, reason: str, origin: Origin
) -> SetAccountFloor:
    """The command that changes how far an envelope may be overspent. `reason` is kept for ever: no personal data."""
    id = new_id()
    return SetAccountFloor(
        id=id,
        event_id=new_event_id(),
        claim=Claim(scope="envelope-floor", key=str(id), request_hash=digest(plain(floor))),
        origin=origin,
        account_id=envelope_account_id(kind, owner_id, asset, Bucket.AVAILABLE),
        min_balance=floor,
        reason=reason,
    )


def allot(
    subject: Subject,
    *,
    seq: int,
    message: str,
    data: dict[str, Any],
    origin: Origin,
    moves: Sequence[Move] = (),
    must_be_left: bool = False,
    claim: Claim | None = None,
) -> Allot:
    """The command of one event in the life of a budget or limit, told to the outside as `message`.

    Args:
        seq: the version that it leads to, given under the lock of the subject's row; without a gap.
        data: JSON-ready; `budget_id` or `limit_id` is added. Kept for ever: no personal data.
        moves: what it changes of envelopes, also those of other subjects.
        must_be_left: refuse (`budget.exceeded`) to take away what is not left.
        claim: what makes it happen once; without one, `seq` does.
    """
    claim = claim or Claim(scope=f"{subject.stream}-event", key=f"{subject.id}:{seq}", request_hash=digest(message))
    return Allot(
        id=new_id(),
        event_id=new_event_id(),
        claim=claim,
        origin=origin,
        stream=subject.stream,
        subject_id=subject.id,
        seq=seq,
        message=message,
        data=data,
        moves=tuple(_move(move) for move in moves),
        must_be_left=must_be_left,
    )


def _move(move: Move) -> AllowanceMove:
    return AllowanceMove(
        account_id=envelope_account_id(move.of.kind, move.owner_id, move.asset, Bucket.AVAILABLE),
        source_id=allowance_account_id(move.company_id, move.asset),
        asset=move.asset,
        amount=move.amount,
        rule_id=move.of.id,
        name=move.of.name,
    )


def _opening_of_source(id: UUID, company_id: UUID, asset: str) -> OpenAccounts:
    account = Account(
        id=id,
        owner_type=ALLOWANCE,
        owner_id=company_id,
        book=Book.ALLOWANCE,
        asset=asset,
        bucket=Bucket.SYSTEM,
        min_balance=None,
    )
    claim = Claim(scope="system-account", key=str(id), request_hash=digest(ALLOWANCE))
    return OpenAccounts(id=new_id(), event_id=new_event_id(), claim=claim, origin=SYSTEM, accounts=(account,))
