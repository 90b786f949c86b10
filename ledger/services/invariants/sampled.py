"""The invariants of some accounts and events, asked along indexes: what can be looked at every minute.

Each looks at the newest %(tail)s rows of an account or wallet only: if those were right when they were the newest, all
before them is what the nightly look at the whole ledger is for.
"""

from __future__ import annotations

from ledger.services.invariants.invariant import Invariant

SAMPLED = (
    Invariant(
        "I2",
        "each movement has two or more postings that add up to zero per asset",
        """
        SELECT e.id AS event_id, a.book, a.asset_id, count(p.id) AS postings, sum(p.amount) AS total
        FROM unnest(%(events)s::uuid[]) AS wanted(id)
        JOIN ledger_event e ON e.id = wanted.id
        JOIN ledger_posting p ON p.id > e.id AND p.id <= ledger_last_posting_id(e.id)
        JOIN ledger_account a ON a.id = p.account_id
        GROUP BY e.id, a.book, a.asset_id HAVING count(p.id) < 2 OR sum(p.amount) <> 0
        LIMIT 1
        """,
    ),
    Invariant(
        "I3",
        "the balance of each account is what its last posting left, and its number is the count",
        """
        SELECT a.id AS account_id, a.balance, last.balance_after, a.seq, last.account_seq
        FROM unnest(%(accounts)s::uuid[]) AS wanted(id)
        JOIN ledger_account a ON a.id = wanted.id
        LEFT JOIN LATERAL (
            SELECT balance_after, account_seq FROM ledger_posting
            WHERE account_id = a.id AND account_seq IS NOT NULL ORDER BY account_seq DESC LIMIT 1
        ) AS last ON true
        WHERE a.bucket <> 'SYSTEM'
              AND (a.balance <> coalesce(last.balance_after, 0) OR a.seq <> coalesce(last.account_seq, 0))
        LIMIT 1
        """,
    ),
    Invariant(
        "I4",
        "no account is below its floor, unless less is allowed than was spent; only system accounts have none",
        """
        SELECT a.id AS account_id, a.bucket, a.balance, a.min_balance
        FROM unnest(%(accounts)s::uuid[]) AS wanted(id) JOIN ledger_account a ON a.id = wanted.id
        WHERE (a.balance < a.min_balance AND NOT (a.book = 'allowance' AND a.bucket = 'AVAILABLE'))
              OR (a.min_balance IS NULL) <> (a.bucket = 'SYSTEM')
        LIMIT 1
        """,
    ),
    Invariant(
        "I6",
        "each account's postings are numbered without a gap and each balance follows from the one before",
        """
        SELECT account_id, id AS posting_id, account_seq, before_seq, amount, before_balance, balance_after
        FROM (
            SELECT p.account_id, p.id, p.account_seq, p.amount, p.balance_after, row_number() OVER newest AS place,
                   lead(p.account_seq) OVER newest AS before_seq, lead(p.balance_after) OVER newest AS before_balance
            FROM unnest(%(accounts)s::uuid[]) AS wanted(id)
            CROSS JOIN LATERAL (
                SELECT * FROM ledger_posting
                WHERE account_id = wanted.id AND account_seq IS NOT NULL ORDER BY account_seq DESC LIMIT %(tail)s
            ) AS p
            WINDOW newest AS (PARTITION BY p.account_id ORDER BY p.account_seq DESC, p.id DESC)
        ) AS chain
        -- The oldest row that is looked at follows from one that is not, unless there is none.
        WHERE (place < %(tail)s OR before_seq IS NOT NULL)
              AND (account_seq <> coalesce(before_seq, 0) + 1 OR balance_after <> coalesce(before_balance, 0) + amount)
        LIMIT 1
        """,
    ),
    Invariant(
        "I8",
        "nothing is captured, released and expired beyond what was held, and what has ended is accounted for wholly",
        """
        SELECT r.id AS reservation_id, r.status, r.amount, r.captured_amount, r.released_amount
        FROM unnest(%(wallets)s::uuid[]) AS wanted(id)
        CROSS JOIN LATERAL (
            SELECT * FROM ledger_reservation
            WHERE wallet_id = wanted.id ORDER BY created_at DESC, id DESC LIMIT %(tail)s
        ) AS r
        WHERE r.captured_amount + r.released_amount > r.amount
              OR (r.status = 'ACTIVE') <> (r.captured_amount + r.released_amount < r.amount)
        LIMIT 1
        """,
    ),
    Invariant(
        "I18",
        "messages are numbered without a gap per wallet, and its last number is its version",
        """
        SELECT w.wallet_id, w.version, count(m.sequence) AS messages, min(m.sequence) AS first, max(m.sequence) AS last
        FROM (
            SELECT a.owner_id AS wallet_id, a.version
            FROM unnest(%(wallets)s::uuid[]) AS wanted(id)
            JOIN ledger_account a ON a.owner_id = wanted.id AND a.owner_type = 'WALLET' AND a.bucket = 'AVAILABLE'
        ) AS w
        LEFT JOIN LATERAL (
            SELECT sequence FROM ledger_outboxmessage
            WHERE aggregate_id = w.wallet_id ORDER BY sequence DESC LIMIT %(tail)s
        ) AS m ON true
        GROUP BY w.wallet_id, w.version
        HAVING count(DISTINCT m.sequence) <> least(w.version, %(tail)s) OR count(*) <> least(w.version, %(tail)s)
               OR max(m.sequence) IS DISTINCT FROM w.version OR min(m.sequence) <> w.version - count(*) + 1
        LIMIT 1
        """,
    ),
)
