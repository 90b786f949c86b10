"""Envelopes of budgets and limits, as the floors above make them: opened, given something, handed to commands."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, Bucket
from ledger.core.commands import AnyCommand
from ledger.ids import new_id
from ledger.selectors.accounts import read_accounts
from ledger.selectors.balances import system_balances
from ledger.selectors.envelopes import envelope_figures
from ledger.services.accounts import digest
from ledger.services.allowances import (
    COUNT,
    Allot,
    Ceiling,
    Envelope,
    EnvelopeKind,
    Move,
    Subject,
    Unevaluable,
    allot,
    allowance_account_id,
    ensure_allowance_accounts,
    open_envelope,
    set_floor,
)
from ledger.services.movements import Claim
from tests.ledger.books import ORIGIN, code_of, post

BUDGET, LIMIT = EnvelopeKind.BUDGET, EnvelopeKind.LIMIT
MESSAGES = {BUDGET: "BudgetChanged", LIMIT: "LimitChanged"}
LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
WINDOWS = tuple(datetime(2020 + year, 1, 1, tzinfo=UTC) for year in range(5))
"""When windows begin that all have begun by now; for windows that move on, one is as good as another."""


def _told(kind: EnvelopeKind) -> dict[str, Any]:
    """What a message of a rule may say; the ledger does not read it."""
    file = Path(__file__).parents[2] / f"docs/events/examples/{MESSAGES[kind]}.v1.json"
    data: dict[str, Any] = json.loads(file.read_text())["data"]
    return {
        name: value for name, value in data.items() if name not in {"event_type", "timestamp", f"{kind.lower()}_id"}
    }


TOLD = {kind: _told(kind) for kind in EnvelopeKind}


@dataclass(slots=True)
class Rule:
    """A budget with one period, or a limit. The period and the rule share an id here; the ledger does not care."""

    kind: EnvelopeKind
    company_id: UUID
    asset: str = "EUR"
    name: str = ""
    id: UUID = field(default_factory=new_id)
    version: int = 0

    @property
    def subject(self) -> Subject:
        return Subject(self.kind, self.id, self.name or f"The {self.kind.value.lower()}")

    def allowance(self, starts_at: datetime = LONG_AGO, ends_at: datetime = FAR_AHEAD, **changes: Any) -> Envelope:
        """What a spend under it carries."""
        envelope = Envelope(
            kind=self.kind,
            rule_id=self.id,
            name=self.subject.name,
            owner_id=self.id,
            asset=self.asset,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return replace(envelope, **changes)

    def account_id(self, bucket: Bucket) -> UUID:
        return self.allowance().account(bucket)

    def account(self, bucket: Bucket = Bucket.AVAILABLE) -> Account:
        """One of its accounts as it is stored."""
        id = self.account_id(bucket)
        return read_accounts([id])[0][id]

    @property
    def figures(self) -> list[Decimal]:
        """What is allowed, reserved and spent."""
        found = envelope_figures(self.kind, [(self.id, self.asset)])[self.id, self.asset]
        return [found.available, found.reserved, found.spent]

    @property
    def given(self) -> Decimal:
        """What the account on the other side has given to all envelopes of the company in this asset."""
        id = allowance_account_id(self.company_id, self.asset)
        return -system_balances([id])[id]

    def move(self, amount: str) -> Move:
        return Move(
            of=self.subject, owner_id=self.id, company_id=self.company_id, asset=self.asset, amount=Decimal(amount)
        )

    def allot(self, *moves: Move, key: str | None = None, must_be_left: bool = False) -> Allot:
        """The next event of its life."""
        self.version += 1
        claim = None if key is None else Claim(scope="allotment", key=key, request_hash=digest(*map(str, moves)))
        return allot(
            self.subject,
            seq=self.version,
            message=MESSAGES[self.kind],
            data=TOLD[self.kind],
            origin=ORIGIN,
            moves=moves,
            must_be_left=must_be_left,
            claim=claim,
        )

    def more(self, amount: str) -> Allot:
        """Allow more, or less."""
        return self.allot(self.move(amount))

    def floor(self, floor: str | int | Decimal) -> AnyCommand:
        return set_floor(
            kind=self.kind,
            owner_id=self.id,
            asset=self.asset,
            floor=Decimal(floor),
            reason="a good reason",
            origin=ORIGIN,
        )

    def opening(self, amount: str, floor: str | Decimal = "0") -> list[AnyCommand]:
        """The commands that open it and say how much it allows. The other side has to be there."""
        opening = open_envelope(kind=self.kind, owner_id=self.id, asset=self.asset, floor=Decimal(floor), origin=ORIGIN)
        return [opening, self.more(amount)]

    def open(self, amount: str, floor: str | Decimal = "0") -> Rule:
        ensure_allowance_accounts(self.company_id, [self.asset])
        assert [code_of(outcome) for outcome in post(*self.opening(amount, floor))] == [None, None]
        return self


def budget(company_id: UUID, amount: str, floor: str | Decimal = "0", name: str = "") -> Rule:
    return Rule(BUDGET, company_id, name=name).open(amount, floor)


def limit(company_id: UUID, amount: str, floor: str | Decimal = "0", asset: str = "EUR") -> Rule:
    return Rule(LIMIT, company_id, asset).open(amount, floor)


def count(company_id: UUID, number: str) -> Rule:
    """A limit of so many spends."""
    return limit(company_id, number, asset=COUNT)


def ceiling(maximum: str, asset: str = "EUR") -> Ceiling:
    return Ceiling(rule_id=new_id(), name="Single payment", asset=asset, maximum=Decimal(maximum))


def unevaluable(kind: EnvelopeKind = BUDGET) -> Unevaluable:
    return Unevaluable(kind=kind, rule_id=new_id(), name="Team budget")
