"""Commands, events and documents agree."""

from __future__ import annotations

from ledger.services.invariants.invariant import Invariant

DOCUMENTS = (
    Invariant(
        "I10",
        "each command has the events and the document that its kind calls for, once",
        """
        SELECT c.id AS command_id, c.type, c.outcome, count(DISTINCT e.id) AS events, count(DISTINCT t.id) AS documents
        FROM ledger_command c
        LEFT JOIN ledger_event e ON e.command_id = c.id AND e.type <> 'AllowanceTurned'
        LEFT JOIN ledger_transaction t ON t.command_id = c.id
        GROUP BY c.id
        HAVING c.outcome IS NULL
               OR count(DISTINCT t.id) <> CASE WHEN c.type IN ('Transfer', 'Reserve', 'Undo') THEN 1 ELSE 0 END
               OR (c.type IN ('Transfer', 'Reserve') AND count(DISTINCT e.id) <> 1)
               OR (c.type = 'Undo' AND count(DISTINCT e.id) <> CASE c.outcome WHEN 'ACCEPTED' THEN 2 ELSE 1 END)
               OR (c.type IN ('Capture', 'Release', 'Extend', 'Advance') AND count(DISTINCT e.id) <> 1
                   -- Refused in an all-or-none unit, a step leaves no event: the unit has not happened.
                   AND (c.outcome = 'ACCEPTED' OR count(DISTINCT e.id) > 1))
               OR (c.type IN ('Expire', 'Allot')
                   AND count(DISTINCT e.id) <> CASE c.outcome WHEN 'ACCEPTED' THEN 1 ELSE 0 END)
               OR (c.type = 'SetAccountFloor' AND count(DISTINCT e.id) > 1)
        LIMIT 1
        """,
    ),
    Invariant(
        "I10f",
        "limits are turned by spends that were accepted, and by nothing else",
        """
        SELECT e.id AS event_id, c.id AS command_id, c.type, c.outcome
        FROM ledger_event e LEFT JOIN ledger_command c ON c.id = e.command_id
        WHERE e.type = 'AllowanceTurned'
              AND (c.type IN ('Transfer', 'Reserve') AND c.outcome = 'ACCEPTED') IS NOT TRUE
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
        "a document says what its first event says, and of a hold that has paid what it has paid",
        """
        SELECT t.id AS transaction_id, e.type, t.amount, e.data ->> 'amount' AS event_amount
        FROM ledger_transaction t
        LEFT JOIN ledger_event e ON e.stream = 'transaction' AND e.stream_id = t.id AND e.seq = 1
        LEFT JOIN ledger_reservation r ON r.transaction_id = t.id
        WHERE e.id IS NULL
              OR t.type IS DISTINCT FROM e.data ->> 'type'
              OR coalesce(r.amount, t.amount) IS DISTINCT FROM (e.data ->> 'amount')::numeric
              OR t.amount IS DISTINCT FROM
                 CASE WHEN r.status <> 'ACTIVE' AND r.captured_amount > 0 THEN r.captured_amount
                      ELSE (e.data ->> 'amount')::numeric END
              OR t.fee_amount IS DISTINCT FROM (e.data ->> 'fee_amount')::numeric
              OR t.asset_id IS DISTINCT FROM e.data ->> 'asset'
              OR t.source_wallet_id IS DISTINCT FROM (e.data ->> 'source_wallet_id')::uuid
              OR (t.destination_wallet_id IS DISTINCT FROM (e.data ->> 'destination_wallet_id')::uuid
                  AND (r.id IS NULL OR e.data ->> 'destination_wallet_id' IS NOT NULL
                       OR t.destination_wallet_id IS DISTINCT FROM r.destination_wallet_id))
              OR t.original_transaction_id IS DISTINCT FROM (e.data ->> 'original_transaction_id')::uuid
              OR t.reference_type IS DISTINCT FROM e.data ->> 'reference_type'
              OR t.reference_id IS DISTINCT FROM e.data ->> 'reference_id'
        LIMIT 1
        """,
    ),
    Invariant(
        "I10d",
        "a document is where its last event left it",
        """
        WITH told AS (
            SELECT DISTINCT ON (stream_id) stream_id,
                   coalesce(data ->> 'state',
                            CASE type WHEN 'TransactionFailed' THEN 'FAILED' ELSE 'COMPLETED' END) AS state
            FROM ledger_event WHERE stream = 'transaction' AND type <> 'ReservationRefused'
            ORDER BY stream_id, seq DESC
        ), counted AS (
            SELECT stream_id, count(*) AS events, max(seq) AS last, count(DISTINCT seq) AS numbers
            FROM ledger_event WHERE stream = 'transaction' GROUP BY stream_id
        )
        SELECT t.id AS transaction_id, t.state, told.state AS told, t.version, counted.events, counted.last
        FROM ledger_transaction t
        LEFT JOIN told ON told.stream_id = t.id LEFT JOIN counted ON counted.stream_id = t.id
        WHERE t.state IS DISTINCT FROM told.state OR t.version IS DISTINCT FROM counted.events
              OR counted.last <> counted.events OR counted.numbers <> counted.events
        LIMIT 1
        """,
    ),
    Invariant(
        "I10e",
        "nothing counts from a period that was closed before it was recorded",
        """
        SELECT e.id AS event_id, e.effective_at, e.recorded_at, c.closed_until, c.created_at AS closed_at
        FROM ledger_closing c
        JOIN ledger_transaction t ON t.company_id = c.company_id
        JOIN ledger_event e ON e.stream = 'transaction' AND e.stream_id = t.id
        WHERE e.effective_at < c.closed_until AND e.recorded_at > c.created_at
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
)
