"""Rebuild every figure from the events alone and compare it with what is stored (R262, R275, I20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Account
from ledger.core.machine import evolve_accounts
from ledger.core.tallies import NeverOpened, Tallies
from ledger.models import Event
from ledger.selectors.accounts import read_accounts
from ledger.selectors.balances import system_balances
from ledger.selectors.event_store import CHUNK, lives_of_accounts, movements, turns_of_limits
from ledger.selectors.snapshot import whole_ledger
from ledger.services.replay_holds import Difference, figure_text, replay_holds

Progress = Callable[[int, int], None]
"""Called with (events done, events in all)."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    events: int
    accounts: int
    holds: int
    difference: Difference | None


def replay(progress: Progress = lambda done, total: None) -> ReplayReport:
    """Fold all events from the start, in one snapshot, with memory for the accounts and one chunk of events.

    The lives of accounts come first, each in the order of its stream; movements follow in the order of their
    ids. That is enough: sums and counts do not depend on the order of movements. Holds are folded one by one, each
    in the order of its document's history.

    Returns:
        What was folded, and the first difference, if any.
    """
    with whole_ledger():
        accounts: dict[UUID, Account] = {}
        total, done = Event.objects.count(), 0
        try:
            for done in _fold(accounts):
                progress(done, total)
        except NeverOpened as unknown:
            return ReplayReport(done, len(accounts), 0, _never_opened(unknown))
        progress(total, total)
        holds, broken = replay_holds()
        return ReplayReport(done, len(accounts), holds, _first_difference(accounts) or broken)


def _never_opened(unknown: NeverOpened) -> Difference:
    return Difference("account", unknown.account_id, "account", "in use", "never opened", unknown.event_id)


def _fold(accounts: dict[UUID, Account]) -> Iterator[int]:
    """Make the accounts from all events; gives the number of events folded so far.

    Raises:
        NeverOpened: an event is about an account that no event before it has opened.
    """
    done = 0
    # Those of accounts first, then the turns of limits, which move something as well: few, so the machine itself
    # folds them one by one. Movements are added up: no event's data say anything that a balance depends on.
    for event in chain(lives_of_accounts(), turns_of_limits()):
        try:
            accounts.update(evolve_accounts(accounts, event))
        except KeyError as unknown:
            raise NeverOpened(unknown.args[0], event.id) from unknown
        done += 1
        if done % CHUNK == 0:
            yield done
    tallies = Tallies(accounts)
    for count, lines in movements():
        tallies.add(lines)
        done += count
        yield done
    accounts.update(tallies.accounts())
    yield done


def _first_difference(replayed: dict[UUID, Account]) -> Difference | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ledger_account ORDER BY id")
        ids = [row[0] for row in cursor.fetchall()]
    for missing in sorted(replayed.keys() - set(ids)):
        return Difference("account", missing, "account", "missing", "opened", None)
    for start in range(0, len(ids), CHUNK):
        stored, _ = read_accounts(ids[start : start + CHUNK])
        exact = system_balances([id for id, account in stored.items() if account.is_system])
        for id, account in sorted(stored.items()):
            difference = _compare(account, replayed.get(id), exact.get(id, account.balance))
            if difference is not None:
                return difference
    return None


def _compare(stored: Account, replayed: Account | None, balance: Decimal) -> Difference | None:
    if replayed is None:
        return Difference("account", stored.id, "account", "stored", "never opened", None)
    pairs = {
        "balance": (balance, replayed.balance),
        "status": (stored.status, replayed.status),
        "seq": (stored.seq, replayed.seq),
        "life_seq": (stored.life_seq, replayed.life_seq),
        "version": (stored.version, replayed.version),
        "min_balance": (stored.min_balance, replayed.min_balance),
        "window_starts_at": (stored.window_starts_at, replayed.window_starts_at),
        "asset": (stored.asset, replayed.asset),
        "bucket": (stored.bucket, replayed.bucket),
        "owner": ((stored.owner_type, stored.owner_id), (replayed.owner_type, replayed.owner_id)),
    }
    for what, (here, there) in pairs.items():
        if here != there:
            return Difference(
                "account", stored.id, what, figure_text(here), figure_text(there), _first_broken_posting(stored.id)
            )
    return None


_FIRST_BROKEN_POSTING = """
    SELECT event_id FROM (
        SELECT p.event_id, p.account_seq, p.balance_after, e.id IS NULL AS is_orphan,
               row_number() OVER (ORDER BY p.account_seq) AS expected_seq,
               sum(p.amount) OVER (ORDER BY p.account_seq) AS expected_balance
        FROM ledger_posting AS p LEFT JOIN ledger_event AS e ON e.id = p.event_id
        WHERE p.account_id = %s
    ) AS chain
    WHERE is_orphan OR account_seq <> expected_seq OR balance_after <> expected_balance
    ORDER BY account_seq, event_id LIMIT 1
"""


def _first_broken_posting(account_id: UUID) -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_BROKEN_POSTING, [account_id])
        row = cursor.fetchone()
    return row[0] if row else None
