"""What accounts held at an instant, as it was known at another: exact, and cheap at any instant (ADR 0019).

Nearly every posting counts when it is recorded, and an account's postings are recorded in their order. So what was
recorded by an instant is one look into an index: the balance after the last posting, or for a system account, whose
postings carry no balance, the last snapshot and what followed. What counts at another time than it was recorded is
added: whole days from the sheets that a snapshot leaves, the rest from indexes that hold nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

MOMENT = timedelta(microseconds=1)
"""The grain of all times: what counts before an instant counts a moment earlier or before."""
EVER = datetime(9999, 1, 1, tzinfo=UTC)
"""As `known_at`: leave nothing out."""

# `until` is the earlier one of `at` and `known_at`. What was recorded by then counts, because nothing counts later than
# it is recorded; what was recorded later counts if it was back-dated: it is `late`. The accounts are materialised,
# because the planner expects far more of the partial indexes than they hold, and would start parallel workers, ten
# milliseconds, for nothing. "+ interval '0'" keeps it from choosing the wrong one of the two indexes of back-dated
# postings: of one day the other time does not matter, and of what came since a snapshot the day does not.
_FIGURES = """
    WITH wanted AS MATERIALIZED (
        SELECT id AS account_id FROM unnest(%(accounts)s::uuid[]) AS a(id)
    ), late AS (
        SELECT part.account_id, sum(part.amount) AS amount FROM (
            SELECT account_id, amount FROM wanted JOIN ledger_backdatedday USING (account_id)
            WHERE day < %(day)s AND at > %(until)s AND at <= %(known_at)s
            UNION ALL
            SELECT account_id, amount FROM wanted JOIN ledger_posting USING (account_id)
            WHERE effective_at < recorded_at
              AND effective_at >= %(day_start)s AND effective_at <= %(at)s
              AND recorded_at + interval '0' > %(until)s AND recorded_at + interval '0' <= %(known_at)s
            UNION ALL
            -- No sheet yet has what was recorded after the last snapshot …
            SELECT account_id, amount FROM wanted JOIN ledger_posting USING (account_id)
            WHERE effective_at < recorded_at AND effective_at + interval '0' < %(day_start)s
              AND recorded_at > (SELECT coalesce(max(at), '-infinity') FROM ledger_snapshot
                                 WHERE taken_at IS NOT NULL AND at <= %(known_at)s)
              AND recorded_at <= %(known_at)s
            UNION ALL
            -- … and the first sheet after `until` also has what was recorded before it, and so is in already.
            SELECT account_id, -amount FROM wanted JOIN ledger_posting USING (account_id)
            WHERE effective_at < recorded_at AND effective_at + interval '0' < %(day_start)s
              AND recorded_at > (SELECT coalesce(max(at), '-infinity') FROM ledger_snapshot
                                 WHERE taken_at IS NOT NULL AND at <= %(until)s)
              AND recorded_at <= %(until)s
        ) AS part
        WHERE %(until)s < %(known_at)s
        GROUP BY part.account_id
    )
    SELECT a.account_id, coalesce(last.balance, 0) + coalesce(base.balance, 0) + tail.amount
                 + coalesce(late.amount, 0)
    FROM wanted AS a
    LEFT JOIN LATERAL (
        SELECT balance_after AS balance FROM ledger_posting
        WHERE %(is_numbered)s AND account_id = a.account_id AND recorded_at <= %(until)s
        ORDER BY recorded_at DESC, account_seq DESC LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
        SELECT at, balance FROM ledger_snapshotbalance
        WHERE NOT %(is_numbered)s AND account_id = a.account_id AND at <= %(until)s ORDER BY at DESC LIMIT 1
    ) AS base ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount), 0) AS amount FROM ledger_posting
        WHERE NOT %(is_numbered)s AND account_id = a.account_id
          AND recorded_at > coalesce(base.at, '-infinity') AND recorded_at <= %(until)s
    ) AS tail
    LEFT JOIN late ON late.account_id = a.account_id
"""

_VERSION = """
    SELECT sequence, created_at FROM ledger_outboxmessage
    WHERE aggregate_id = %s AND created_at <= %s
    ORDER BY created_at DESC, sequence DESC LIMIT 1
"""


def balances_at(account_ids: Iterable[UUID], *, at: datetime, known_at: datetime) -> dict[UUID, Decimal]:
    """What accounts with numbered postings (all but system accounts) held (R18).

    Args:
        at: changes that count from then or before are in (`effective_at`).
        known_at: changes recorded later are left out, even if back-dated (`recorded_at`).

    Returns:
        A figure for each id, zero for an account that had not moved.
    """
    return _figures(account_ids, at, known_at, is_numbered=True)


def system_balances_at(account_ids: Iterable[UUID], *, at: datetime, known_at: datetime) -> dict[UUID, Decimal]:
    """`balances_at` for a company's own accounts. Reads what was posted since the snapshot before (ADR 0011)."""
    return _figures(account_ids, at, known_at, is_numbered=False)


def _figures(
    account_ids: Iterable[UUID], at: datetime, known_at: datetime, *, is_numbered: bool
) -> dict[UUID, Decimal]:
    day = at.astimezone(UTC).date()
    parameters: dict[str, Any] = {
        "accounts": list(account_ids),
        "at": at,
        "known_at": known_at,
        "until": min(at, known_at),
        "day": day,
        "day_start": datetime.combine(day, time.min, UTC),
        "is_numbered": is_numbered,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, parameters)
        return dict(cursor.fetchall())


def wallet_version_at(wallet_id: UUID, moment: datetime) -> tuple[int, datetime | None]:
    """The version that a wallet had, and since when: its messages are numbered by it (ADR 0014). (0, None): none."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [wallet_id, moment])
        found = cursor.fetchone()
    return (0, None) if found is None else found
