"""The outside world is told of everything once."""

from __future__ import annotations

from ledger.services.invariants.invariant import Invariant

ANNOUNCEMENTS = (
    Invariant(
        "I17",
        "each event is announced once per wallet, budget or limit, a refused booking is answered once, nothing else is",
        """
        WITH expected AS (
            SELECT e.id AS event_id, e.stream_id AS aggregate_id, false AS is_answer
            FROM ledger_event e WHERE e.type = 'TransactionFailed'
            UNION ALL
            SELECT e.id, e.stream_id, true
            FROM ledger_event e WHERE e.type = 'TransactionFailed' AND e.data ? 'answers'
            UNION ALL
            SELECT e.id, e.stream_id, false
            FROM ledger_event e WHERE e.type = 'AllowanceChanged'
            UNION ALL
            SELECT DISTINCT p.event_id, a.owner_id, false
            FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
            WHERE a.owner_type = 'WALLET'
            UNION ALL
            SELECT e.id, a.owner_id, false
            FROM ledger_event e JOIN ledger_account a ON a.id = e.stream_id
            WHERE e.stream = 'accounts' AND a.owner_type = 'WALLET'
        )
        SELECT coalesce(x.event_id, m.event_id) AS event_id, coalesce(x.aggregate_id, m.aggregate_id) AS aggregate_id,
               count(x.event_id) AS expected, count(m.id) AS announced
        FROM expected x
        FULL JOIN (SELECT *, type = 'BookingRejected' AS is_answer FROM ledger_outboxmessage) m
             ON m.event_id = x.event_id AND m.aggregate_id = x.aggregate_id AND m.is_answer = x.is_answer
        GROUP BY 1, 2, coalesce(x.is_answer, m.is_answer)
        HAVING count(x.event_id) <> 1 OR count(m.id) <> 1
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
