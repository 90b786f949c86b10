"""What clients wished and what they were answered, and nothing else: the only witness besides the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What is wished for. EXPIRE is nobody's wish: the ledger does it by itself when a deadline has passed."""

    TRANSFER = "TRANSFER"
    RESERVE = "RESERVE"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"
    EXTEND = "EXTEND"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"
    STATUS = "STATUS"
    EXPIRE = "EXPIRE"
    BALANCE = "BALANCE"


MOVES = frozenset(Kind) - {Kind.STATUS, Kind.EXPIRE, Kind.BALANCE}
"""What has a key and moves or holds money."""

NEVER_KEPT = frozenset({400, 401, 403, 404, 413, 429, 500, 502, 503})
"""Answers that decide nothing: the same key may still do anything."""
NOT_DECIDED = frozenset({"lock.timeout", "idempotency.in_progress", "idempotency.key_reused"})


class Known(StrEnum):
    """What a client knows of a wish after an answer."""

    DONE = "done"
    REFUSED = "refused"
    NOTHING = "nothing was decided"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish, under one key. Fields that its kind has no use for stay as they are.

    Attributes:
        source, destination: wallets. `source` is also whose balance is read and whose status is changed.
        about: the hold that is captured, released or extended; the document that is given back.
    """

    kind: Kind
    key: str = ""
    amount: Decimal | None = None
    currency: str = "EUR"
    source: UUID | None = None
    destination: UUID | None = None
    about: UUID | None = None
    is_final: bool = True
    seconds: int = 0
    status: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A wish that was sent once, and the answer, if there was one.

    Attributes:
        scope: whose key it is; the service keeps keys apart by caller.
        sent, answered: by the client's own clock, which never goes back (nanoseconds).
        status: of HTTP; None = the line was cut, and nobody knows.
    """

    scope: str
    wish: Wish
    sent: int
    answered: int
    status: int | None
    body: bytes = b""
    is_replay: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """The answer as JSON; empty if it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        return str(self.content.get("code", "")) if (self.status or 0) >= 400 else ""

    @property
    def known(self) -> Known:
        if self.status is None or self.code == "outcome.unknown" or self.status in (500, 502):
            return Known.UNKNOWN
        if self.status < 300:
            return Known.DONE
        if self.status in NEVER_KEPT or self.code in NOT_DECIDED:
            return Known.NOTHING
        return Known.REFUSED

    @property
    def name(self) -> str:
        """How people find it."""
        return f"{self.wish.kind} {self.wish.key or self.wish.source}"

    def id_of(self, field_name: str) -> UUID | None:
        """An id out of the answer."""
        value = self.content.get(field_name)
        return UUID(value) if isinstance(value, str) else None


def decided_wish(attempts: Sequence[Exchange]) -> Wish:
    """What was decided under a key, if anything was: of several wishes that were sent under it, the one that got an
    answer to keep, or might have got one."""
    order = (Known.DONE, Known.REFUSED, Known.UNKNOWN, Known.NOTHING)
    return min(attempts, key=lambda one: (order.index(one.known), one.sent)).wish


@dataclass(slots=True)
class History:
    """Everything that some clients did to some wallets that nobody else knows of.

    Attributes:
        opening: the wallets with what they held in the beginning, and their currencies.
        budgets: of some of these wallets, what a budget of theirs allows to be spent.
        exchanges: in no order; appending is safe from any thread.
    """

    opening: Mapping[UUID, Decimal] = field(default_factory=dict)
    currencies: Mapping[UUID, str] = field(default_factory=dict)
    budgets: Mapping[UUID, Decimal] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)

    def add(self, exchange: Exchange) -> Exchange:
        self.exchanges.append(exchange)
        return exchange

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(exchange.scope for exchange in self.moves())

    def moves(self) -> Iterable[Exchange]:
        """What had a key."""
        return [exchange for exchange in self.exchanges if exchange.wish.kind in MOVES]

    def reads(self) -> list[Exchange]:
        return [one for one in self.exchanges if one.wish.kind is Kind.BALANCE and one.known is Known.DONE]

    def by_key(self) -> dict[tuple[str, str], list[Exchange]]:
        """Every attempt under each key, the earliest first."""
        found: dict[tuple[str, str], list[Exchange]] = {}
        for exchange in sorted(self.moves(), key=lambda one: one.sent):
            found.setdefault((exchange.scope, exchange.wish.key), []).append(exchange)
        return found
