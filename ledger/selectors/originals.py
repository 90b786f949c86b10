"""Documents that somebody wants undone, with what they moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from ledger.core.accounts import WALLET, Account
from ledger.core.allowances import EnvelopeKind
from ledger.core.state import Original
from ledger.models import Transaction
from ledger.selectors.accounts import read_accounts

Moved = tuple[tuple[datetime, Decimal], ...]

_NET = """
    SELECT e.stream_id, p.account_id, sum(p.amount), array_agg(p.recorded_at), array_agg(p.amount)
    FROM ledger_event AS e
    CROSS JOIN LATERAL (
        SELECT account_id, amount, recorded_at FROM ledger_posting
        WHERE id > e.id AND id <= ledger_last_posting_id(e.id)
        OFFSET 0  -- keeps the planner from comparing every event with every posting of the account
    ) AS p
    WHERE e.stream = 'transaction' AND e.stream_id = ANY(%s)
    GROUP BY e.stream_id, p.account_id HAVING sum(p.amount) <> 0
    ORDER BY e.stream_id, min(e.seq), p.account_id
"""


def read_originals(ids: Iterable[UUID]) -> dict[UUID, Original]:
    """Documents and the net of all that they posted, by id."""
    wanted = list(ids)
    rows = Transaction.objects.filter(id__in=wanted)
    net: dict[UUID, dict[UUID, Decimal]] = {id: {} for id in wanted}
    moved: dict[UUID, dict[UUID, Moved]] = {id: {} for id in wanted}
    with connection.cursor() as cursor:
        cursor.execute(_NET, [wanted])
        for id, account_id, amount, moments, amounts in cursor.fetchall():
            net[id][account_id] = amount
            moved[id][account_id] = tuple(zip(moments, amounts, strict=True))
    return {row.id: _original(row, net[row.id], moved[row.id]) for row in rows}


def _original(row: Transaction, net: dict[UUID, Decimal], moved: dict[UUID, Moved]) -> Original:
    return Original(
        id=row.id,
        type=row.type,
        state=row.state,
        amount=row.amount,
        refunded=row.refunded_amount,
        seq=row.version,
        net=net,
        moved=moved,
    )


def payments_by_reference(*, type: str, id: str, company_id: UUID | None) -> list[Transaction]:
    """The payments out of wallets that bear a reference, refused ones too.

    Args:
        company_id: None = of every company.
    """
    payments = Transaction.objects.filter(reference_id=id, reference_type=type, type="PAYMENT")
    return list(payments if company_id is None else payments.filter(company_id=company_id))


@dataclass(frozen=True, slots=True)
class Touched:
    """What a document has moved.

    Attributes:
        account_ids: the accounts, and the headline accounts of their wallets.
        period_ids: the periods of budgets that it was taken from.
    """

    account_ids: tuple[UUID, ...]
    period_ids: tuple[UUID, ...]


def touched_by(originals: Iterable[Original]) -> dict[UUID, Touched]:
    """Per document what it has moved. One query."""
    kept = list(originals)
    accounts, _ = read_accounts({id for original in kept for id in original.net})
    return {original.id: _touched([accounts[id] for id in original.net]) for original in kept}


def _touched(accounts: list[Account]) -> Touched:
    budgets = {account.owner_id for account in accounts if account.owner_type == EnvelopeKind.BUDGET}
    return Touched(tuple(sorted(_with_headlines(accounts))), tuple(sorted(budgets)))


def _with_headlines(accounts: Iterable[Account]) -> set[UUID]:
    ids = set()
    for account in accounts:
        ids.add(account.id)
        if account.owner_type == WALLET:
            ids.add(account.headline_id)
    return ids
