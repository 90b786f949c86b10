"""A wallet's statement: opening balance, every change, closing balance (docs/interface.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Bucket, account_id
from ledger.core.commands import TransactionType
from ledger.selectors.instants import EVER, MOMENT, balances_at


@dataclass(frozen=True, slots=True)
class Line:
    """One change of the AVAILABLE balance; `amount` is signed, `balance_after` runs in order of effect."""

    transaction_id: UUID
    type: str
    description: str
    effective_at: datetime
    amount: Decimal
    balance_after: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """`ledger_version` says how much of the ledger it knows: the wallet's version when it was drawn."""

    opening_balance: Decimal
    closing_balance: Decimal
    ledger_version: int
    lines: list[Line]


_VERSION = "SELECT version FROM ledger_account WHERE id = %(account)s"
_LINES = """
    SELECT t.id, t.type, t.description, p.effective_at, p.amount
    FROM ledger_posting AS p
    JOIN ledger_event AS e ON e.id = p.event_id
    LEFT JOIN ledger_transaction AS t ON t.id = e.stream_id
    WHERE p.account_id = %(account)s AND p.effective_at >= %(start)s AND p.effective_at < %(end)s
      -- What counts when it is recorded is found by that; the others have indexes of their own.
      AND (p.recorded_at >= %(start)s AND p.recorded_at < %(end)s
           OR p.effective_at < p.recorded_at OR p.effective_at > p.recorded_at)
    ORDER BY p.effective_at, p.account_seq
"""


def wallet_statement(*, wallet_id: UUID, asset: str, start: datetime, end: datetime) -> Statement:
    """Draw a statement over [start, end).

    Opening plus all lines equals closing, always: the running balance is summed over the lines as they count
    (`effective_at`), so that a back-dated entry appears where it belongs.
    """
    account = account_id("WALLET", wallet_id, asset, Bucket.AVAILABLE)
    parameters: dict[str, Any] = {"account": account, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, parameters)
        (version,) = cursor.fetchone()
        cursor.execute(_LINES, parameters)
        rows = cursor.fetchall()
    before = balances_at([account], at=start - MOMENT, known_at=EVER)
    balance = opening = before[account]
    lines = []
    for id, type, description, effective_at, amount in rows:
        balance += amount
        view = TransactionType(type).seen_from_wallet(incoming=amount > 0)
        lines.append(Line(id, view, description, effective_at, amount, balance))
    return Statement(opening, balance, version, lines)
