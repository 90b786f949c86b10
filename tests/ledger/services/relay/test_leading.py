"""One relay at a time, woken by those who write."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
from django.conf import settings
from django.db import connection

from ledger.services import journal
from ledger.services.relay.leading import leadership, sleep_until_news
from ledger.services.relay.numbering import number_messages
from tests.ledger.books import Books
from tests.ledger.brokers import listening, statuses
from tests.ledger.connecting import superuser
from tests.ledger.services.relay.relays import relay_process
from tests.ledger.sessions import answers, in_own_session, open_elsewhere, together, wait_until

LONG_SECONDS = 20


def leads() -> bool:
    with leadership() as leader:
        return leader


def sessions_that_lead(server: psycopg.Connection) -> set[int]:
    query = """
        SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND granted
              AND objid::bigint = (hashtext('ledger_outbox_relay')::bigint & 4294967295)
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    return {pid for (pid,) in server.execute(query)}


def test_of_two_relays_one_leads(committed_db: None) -> None:
    with leadership() as leader:
        assert leader
        assert answers(together([leads, leads])) == [False, False]
    (successor,) = answers(together([leads]))
    assert successor


def test_when_the_leaders_session_dies_another_takes_over(lone_books: Books) -> None:
    url = str(settings.BROKER_URL)
    with superuser() as server, listening(url) as consumer, relay_process(url), relay_process(url):
        wait_until(lambda: len(sessions_that_lead(server)) == 1)
        (first,) = sessions_that_lead(server)
        before = lone_books.wallet()
        wait_until(lambda: statuses(before) == ["PUBLISHED"])
        server.execute("SELECT pg_terminate_backend(%s)", [first])
        after = lone_books.wallet()
        wait_until(lambda: statuses(after) == ["PUBLISHED"])
        wait_until(lambda: len(sessions_that_lead(server) - {first}) == 1)
        assert consumer.of(before, after) == [1, 1]


def test_a_relay_that_loses_its_session_asleep_lives_on(lone_books: Books) -> None:
    url = str(settings.BROKER_URL)
    with superuser() as server, listening(url) as consumer, relay_process(url) as process:
        wait_until(partial(is_asleep, server))
        (session,) = sessions_that_lead(server)
        server.execute("SELECT pg_terminate_backend(%s)", [session])
        wallet = lone_books.wallet()
        wait_until(lambda: statuses(wallet) == ["PUBLISHED"])
        assert process.poll() is None
        assert consumer.of(wallet) == [1]


def seconds_asleep() -> float:
    with leadership() as leader:
        assert leader
        begun = time.monotonic()
        while not sleep_until_news(LONG_SECONDS):
            pass
        return time.monotonic() - begun


def is_asleep(server: psycopg.Connection) -> bool:
    """Sleepers hold the lock, and wait for the client."""
    query = """
        SELECT count(*) FROM pg_locks
        WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
              AND objid::bigint = (hashtext('ledger_relay_asleep')::bigint & 4294967295)
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    return server.execute(query).fetchone() == (1,)


def test_a_sleeping_relay_is_woken_by_a_commit(lone_books: Books) -> None:
    with superuser() as server, ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(in_own_session, seconds_asleep)
        wait_until(partial(is_asleep, server))
        begun = time.monotonic()
        lone_books.wallet()
        sleeping.result()
        assert time.monotonic() - begun < 1


def test_a_writer_under_way_keeps_it_from_lying_down(lone_books: Books) -> None:
    """It has not seen a sleeper, so it would not notify: its messages would lie there until the next look."""
    wallet = lone_books.wallet()
    number_messages()
    with leadership() as leader:
        assert leader
        with open_elsewhere(lambda: journal.record([lone_books.deposit(wallet, "1")])):
            assert not sleep_until_news(LONG_SECONDS)
        begun = time.monotonic()
        assert sleep_until_news(LONG_SECONDS)  # there is news
        assert time.monotonic() - begun < 1


def test_nobody_notifies_while_it_is_awake(lone_books: Books) -> None:
    with leadership() as leader:
        assert leader
        lone_books.wallet()
        assert list(connection.connection.notifies(timeout=0.2)) == []
