"""History is whole: numbered without gaps, counted right, guarded against change."""

from __future__ import annotations

from ledger.services.invariants.invariant import Invariant

HISTORY = (
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
        WITH lives AS (
            SELECT (opened.account ->> 'id')::uuid AS account_id
            FROM ledger_event e CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'accounts') AS opened(account)
            WHERE e.type = 'AccountsOpened'
            UNION ALL
            SELECT changed.account::uuid
            FROM ledger_event e
            CROSS JOIN LATERAL jsonb_array_elements_text(e.data -> 'account_ids') AS changed(account)
            WHERE e.type IN ('AccountStatusChanged', 'AccountFloorChanged', 'AllowanceTurned')
        ), life AS (
            SELECT account_id, count(*) AS events FROM lives GROUP BY account_id
        ), posted AS (
            SELECT account_id, count(*) AS postings FROM ledger_posting GROUP BY account_id
        )
        SELECT a.id AS account_id, a.seq, a.life_seq, a.version, posted.postings, life.events
        FROM ledger_account a
        LEFT JOIN life ON life.account_id = a.id
        LEFT JOIN posted ON posted.account_id = a.id
        WHERE a.life_seq IS DISTINCT FROM coalesce(life.events, 0)
              OR (a.bucket <> 'SYSTEM' AND a.seq <> coalesce(posted.postings, 0))
              OR (NOT (a.owner_type = 'WALLET' AND a.bucket = 'AVAILABLE') AND a.version <> a.seq + a.life_seq)
        LIMIT 1
        """,
    ),
    Invariant(
        "I6c",
        "the version of each wallet is the number of events that touched any of its accounts",
        """
        WITH touched AS (
            SELECT a.owner_id, count(DISTINCT p.event_id) AS events
            FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
            WHERE a.owner_type = 'WALLET'
            GROUP BY a.owner_id
        )
        SELECT a.owner_id AS wallet_id, a.version, a.life_seq, touched.events
        FROM ledger_account a LEFT JOIN touched ON touched.owner_id = a.owner_id
        WHERE a.owner_type = 'WALLET' AND a.bucket = 'AVAILABLE'
              AND a.version <> a.life_seq + coalesce(touched.events, 0)
        LIMIT 1
        """,
    ),
    Invariant(
        "I6d",
        "each account's postings were recorded in the order of their numbers",
        """
        SELECT account_id, posting_id, account_seq, recorded_at, recorded_before
        FROM (
            SELECT account_id, id AS posting_id, account_seq, recorded_at,
                   lag(recorded_at) OVER (PARTITION BY account_id ORDER BY account_seq) AS recorded_before
            FROM ledger_posting WHERE account_seq IS NOT NULL
        ) AS checked
        WHERE recorded_at < recorded_before
        LIMIT 1
        """,
    ),
    Invariant(
        "I7",
        "what is history cannot be changed: the guards stand on every table and partition of it",
        """
        SELECT c.relname AS table, wanted.name AS missing_trigger
        FROM (VALUES ('ledger_event'), ('ledger_posting'), ('ledger_closing'),
                     ('ledger_seal'), ('ledger_sealedleaf'), ('ledger_sealnode'),
                     ('ledger_snapshotbalance'), ('ledger_backdatedday'),
                      ('ledger_deliverynote')) AS parent(name)
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
)
