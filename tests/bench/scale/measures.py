"""What is measured of a ledger. Reads are timed by the database itself, statement by statement."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from psycopg.conninfo import make_conninfo

from ledger.api.pagination import Cursor, Position, paginate_together
from ledger.ids import floor_id
from ledger.selectors.balances import wallet_figures_at
from ledger.selectors.statements import wallet_statement
from ledger.selectors.transactions import WalletFilter, wallet_history, wallet_lines, wallet_sides
from ledger.services.invariants import check_invariants
from ledger.services.movements import Side
from tests.bench.posting import Posting
from tests.bench.scale.ledgers import Ledger
from tests.wallets.months import looks_of
from walletsite.embedded.places import CHECKOUT

PAGE = 20
SAMPLES = 7
"""Wallets or instants that a reading is asked of, in one round."""
TABLES = ("account", "command", "event", "posting", "transaction", "outboxmessage")


@dataclass(frozen=True)
class Reading:
    """What answering one question cost the database.

    Attributes:
        milliseconds: planning and running all its statements; the median of the samples.
        months: how many months of any one table it looked into, at most.
    """

    milliseconds: float
    months: int


def post(ledger: Ledger, size: int, seconds: float) -> float:
    """Transfers per second among all wallets, in batches of a size."""
    rate, _ = Posting(ledger.books, ledger.wallets, ledger.hot).run(size, seconds)
    return rate


def readings(ledger: Ledger) -> Iterator[tuple[str, Callable[[], Reading]]]:
    """By name; the connection has to be that of the ledger when they are asked."""
    questions: dict[str, Callable[[Ledger, Side], None]] = {
        "history, first page": _first_page,
        "history, deep page": _deep_page,
        "history, how many": _count,
        "balance at an instant": _balance,
        "statement of a month": _statement,
    }
    for name, ask in questions.items():
        yield name, partial(_read, ledger, itertools.cycle(ledger.wallets[1:]), ask)
        yield f"{name}, hot wallet", partial(_read, ledger, itertools.repeat(ledger.hot), ask)


def _read(ledger: Ledger, wallets: Iterator[Side], ask: Callable[[Ledger, Side], None]) -> Reading:
    asked = [looks_of(partial(ask, ledger, wallet)) for wallet in itertools.islice(wallets, SAMPLES)]
    costs = [sum(look.milliseconds for look in looks) for looks in asked]
    months = [len(months) for looks in asked for look in looks for months in look.months.values()]
    return Reading(statistics.median(costs), max(months, default=0))


def _first_page(ledger: Ledger, wallet: Side) -> None:
    _page(wallet, None)


def _deep_page(ledger: Ledger, wallet: Side) -> None:
    _page(wallet, ledger.scale.start + (ledger.scale.end - ledger.scale.start) / 2)


def _page(wallet: Side, reached: datetime | None) -> None:
    """As the interface does it: newest first, from where the cursor of the page before has come to."""
    position = reached and Position(reached, floor_id(reached))
    query = {"order": "desc", "limit": PAGE, "position": position, "next": Cursor({}, "bench")}
    page = paginate_together(*wallet_sides(wallet.wallet_id, WalletFilter()), query=query, is_monthly=True)
    assert page.rows, "everybody has a history"
    wallet_lines(wallet.wallet_id, wallet.currency, page.rows)


def _count(ledger: Ledger, wallet: Side) -> None:
    assert wallet_history(wallet.wallet_id, WalletFilter()).count() > 0


def _balance(ledger: Ledger, wallet: Side) -> None:
    span = ledger.scale.end - ledger.scale.start
    at = ledger.scale.start + span * (wallet.wallet_id.int % 89 + 10) / 100
    assert wallet_figures_at(wallet_id=wallet.wallet_id, asset=wallet.currency, at=at, known_at=at).version > 0


def _statement(ledger: Ledger, wallet: Side) -> None:
    start = (ledger.scale.start + timedelta(days=40)).replace(day=1)
    end = (start + timedelta(days=40)).replace(day=1)
    statement = wallet_statement(wallet_id=wallet.wallet_id, asset=wallet.currency, start=start, end=end)
    assert len(list(statement.lines())) == statement.line_count


def verify(ledger: Ledger) -> tuple[int, float]:
    """How many invariants hold, and how long the look took. One that is broken ends the program."""
    began, held = time.perf_counter(), 0
    for finding in check_invariants():
        assert finding.broken is None, f"{ledger.name}: {finding.invariant.id} is broken: {finding.broken}"
        held += 1
    return held, time.perf_counter() - began


def replay(ledger: Ledger) -> dict[str, Any]:
    """What a replay in a process of its own told."""
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=ledger.name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.scale.replaying"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "walletsite.settings", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert not told["difference"], told
    return told


_SIZES = """
    SELECT sum(pg_table_size(part.oid)), sum(pg_indexes_size(part.oid))
    FROM pg_class AS part
    WHERE part.oid = %(table)s::regclass OR part.oid IN (SELECT relid FROM pg_partition_tree(%(table)s))
"""


def sizes(ledger: Ledger) -> dict[str, tuple[float, float]]:
    """Bytes of each table and of its indexes, per posting."""
    found: dict[str, tuple[float, float]] = {}
    with ledger.superuser() as superuser:
        for table in TABLES:
            row = superuser.execute(_SIZES, {"table": f"ledger_{table}"}).fetchone()
            assert row is not None
            found[table] = float(row[0]) / ledger.scale.postings, float(row[1]) / ledger.scale.postings
    return found


def machine(seconds: float) -> float:
    """How many additions a second this processor does just now, for comparison between rounds."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        sum(range(10_000))
        count += 1
    return count / (time.perf_counter() - began)
