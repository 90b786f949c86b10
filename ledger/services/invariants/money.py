"""No money is lost or created: sums, balances, floors, amounts."""

from __future__ import annotations

from ledger.services.invariants.invariant import Invariant

MONEY = (
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
        WHERE e.type IN ('TransactionCompleted', 'ReservationCreated', 'ReservationCaptured', 'ReservationReleased',
                         'ReservationExpired')
        GROUP BY e.id, a.book, a.asset_id HAVING count(p.id) < 2 OR sum(p.amount) <> 0
        UNION ALL
        SELECT e.id, a.book, a.asset_id, count(p.id), sum(p.amount)
        FROM ledger_event e
        JOIN ledger_posting p ON p.event_id = e.id
        JOIN ledger_account a ON a.id = p.account_id
        WHERE e.type IN ('AllowanceChanged', 'AllowanceTurned')
        GROUP BY e.id, a.book, a.asset_id HAVING count(p.id) < 2 OR sum(p.amount) <> 0 OR bool_or(a.book = 'money')
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
        "I3d",
        "each snapshot is the sum of the postings it covers, and leaves out no account that moved",
        """
        WITH covered AS (
            SELECT p.account_id, s.at, sum(p.amount) AS amount, count(*) AS postings
            FROM ledger_posting p
            CROSS JOIN LATERAL (
                SELECT min(at) AS at FROM ledger_snapshot WHERE taken_at IS NOT NULL AND at >= p.recorded_at
            ) AS s
            WHERE s.at IS NOT NULL
            GROUP BY p.account_id, s.at
        ), expected AS (
            SELECT account_id, at, sum(amount) OVER chain AS balance, sum(postings) OVER chain AS postings
            FROM covered WINDOW chain AS (PARTITION BY account_id ORDER BY at)
        )
        SELECT coalesce(b.account_id, x.account_id) AS account_id, coalesce(b.at, x.at) AS at,
               b.balance, b.postings, x.balance AS expected_balance, x.postings AS expected_postings
        FROM expected x
        FULL JOIN ledger_snapshotbalance b ON b.account_id = x.account_id AND b.at = x.at
        WHERE b.balance IS DISTINCT FROM x.balance OR b.postings IS DISTINCT FROM x.postings
        ORDER BY 1, 2 LIMIT 1
        """,
    ),
    Invariant(
        "I3e",
        "each sheet of a day's back-dated postings is the sum of those it covers",
        """
        WITH expected AS (
            SELECT p.account_id, (p.effective_at AT TIME ZONE 'UTC')::date AS day, s.at,
                   sum(p.amount) AS amount, count(*) AS postings
            FROM ledger_posting p
            CROSS JOIN LATERAL (
                SELECT min(at) AS at FROM ledger_snapshot WHERE taken_at IS NOT NULL AND at >= p.recorded_at
            ) AS s
            WHERE p.effective_at < p.recorded_at AND s.at IS NOT NULL
            GROUP BY 1, 2, 3
        )
        SELECT coalesce(d.account_id, x.account_id) AS account_id, coalesce(d.day, x.day) AS day,
               coalesce(d.at, x.at) AS at, d.amount, x.amount AS expected_amount
        FROM expected x
        FULL JOIN ledger_backdatedday d ON d.account_id = x.account_id AND d.day = x.day AND d.at = x.at
        WHERE d.amount IS DISTINCT FROM x.amount OR d.postings IS DISTINCT FROM x.postings
        ORDER BY 1, 2, 3 LIMIT 1
        """,
    ),
    Invariant(
        "I4",
        "no account is below its floor, unless less is allowed than was spent; only system accounts have none",
        """
        SELECT id AS account_id, bucket, balance, min_balance FROM ledger_account
        WHERE (balance < min_balance AND NOT (book = 'allowance' AND bucket = 'AVAILABLE'))
              OR (min_balance IS NULL) <> (bucket = 'SYSTEM')
        LIMIT 1
        """,
    ),
    Invariant(
        "I9",
        "what an envelope has left, reserved and spent adds up to what it was given, whatever else happens to it",
        """
        SELECT p.event_id, e.type, a.owner_type, a.owner_id, a.asset_id, sum(p.amount) AS total
        FROM ledger_posting p
        JOIN ledger_account a ON a.id = p.account_id
        JOIN ledger_event e ON e.id = p.event_id
        WHERE a.book = 'allowance' AND e.type <> 'AllowanceChanged'
        GROUP BY p.event_id, e.type, a.owner_type, a.owner_id, a.asset_id HAVING sum(p.amount) <> 0
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
)
