"""A wallet's statement: opening balance, every change, closing balance (docs/interface.md, ADR 0024)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Bucket, account_id
from ledger.core.commands import TransactionType
from ledger.money import EXACT, ZERO
from ledger.selectors.instants import MOMENT, balances_at

LINES_AT_ONCE = 2_000
"""How many lines are read together: a statement of any length needs the memory of this many."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change of the AVAILABLE balance.

    Attributes:
        number: of the change on this account, for ever; it counts in the order of recording.
        effective_at, recorded_at: when it counts and when it was written down.
        amount: signed.
        balance_after: runs in order of effect, as the lines do.
    """

    number: int
    transaction_id: UUID
    type: str
    description: str
    reference_id: str
    effective_at: datetime
    recorded_at: datetime
    amount: Decimal
    balance_after: Decimal


@dataclass(frozen=True, slots=True)
class Turnover:
    """The lines of one direction: how many, and their sum without sign."""

    count: int
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A period of a wallet as it was known at one instant.

    The figures are read together; the lines are read when asked for, and are those of that instant however much
    later: an account's postings are numbered without gap under its lock and never change, so the number of the
    last one names the whole.

    Attributes:
        ledger_version: how much of the ledger the statement knows: the wallet's version when it was drawn.
        drawn_at: that instant, by the database's clock.
    """

    account: UUID
    start: datetime
    end: datetime
    last_number: int
    ledger_version: int
    drawn_at: datetime
    opening_balance: Decimal
    credits: Turnover
    debits: Turnover

    @property
    def closing_balance(self) -> Decimal:
        return EXACT.subtract(EXACT.add(self.opening_balance, self.credits.total), self.debits.total)

    @property
    def line_count(self) -> int:
        return self.credits.count + self.debits.count

    def lines(self) -> Iterator[Line]:
        """The lines in order of effect, read a few thousand at a time."""
        balance, position = self.opening_balance, (self.start, 0)
        while True:
            rows = self._rows_after(position)
            for number, id, type, description, reference_id, effective_at, recorded_at, amount in rows:
                balance, position = EXACT.add(balance, amount), (effective_at, number)
                view = _seen_from_wallet(type, amount)
                yield Line(number, id, view, description, reference_id, effective_at, recorded_at, amount, balance)
            if len(rows) < LINES_AT_ONCE:
                return

    def _rows_after(self, position: tuple[datetime, int]) -> list[tuple[Any, ...]]:
        parameters: dict[str, Any] = {
            "account": self.account,
            "last_number": self.last_number,
            "end": self.end,
            "after": position[0],
            "after_number": position[1],
            "limit": LINES_AT_ONCE,
        }
        with connection.cursor() as cursor:
            cursor.execute(_LINES, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


# One statement, so one instant: the version, the number of the last posting and the turnovers belong together.
_FIGURES = """
    SELECT a.seq, a.version, clock_timestamp(), last.recorded_at,
           count(p.id) FILTER (WHERE p.amount > 0), coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0),
           count(p.id) FILTER (WHERE p.amount < 0), coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0)
    FROM ledger_account AS a
    LEFT JOIN LATERAL (
        SELECT recorded_at FROM ledger_posting WHERE account_id = a.id AND account_seq = a.seq
    ) AS last ON true
    LEFT JOIN ledger_posting AS p ON p.account_id = a.id AND p.effective_at >= %(start)s AND p.effective_at < %(end)s
         -- What counts when it is recorded is found by that; what is back-dated has an index of its own.
         AND (p.recorded_at >= %(start)s AND p.recorded_at < %(end)s OR p.effective_at < p.recorded_at)
    WHERE a.id = %(account)s
    GROUP BY a.id, last.recorded_at
"""
# Two ordered streams, each from its own index and cut to size before they meet: what counts when it was recorded, and
# what was back-dated.
_LINES = """
    SELECT p.account_seq, e.stream_id, t.type, coalesce(t.description, ''), coalesce(t.reference_id, ''),
           p.effective_at, p.recorded_at, p.amount
    FROM (
        SELECT * FROM (
            (SELECT event_id, account_seq, effective_at, recorded_at, amount FROM ledger_posting
             WHERE account_id = %(account)s AND account_seq <= %(last_number)s AND effective_at = recorded_at
               AND recorded_at >= %(after)s AND recorded_at < %(end)s
               AND (recorded_at, account_seq) > (%(after)s, %(after_number)s)
             ORDER BY recorded_at, account_seq LIMIT %(limit)s)
            UNION ALL
            (SELECT event_id, account_seq, effective_at, recorded_at, amount FROM ledger_posting
             WHERE account_id = %(account)s AND account_seq <= %(last_number)s AND effective_at < recorded_at
               AND effective_at >= %(after)s AND effective_at < %(end)s
               AND (effective_at, account_seq) > (%(after)s, %(after_number)s)
             ORDER BY effective_at, account_seq LIMIT %(limit)s)
        ) AS streams
        ORDER BY effective_at, account_seq
        LIMIT %(limit)s
    ) AS p
    -- OFFSET 0 leaves the planner no other way than the keys, line by line: for thousands of lines it would rather read
    -- all events of all months.
    CROSS JOIN LATERAL (SELECT stream_id FROM ledger_event WHERE id = p.event_id OFFSET 0) AS e
    LEFT JOIN LATERAL (
        SELECT type, description, reference_id FROM ledger_transaction WHERE id = e.stream_id OFFSET 0
    ) AS t ON true
    ORDER BY p.effective_at, p.account_seq
"""


def wallet_statement(*, wallet_id: UUID, asset: str, start: datetime, end: datetime) -> Statement:
    """Draw a statement over [start, end).

    Opening plus all lines equals closing, always: the running balance is summed over the lines as they count
    (`effective_at`), so that a back-dated entry appears where it belongs.
    """
    account = account_id("WALLET", wallet_id, asset, Bucket.AVAILABLE)
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"account": account, "start": start, "end": end})
        last_number, version, drawn_at, known_at, credit_count, credits, debit_count, debits = cursor.fetchone()
    # As it was known when the last of those postings was recorded: one that is back-dated meanwhile is left out.
    opening = balances_at([account], at=start - MOMENT, known_at=known_at)[account] if known_at else ZERO
    return Statement(
        account=account,
        start=start,
        end=end,
        last_number=last_number,
        ledger_version=version,
        drawn_at=drawn_at,
        opening_balance=opening,
        credits=Turnover(credit_count, credits),
        debits=Turnover(debit_count, debits),
    )


def _seen_from_wallet(type: str | None, amount: Decimal) -> str:
    """What kind of line it is; a change that belongs to no document is told by its direction."""
    if type is None:
        return "CREDIT" if amount > 0 else "DEBIT"
    return TransactionType(type).seen_from_wallet(incoming=amount > 0)
