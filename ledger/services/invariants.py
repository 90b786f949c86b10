"""What must be true of the ledger at any instant, each as a query for the first row that breaks it.

The queries know the tables but nothing of the code that fills them, so a fault there does not hide itself here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from ledger.money import plain
from ledger.selectors.snapshot import whole_ledger


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` returns one broken row; none means that it holds."""

    id: str
    title: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`broken` is the first row that breaks the invariant, as column name to text; None when it holds."""

    invariant: Invariant
    broken: dict[str, str] | None


INVARIANTS = (
    Invariant(
        "I1",
        "all postings of an asset add up to zero",
        """
        SELECT a.book, a.asset_id, sum(p.amount) AS total
        FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        GROUP BY a.book, a.asset_id HAVING sum(p.amount) <> 0
        LIMIT 1
        """,
    ),
    Invariant(
        "I2",
        "each movement has two or more postings that add up to zero per asset",
        """
        SELECT e.id AS event_id, a.book, a.asset_id, count(p.id) AS postings, sum(p.amount) AS total
        FROM ledger_event e
        LEFT JOIN ledger_posting p ON p.event_id = e.id
        LEFT JOIN ledger_account a ON a.id = p.account_id
        WHERE e.type = 'TransactionCompleted'
        GROUP BY e.id, a.book, a.asset_id HAVING count(p.id) < 2 OR sum(p.amount) <> 0
        LIMIT 1
        """,
    ),
    Invariant(
        "I2b",
        "every posting belongs to an event and bears an id that follows from it",
        """
        SELECT p.id AS posting_id, p.event_id
        FROM ledger_posting p LEFT JOIN ledger_event e ON e.id = p.event_id
        WHERE e.id IS NULL OR p.id <= e.id OR p.id > ledger_last_posting_id(e.id)
        LIMIT 1
        """,
    ),
    Invariant(
        "I3",
        "the balance of each account is the sum of its postings",
        """
        SELECT a.id AS account_id, a.balance, coalesce(sum(p.amount), 0) AS postings
        FROM ledger_account a LEFT JOIN ledger_posting p ON p.account_id = a.id
        WHERE a.bucket <> 'SYSTEM'
        GROUP BY a.id HAVING a.balance <> coalesce(sum(p.amount), 0)
        LIMIT 1
        """,
    ),
    Invariant(
        "I3b",
        "the checkpoint of each system account is the sum of the postings it covers",
        """
        SELECT a.id AS account_id, a.balance, coalesce(sum(p.amount) FILTER (WHERE e.xid < a.folded_xid), 0) AS postings
        FROM ledger_account a
        LEFT JOIN ledger_posting p ON p.account_id = a.id
        LEFT JOIN ledger_event e ON e.id = p.event_id
        WHERE a.bucket = 'SYSTEM'
        GROUP BY a.id HAVING a.balance <> coalesce(sum(p.amount) FILTER (WHERE e.xid < a.folded_xid), 0)
        LIMIT 1
        """,
    ),
    Invariant(
        "I3c",
        "checkpoints and events are of this cluster (a restored dump must be imported, not only loaded)",
        """
        SELECT 'event' AS what, max(xid) AS xid FROM ledger_event
        HAVING max(xid) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        UNION ALL
        SELECT 'checkpoint', max(folded_xid) FROM ledger_account
        HAVING max(folded_xid) > pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        LIMIT 1
        """,
    ),
    Invariant(
        "I4",
        "no account is below its floor; only system accounts have none",
        """
        SELECT id AS account_id, bucket, balance, min_balance FROM ledger_account
        WHERE balance < min_balance OR (min_balance IS NULL) <> (bucket = 'SYSTEM')
        LIMIT 1
        """,
    ),
    Invariant(
        "I5",
        "no amount is zero, missing, infinite, out of range or finer than its asset",
        """
        SELECT p.id AS posting_id, p.amount, s.scale
        FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id JOIN ledger_asset s ON s.code = a.asset_id
        WHERE p.amount IS NULL OR p.amount = 0 OR NOT (p.amount > -1e20 AND p.amount < 1e20)
              OR p.amount <> round(p.amount, s.scale)
        LIMIT 1
        """,
    ),
    Invariant(
        "I6",
        "each account's postings are numbered 1..n and each balance follows from the one before",
        """
        SELECT account_id, id AS posting_id, account_seq, expected_seq, balance_after, expected_balance
        FROM (
            SELECT p.account_id, p.id, p.account_seq, p.balance_after,
                   row_number() OVER chain AS expected_seq, sum(p.amount) OVER chain AS expected_balance
            FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
            WHERE a.bucket <> 'SYSTEM'
            WINDOW chain AS (PARTITION BY p.account_id ORDER BY p.account_seq, p.id)
        ) AS checked
        WHERE account_seq IS DISTINCT FROM expected_seq OR balance_after IS DISTINCT FROM expected_balance
        LIMIT 1
        """,
    ),
    Invariant(
        "I6b",
        "each account's counters are what its history says",
        """
        SELECT a.id AS account_id, a.seq, a.version, count(p.id) AS postings, lifecycle.events
        FROM ledger_account a
        LEFT JOIN ledger_posting p ON p.account_id = a.id
        CROSS JOIN LATERAL (
            SELECT count(*) AS events FROM ledger_event e
            WHERE e.stream = 'accounts' AND e.stream_id = a.id
        ) AS lifecycle
        WHERE a.bucket IN ('AVAILABLE')
        GROUP BY a.id, lifecycle.events
        HAVING a.seq <> count(p.id) OR a.version <> count(p.id) + lifecycle.events
        LIMIT 1
        """,
    ),
    Invariant(
        "I7",
        "events and postings cannot be changed: the guards stand on every table and partition",
        """
        SELECT c.relname AS table, wanted.name AS missing_trigger
        FROM (VALUES ('ledger_event'), ('ledger_posting')) AS parent(name)
        CROSS JOIN (VALUES ('append_only'), ('no_truncate')) AS wanted(name)
        JOIN pg_class c ON c.oid = parent.name::regclass
             OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = parent.name::regclass)
        LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = wanted.name AND t.tgenabled IN ('O', 'A')
        WHERE t.oid IS NULL
        LIMIT 1
        """,
    ),
    Invariant(
        "I7b",
        "every month, also a detached one, bears guards of its own like those of its table",
        "SELECT month, missing_trigger FROM ledger_missing_guards() LIMIT 1",
    ),
    Invariant(
        "I10",
        "each accepted command moved money once, and each document has one command",
        """
        SELECT c.id AS command_id, c.outcome, count(DISTINCT e.id) AS events, count(DISTINCT t.id) AS documents
        FROM ledger_command c
        LEFT JOIN ledger_event e ON e.command_id = c.id
        LEFT JOIN ledger_transaction t ON t.command_id = c.id
        WHERE c.outcome IS NULL OR c.type = 'Transfer'
        GROUP BY c.id HAVING c.outcome IS NULL OR count(DISTINCT e.id) <> 1 OR count(DISTINCT t.id) <> 1
        LIMIT 1
        """,
    ),
    Invariant(
        "I10b",
        "every event and every document has its command",
        """
        SELECT 'event' AS what, e.id FROM ledger_event e LEFT JOIN ledger_command c ON c.id = e.command_id
        WHERE c.id IS NULL
        UNION ALL
        SELECT 'document', t.id FROM ledger_transaction t LEFT JOIN ledger_command c ON c.id = t.command_id
        WHERE c.id IS NULL
        LIMIT 1
        """,
    ),
    Invariant(
        "I10c",
        "a document says what its event says",
        """
        SELECT t.id AS transaction_id, t.state, e.type, t.amount, e.data ->> 'amount' AS event_amount
        FROM ledger_transaction t
        LEFT JOIN ledger_event e ON e.stream = 'transaction' AND e.stream_id = t.id AND e.seq = 1
        WHERE e.id IS NULL
              OR (t.state = 'FAILED') <> (e.type = 'TransactionFailed')
              OR t.type IS DISTINCT FROM e.data ->> 'type'
              OR t.amount IS DISTINCT FROM (e.data ->> 'amount')::numeric
              OR t.fee_amount IS DISTINCT FROM (e.data ->> 'fee_amount')::numeric
              OR t.asset_id IS DISTINCT FROM e.data ->> 'asset'
              OR t.source_wallet_id IS DISTINCT FROM (e.data ->> 'source_wallet_id')::uuid
              OR t.destination_wallet_id IS DISTINCT FROM (e.data ->> 'destination_wallet_id')::uuid
              OR t.reference_type IS DISTINCT FROM e.data ->> 'reference_type'
              OR t.reference_id IS DISTINCT FROM e.data ->> 'reference_id'
        LIMIT 1
        """,
    ),
    Invariant(
        "I12",
        "refused commands moved nothing",
        """
        SELECT c.id AS command_id, p.id AS posting_id
        FROM ledger_command c
        JOIN ledger_event e ON e.command_id = c.id
        JOIN ledger_posting p ON p.event_id = e.id
        WHERE c.outcome = 'REFUSED'
        LIMIT 1
        """,
    ),
    Invariant(
        "I17",
        "each event is announced exactly once per wallet it touches, and nothing else is",
        """
        WITH expected AS (
            SELECT e.id AS event_id, e.stream_id AS aggregate_id
            FROM ledger_event e WHERE e.type = 'TransactionFailed'
            UNION ALL
            SELECT p.event_id, a.owner_id
            FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
            WHERE a.owner_type = 'WALLET' AND a.bucket = 'AVAILABLE'
            UNION ALL
            SELECT e.id, a.owner_id
            FROM ledger_event e JOIN ledger_account a ON a.id = e.stream_id
            WHERE e.stream = 'accounts' AND a.owner_type = 'WALLET'
        )
        SELECT coalesce(x.event_id, m.event_id) AS event_id, coalesce(x.aggregate_id, m.aggregate_id) AS aggregate_id,
               count(x.event_id) AS expected, count(m.id) AS announced
        FROM expected x
        FULL JOIN ledger_outboxmessage m ON m.event_id = x.event_id AND m.aggregate_id = x.aggregate_id
        GROUP BY 1, 2 HAVING count(x.event_id) <> 1 OR count(m.id) <> 1
        LIMIT 1
        """,
    ),
    Invariant(
        "I18",
        "messages are numbered 1..n per aggregate, and a wallet's last number is its version",
        """
        SELECT m.aggregate_id, count(*) AS messages, count(DISTINCT m.sequence) AS numbers,
               min(m.sequence) AS first, max(m.sequence) AS last, max(a.version) AS version
        FROM ledger_outboxmessage m
        LEFT JOIN ledger_account a ON a.owner_id = m.aggregate_id AND a.owner_type = 'WALLET' AND a.bucket = 'AVAILABLE'
        GROUP BY m.aggregate_id
        HAVING min(m.sequence) <> 1 OR max(m.sequence) <> count(*) OR count(DISTINCT m.sequence) <> count(*)
               OR max(m.sequence) <> max(a.version)
        LIMIT 1
        """,
    ),
)


def check_invariants() -> Iterator[Finding]:
    """Check all invariants in one snapshot of the ledger, one after the other.

    Yields:
        A finding per invariant, in order.
    """
    with whole_ledger(), connection.cursor() as cursor:
        # Every query reads whole tables. Where the planner has no statistics yet, right after much was posted, it
        # would compare each row with each: minutes instead of a second for 5,600 movements.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for invariant in INVARIANTS:
            cursor.execute(invariant.sql)
            row = cursor.fetchone()
            names = [column.name for column in cursor.description or ()]
            broken = None if row is None else {n: _text(v) for n, v in zip(names, row, strict=True)}
            yield Finding(invariant, broken)


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
