"""Months of history by SQL: what a million transfers through the service would have left, in minutes instead of hours.

Every row is there that the service would have written, with its numbers and balances; `verify_ledger` and `replay`
agree. Only a superuser can do it, with every trigger switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from ledger.services.movements import Side
from tests.bench.scale.rows import ACCOUNTS, CHUNK_TABLES, DROP_CHUNK, ROWS

AT_ONCE = 50_000
"""Events in a database transaction."""
MONTHS = 6
HOT_EVERY = 4
"""One transfer in so many has the hot wallet on one of its sides."""


@dataclass(frozen=True)
class Scale:
    """How large.

    Attributes:
        postings: how many, two for each event.
        start, end: when the first and the last was recorded.
    """

    postings: int
    start: datetime
    end: datetime

    @property
    def events(self) -> int:
        return self.postings // 2


def fill(
    superuser: psycopg.Connection,
    company_id: UUID,
    funding: UUID,
    wallets: Sequence[Side],
    postings: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Scale:
    """Give wallets a history: first a deposit each, then transfers among them.

    Args:
        superuser: in autocommit.
        funding: the account that the deposits come from.
        wallets: all that are open, without postings; the first is the hot one.
        postings: at least two for each wallet.
        progress: told how many postings there are by now, after each database transaction.
    """
    scale = _prepare(superuser, company_id, funding, wallets, postings)
    assert scale.events >= len(wallets) > 2, "a deposit for each wallet, and somebody to pay"
    for first in range(0, scale.events, AT_ONCE):
        last = min(first + AT_ONCE, scale.events)
        _add(superuser, scale, first, last)
        progress(last * 2)
    _finish(superuser)
    return scale


def _prepare(
    superuser: psycopg.Connection, company_id: UUID, funding: UUID, wallets: Sequence[Side], postings: int
) -> Scale:
    found = superuser.execute(_SPAN, {"months": MONTHS - 1}).fetchone()
    assert found is not None
    scale = Scale(postings, *found)
    with superuser.transaction():
        superuser.execute(_WITHOUT_TRIGGERS)
        superuser.execute("SELECT ledger_ensure_partitions(3, %s)", [scale.start.date()])
        superuser.execute(_SCENE)
        rows = [(place, side.wallet_id, side.account_id) for place, side in enumerate(wallets)]
        with superuser.cursor() as cursor:
            cursor.executemany("INSERT INTO bench_wallet VALUES (%s, %s, %s)", rows)
        superuser.execute(
            "INSERT INTO bench_scene VALUES (%s, %s, %s, %s, %s)",
            [company_id, funding, len(wallets), HOT_EVERY, scale.events],
        )
        for statement in _OPENED_LONG_AGO:
            superuser.execute(statement, {"opened_at": scale.start})
    return scale


def _add(superuser: psycopg.Connection, scale: Scale, first: int, last: int) -> None:
    span = {"first": first, "last": last - 1, "start": scale.start, "end": scale.end}
    with superuser.transaction():
        superuser.execute(_WITHOUT_TRIGGERS)
        cursor = psycopg.ClientCursor(superuser)
        for statement in (*CHUNK_TABLES, *ROWS, *ACCOUNTS, *DROP_CHUNK):
            cursor.execute(statement.encode(), span)


def _finish(superuser: psycopg.Connection) -> None:
    """Everything is committed: the checkpoint may cover it, and the planner may hear of it. Nobody else has written
    here, so what runs elsewhere on the server does not count."""
    with superuser.transaction():
        superuser.execute(_WITHOUT_TRIGGERS)
        superuser.execute(
            "UPDATE ledger_account SET folded_xid = (SELECT max(xid) + 1 FROM ledger_event) WHERE bucket = 'SYSTEM'"
        )
        superuser.execute("DROP TABLE bench_wallet, bench_scene")
    superuser.execute("VACUUM (ANALYZE)")


_WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"
_SPAN = """
    SELECT date_trunc('month', now()) - make_interval(months => %(months)s), now() - interval '1 minute'
"""
_SCENE = """
    CREATE TABLE bench_wallet (place bigint PRIMARY KEY, id uuid NOT NULL, account_id uuid NOT NULL);
    CREATE TABLE bench_scene (company_id uuid, funding uuid, wallets bigint, hot_every bigint, events bigint);
"""
# The wallets were opened just now, by the service; history begins with it.
_OPENED_LONG_AGO = (
    "UPDATE ledger_command SET received_at = %(opened_at)s",
    "UPDATE ledger_event SET effective_at = %(opened_at)s, recorded_at = %(opened_at)s",
    "UPDATE ledger_account SET opened_at = %(opened_at)s, updated_at = %(opened_at)s",
    """
    UPDATE ledger_outboxmessage AS m
    SET status = 'PUBLISHED', attempts = 1, position = told.place,
        next_attempt_at = %(opened_at)s, created_at = %(opened_at)s, published_at = %(opened_at)s
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ledger_outboxmessage) AS told
    WHERE told.id = m.id
    """,
    "UPDATE ledger_relay SET last_position = (SELECT count(*) FROM ledger_outboxmessage)",
)
