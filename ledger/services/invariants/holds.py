"""Holds end once and give back what they do not pay; nothing is refunded twice."""

from __future__ import annotations

from ledger.services.invariants.invariant import Invariant

HOLDS = (
    Invariant(
        "I8",
        "nothing is captured, released and expired beyond what was held, and what has ended is accounted for wholly",
        """
        SELECT id AS reservation_id, status, amount, captured_amount, released_amount FROM ledger_reservation
        WHERE captured_amount + released_amount > amount
              OR (status = 'ACTIVE') <> (captured_amount + released_amount < amount)
        LIMIT 1
        """,
    ),
    Invariant(
        "I8b",
        "each hold is where the steps of its history left it, and ended once",
        """
        WITH steps AS (
            SELECT stream_id,
                   sum((data ->> 'amount')::numeric) FILTER (WHERE type = 'ReservationCaptured') AS captured,
                   count(*) FILTER (WHERE data ->> 'status' <> 'ACTIVE') AS ends,
                   max(data ->> 'status') FILTER (WHERE data ->> 'status' <> 'ACTIVE') AS last
            FROM ledger_event WHERE type LIKE 'Reservation%' AND type <> 'ReservationRefused'
            GROUP BY stream_id
        )
        SELECT r.id AS reservation_id, r.status, steps.last AS told, steps.ends, r.captured_amount, steps.captured
        FROM ledger_reservation r LEFT JOIN steps ON steps.stream_id = r.transaction_id
        WHERE r.captured_amount <> coalesce(steps.captured, 0)
              OR r.status <> coalesce(steps.last, 'ACTIVE')
              OR coalesce(steps.ends, 0) <> CASE r.status WHEN 'ACTIVE' THEN 0 ELSE 1 END
        ORDER BY steps.ends DESC NULLS LAST, r.id LIMIT 1
        """,
    ),
    Invariant(
        "I8c",
        "every hold has its document, and every document that waits for one has its open hold",
        """
        SELECT r.id AS reservation_id, t.id AS transaction_id, r.status, t.state
        FROM ledger_reservation r
        FULL JOIN (
            SELECT id, state FROM ledger_transaction WHERE state NOT IN ('COMPLETED', 'FAILED', 'REVERSED', 'CANCELLED')
        ) t ON t.id = r.transaction_id
        WHERE (r.id IS NULL) OR (r.status = 'ACTIVE') <> (t.id IS NOT NULL)
              OR NOT EXISTS (SELECT FROM ledger_transaction d WHERE d.id = r.transaction_id)
        LIMIT 1
        """,
    ),
    Invariant(
        "I8d",
        "what lies on each RESERVED and PENDING account, of wallets and of envelopes, is what open holds still hold",
        """
        WITH parts AS (
            SELECT (part.value ->> 'held')::uuid AS account_id,
                   CASE WHEN NOT part.value ? 'units' THEN r.amount - r.captured_amount - r.released_amount
                        WHEN r.captured_amount = 0 THEN (part.value ->> 'units')::numeric ELSE 0 END AS held
            FROM ledger_reservation r CROSS JOIN LATERAL jsonb_array_elements(r.parts) AS part(value)
            WHERE r.status = 'ACTIVE'
        ), open AS (
            SELECT account_id, sum(held) AS held FROM parts GROUP BY account_id
        )
        SELECT a.id AS account_id, a.bucket, a.balance, coalesce(open.held, 0) AS held
        FROM ledger_account a LEFT JOIN open ON open.account_id = a.id
        WHERE a.bucket IN ('RESERVED', 'PENDING') AND a.balance <> coalesce(open.held, 0)
        LIMIT 1
        """,
    ),
    Invariant(
        "I8e",
        "no document was refunded beyond its amount, and what was refunded is the sum of its refunds",
        """
        WITH given AS (
            SELECT original_transaction_id AS id, sum(amount) AS amount,
                   count(*) FILTER (WHERE type = 'REVERSAL') AS reversals
            FROM ledger_transaction WHERE original_transaction_id IS NOT NULL AND state = 'COMPLETED'
            GROUP BY original_transaction_id
        )
        SELECT t.id AS transaction_id, t.state, t.amount, t.refunded_amount, given.amount AS given_back, given.reversals
        FROM ledger_transaction t FULL JOIN given ON given.id = t.id
        WHERE t.id IS NULL OR t.refunded_amount <> coalesce(given.amount, 0) OR t.refunded_amount > t.amount
              OR (t.state = 'REVERSED') <> (coalesce(given.reversals, 0) = 1)
        LIMIT 1
        """,
    ),
)
