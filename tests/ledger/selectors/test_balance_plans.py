"""What a look at the past costs among a million postings of one account: pages are counted, nothing is timed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from ledger.core.accounts import WALLET, Book, Bucket
from ledger.ids import new_id
from ledger.models import Account
from ledger.selectors.balances import wallet_figures_at
from ledger.selectors.changes import changes_of_wallets, read_changes
from ledger.selectors.clock import database_now
from ledger.selectors.instants import balances_at, system_balances_at
from ledger.selectors.scope import Scope
from ledger.services.accounts import wallet_account_id
from tests.ledger.connecting import tampering
from tests.ledger.selectors.plans import explaining
from wallets.models import Wallet

NUMBER, EVERY = 1_000_000, timedelta(seconds=2)
IMPORTED = 100_000
MOST_LEVELS = 4
"""Root, two levels of branches and a leaf: more than an index of a hundred million rows of this size has."""

# One posting of 0.01 every two seconds up to now, each in the month to which it belongs.
_ORDINARY = """
    INSERT INTO ledger_posting (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)
    SELECT (lpad(to_hex((extract(epoch FROM t.at) * 1000)::bigint), 12, '0')
            || '7000' || lpad(to_hex(n), 12, '0') || '0001')::uuid,
           %(event)s, %(account)s, 0.01, n, n * 0.01, t.at, t.at
    FROM generate_series(1, %(number)s) AS n
    CROSS JOIN LATERAL (SELECT %(end)s - (%(number)s - n) * %(every)s AS at) AS t
"""
# Fourteen months of history, recorded in one go a moment ago, and a snapshot's sheets of it.
_IMPORTED = """
    INSERT INTO ledger_posting (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)
    SELECT (lpad(to_hex((extract(epoch FROM %(end)s) * 1000)::bigint), 12, '0')
            || '7fff' || lpad(to_hex(n), 12, '0') || '0001')::uuid,
           %(event)s, %(account)s, 0.01, n, n * 0.01,
           %(end)s - interval '14 months' * n / %(number)s, %(end)s
    FROM generate_series(1, %(number)s) AS n
"""
_SNAPSHOT = "INSERT INTO ledger_snapshot (at, from_xid, until_xid, taken_at) VALUES (%(end)s, 0, 0, %(end)s)"
_SAVED = """
    WITH marked AS (
        INSERT INTO ledger_snapshot (at, from_xid, until_xid, taken_at) VALUES (%(saved_at)s, 0, 0, %(saved_at)s)
    )
    INSERT INTO ledger_snapshotbalance (account_id, at, balance, postings)
    SELECT %(account)s, %(saved_at)s, sum(amount), count(*)
    FROM ledger_posting WHERE account_id = %(account)s AND recorded_at <= %(saved_at)s
"""
_SHEETS = """
    INSERT INTO ledger_backdatedday (account_id, day, at, amount, postings)
    SELECT account_id, (effective_at AT TIME ZONE 'UTC')::date, %(end)s, sum(amount), count(*)
    FROM ledger_posting WHERE account_id = %(account)s AND effective_at < recorded_at GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Busy:
    """Wallets in euros: one with a million ordinary postings, one with an imported history."""

    ordinary: UUID
    imported: UUID
    end: datetime
    company_id: UUID = field(default_factory=new_id)

    @property
    def middle(self) -> datetime:
        return self.end - NUMBER * EVERY / 2


@pytest.fixture
def busy(committed_db: None) -> Iterator[Busy]:
    """Made by a superuser, and rolled back."""
    with tampering() as cursor:
        now = database_now()
        # In a month's first hour this is still the month before: a page of changes has to lie within one.
        busy = Busy(new_id(), new_id(), now - timedelta(hours=1) if (now.day, now.hour) == (1, 0) else now)
        common: dict[str, Any] = {"event": new_id(), "end": busy.end, "every": EVERY}
        cursor.execute("SET LOCAL statement_timeout = 0")
        ordinary = {**common, "number": NUMBER, "account": wallet_account_id(busy.ordinary, "EUR")}
        for statement in (_ORDINARY, _SAVED):
            cursor.execute(statement, {**ordinary, "saved_at": busy.middle - timedelta(hours=1)})
        imported = {**common, "number": IMPORTED, "account": wallet_account_id(busy.imported, "EUR")}
        for statement in (_IMPORTED, _SNAPSHOT, _SHEETS):
            cursor.execute(statement, imported)
        times = {"created_at": busy.end, "updated_at": busy.end}
        wallet = Wallet.objects.create(id=busy.ordinary, user_id=new_id(), currency="EUR", **times)
        Account.objects.create(
            id=wallet_account_id(wallet.id, "EUR"),
            owner_type=WALLET,
            owner_id=wallet.id,
            book=Book.MONEY,
            asset_id="EUR",
            bucket=Bucket.AVAILABLE,
            opened_at=busy.end,
            updated_at=busy.end,
        )
        cursor.execute("ANALYZE ledger_posting, ledger_backdatedday, ledger_snapshot")
        yield busy


def months() -> int:
    """How many partitions the postings have: what a look at the past asks each of them is one search of an index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'ledger_posting'::regclass")
        (count,) = cursor.fetchone()
    assert isinstance(count, int)
    return count


def test_looks_at_the_past_among_a_million_postings(busy: Busy) -> None:
    """One test, because a million postings take ten seconds to make, in every process that needs them."""
    for known in ("then", "now"):
        look_for_one_balance(busy, known)
    look_for_all_figures_of_a_wallet(busy)
    read_one_row_a_month(busy)
    for months_ago in (1, 7, 13):
        read_an_imported_history_from_its_sheets(busy, months_ago)
    read_what_followed_the_last_snapshot(busy)
    for who, is_descending in product(("a team", "the company"), (False, True)):
        read_changes_by_id_and_no_other_month(busy, who, is_descending=is_descending)


def look_for_one_balance(busy: Busy, known: str) -> None:
    """To add up half of them would touch 7,000 pages. It takes one search of an index for the last posting, and
    three for what was back-dated and is known by now."""
    with explaining() as look:
        known_at = busy.middle if known == "then" else busy.end
        account = wallet_account_id(busy.ordinary, "EUR")
        balances = balances_at([account], at=busy.middle, known_at=known_at)
    assert balances[account] == NUMBER / 2 / 100
    searches = 1 if known == "then" else 4
    # In each month an index is searched from its root to a leaf; the row that was found takes one page more, and the
    # snapshots and the sheets a few.
    assert look.pages <= searches * months() * MOST_LEVELS + 10
    assert look.pages < 60


def look_for_all_figures_of_a_wallet(busy: Busy) -> None:
    with explaining() as look:
        figures = wallet_figures_at(wallet_id=busy.ordinary, asset="EUR", at=busy.middle, known_at=busy.end)
    assert figures.available == NUMBER / 2 / 100
    assert look.pages < 3 * 60


def read_one_row_a_month(busy: Busy) -> None:
    with explaining() as look:
        balances_at([wallet_account_id(busy.ordinary, "EUR")], at=busy.middle, known_at=busy.end)
    read = sum(node["Actual Rows"] for node in look.nodes if node.get("Relation Name", "").startswith("ledger_posting"))
    assert read <= months()


def read_an_imported_history_from_its_sheets(busy: Busy, months_ago: int) -> None:
    """426 sheets stand for 100,000 postings; of these only the day itself is read: 235 of them."""
    account, at = wallet_account_id(busy.imported, "EUR"), busy.end - timedelta(days=30 * months_ago)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(amount) FROM ledger_posting WHERE account_id = %s AND effective_at <= %s", [account, at]
        )
        (expected,) = cursor.fetchone()
    with explaining() as look:
        balances = balances_at([account], at=at, known_at=busy.end + timedelta(seconds=1))
    assert balances[account] == expected
    read = sum(node["Actual Rows"] for node in look.nodes if node.get("Relation Name", "").startswith("ledger_posting"))
    assert read <= 240
    # As above, and one page for each of the day's postings: an index alone answers only for rows that a vacuum has
    # seen. All postings would be 100,000 such looks. (How many pages the sheets lie on, other tests decide too.)
    assert look.pages_of("ledger_posting") < 240 + 100
    sheets = sum(node["Actual Rows"] for node in look.nodes if node.get("Relation Name") == "ledger_backdatedday")
    assert sheets <= 426


def read_what_followed_the_last_snapshot(busy: Busy) -> None:
    """As system accounts are read: an hour's postings, every two seconds one."""
    account = wallet_account_id(busy.ordinary, "EUR")
    with explaining() as look:
        balances = system_balances_at([account], at=busy.middle, known_at=busy.end)
    assert balances[account] == NUMBER / 2 / 100
    read = sum(node["Actual Rows"] for node in look.nodes if node.get("Relation Name", "").startswith("ledger_posting"))
    assert read == 1800


def scopes(busy: Busy) -> dict[str, Scope]:
    wallets = Wallet.objects.filter(id=busy.ordinary)
    few = Scope(busy.company_id, wallets, wallet_ids=frozenset({busy.ordinary}))
    return {"a team": few, "the company": Scope(busy.company_id, wallets)}


def read_changes_by_id_and_no_other_month(busy: Busy, who: str, *, is_descending: bool) -> None:
    end = busy.end - timedelta(hours=2)  # before other tests of this run left anything behind
    start = end.replace(day=1, hour=0, minute=0)
    with explaining() as look:
        changes = changes_of_wallets(scopes(busy)[who], start=start, end=end)
        rows = read_changes(changes, after=None, is_descending=is_descending, limit=51)
    assert len(rows) == 51
    assert [row.id for row in rows] == sorted((row.id for row in rows), reverse=is_descending)
    of_postings = [node for node in look.nodes if node.get("Relation Name", "").startswith("ledger_posting")]
    month = f"ledger_posting_{start:%Y_%m}"
    assert {(node["Relation Name"], node["Index Name"]) for node in of_postings} == {(month, f"{month}_pkey")}
    assert sum(node["Actual Rows"] for node in of_postings) == 51
    # Fifty-one rows side by side, and the little that says whose they may be. (On how many pages that little lies, what
    # other tests have left behind decides too.)
    assert look.pages_of("ledger_posting") < 10
    others = [node for node in look.nodes if node.get("Relation Name", "") in {"ledger_account", "wallets_wallet"}]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in others) <= 2 * 51
