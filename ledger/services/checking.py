"""Checks the invariants all day long: of a sample every minute, of everything every night (ADR 0028).

Both only read, of one instant, and hinder nobody: no row is locked, and no transaction id is taken that the horizon
of sealing and folding would have to wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.transaction import atomic

from ledger.selectors.snapshot import whole_ledger
from ledger.services.invariants import SAMPLED, Finding, check_invariants, find_broken
from ledger.services.job_runs import Skipped, WorkFailed

LATEST_POSTINGS = 500
"""The accounts and events of so many postings are looked at, the latest first."""
RANDOM_ACCOUNTS = 50
TAIL = 100
"""How many of an account's postings, and of a wallet's holds and messages, are looked at."""
PATIENCE_MILLISECONDS = 2_000

_LATEST = """
    SELECT coalesce(array_agg(DISTINCT event_id), '{}'), coalesce(array_agg(DISTINCT account_id), '{}')
    FROM (SELECT event_id, account_id FROM ledger_posting ORDER BY id DESC LIMIT %s) AS latest
"""
_NEAREST = """
    SELECT found.id FROM unnest(%s::uuid[]) AS point(id)
    CROSS JOIN LATERAL (SELECT id FROM ledger_account WHERE id >= point.id ORDER BY id LIMIT 1) AS found
"""
_WALLETS = """
    SELECT DISTINCT owner_id FROM unnest(%s::uuid[]) AS wanted(id) JOIN ledger_account AS a ON a.id = wanted.id
    WHERE a.owner_type = 'WALLET'
"""

logger = structlog.get_logger(__name__)


def check_sample() -> dict[str, int]:
    """Check the cheap forms of the invariants on what was touched lately and on accounts chosen at random.

    Returns:
        How many accounts and events were looked at, and how many invariants they break: none.

    Raises:
        WorkFailed: at least one is broken; each is logged with its first broken row.
        OperationalError: a query took longer than `PATIENCE_MILLISECONDS`.
    """
    with _glance() as cursor:
        sample = _draw_sample(cursor)
        findings = [find_broken(cursor, invariant, sample) for invariant in SAMPLED]
    return _judge(findings, {"accounts": len(sample["accounts"]), "events": len(sample["events"])})


def check_everything() -> dict[str, int]:
    """Check all invariants of the whole ledger, as `verify_ledger` does; but do not stop at the first one.

    Returns:
        How many invariants were looked at, and how many are broken: none.

    Raises:
        WorkFailed: as above.
        Skipped: somebody else is at it.
    """
    with whole_ledger(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('ledger_check_everything'))")
        (is_alone,) = cursor.fetchone()
        if not is_alone:
            raise Skipped("Somebody else is checking everything.")
        findings = list(check_invariants())
    return _judge(findings, {"invariants": len(findings)})


@contextmanager
def _glance() -> Iterator[CursorWrapper]:
    """One instant, to read from for a moment and along indexes only."""
    with atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # inside a caller's transaction its own isolation stands
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MILLISECONDS)])
        # The planner does not know how short the lists are, and would read whole tables for them.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        )
        yield cursor


def _draw_sample(cursor: CursorWrapper) -> dict[str, Any]:
    cursor.execute(_LATEST, [LATEST_POSTINGS])
    events, accounts = cursor.fetchone()
    # Ids of accounts are hashes, so any point among them is as good as any other.
    cursor.execute(_NEAREST, [[uuid4() for _ in range(RANDOM_ACCOUNTS)]])
    accounts = _distinct([*accounts, *(id for (id,) in cursor.fetchall())])
    cursor.execute(_WALLETS, [accounts])
    wallets = [id for (id,) in cursor.fetchall()]
    return {"events": events, "accounts": accounts, "wallets": wallets, "tail": TAIL}


def _distinct(ids: Iterable[UUID]) -> list[UUID]:
    return sorted(set(ids))


def _judge(findings: Iterable[Finding], done: dict[str, int]) -> dict[str, int]:
    broken = [finding for finding in findings if finding.broken is not None]
    done = {**done, "broken": len(broken)}
    for finding in broken:
        invariant = finding.invariant
        logger.error("invariant_broken", invariant=invariant.id, title=invariant.title, row=finding.broken)
    if broken:
        raise WorkFailed("; ".join(map(_in_words, broken)), done)
    return done


def _in_words(finding: Finding) -> str:
    row = ", ".join(f"{name}={value}" for name, value in (finding.broken or {}).items())
    return f"{finding.invariant.id} is broken ({finding.invariant.title}): {row}"
