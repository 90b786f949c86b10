"""Waiting for each other: bounded, told apart, and never for a system account (safety.md rows 6 and 8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from ledger.errors import Busy
from ledger.locks import lock_accounts
from ledger.services import journal
from tests.concurrency.storms import wait_for_blocked
from tests.ledger.books import Books, balance, code_of, post, row_counts
from tests.ledger.connecting import superuser
from tests.ledger.sessions import in_own_session, open_elsewhere


@pytest.fixture
def impatient(books: Books) -> Books:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
        cursor.execute("SET lock_timeout = '50ms'")
    return books


def test_whoever_waits_too_long_for_a_wallet_is_told_to_come_back(impatient: Books) -> None:
    alice, bob = impatient.wallet("10"), impatient.wallet()
    command = impatient.transfer(alice, bob, "1")
    before = row_counts()
    with open_elsewhere(lambda: lock_accounts([bob.account_id])):
        with pytest.raises(Busy) as busy:
            post(command)
        assert busy.value.code == "lock.timeout"
    assert row_counts() == before
    assert code_of(post(command)[0]) is None


def test_whoever_waits_too_long_for_his_own_first_request_is_told_so(impatient: Books) -> None:
    alice, bob = impatient.wallet("10"), impatient.wallet()
    first, second = (impatient.transfer(alice, bob, "1", key="lunch") for _ in range(2))
    with open_elsewhere(lambda: journal.record([first])):
        with pytest.raises(Busy) as busy:
            post(second)
        assert busy.value.code == "idempotency.in_progress"
    assert post(second)[0].replayed
    assert balance(bob) == 1


def test_a_first_request_that_fails_leaves_its_key_to_the_second(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()
    first, second = (books.transfer(alice, bob, "1", key="lunch") for _ in range(2))

    def record_and_fail() -> None:
        journal.record([first])
        connection.set_rollback(True)

    with ThreadPoolExecutor(1) as pool:
        with open_elsewhere(record_and_fail):
            waiting = pool.submit(in_own_session, partial(post, second))
            wait_for_blocked(1)
        (outcome,) = waiting.result()
    assert code_of(outcome) is None
    assert balance(bob) == 1


def test_nobody_waits_for_a_system_account(impatient: Books) -> None:
    """Not even while its checkpoint is being moved: the lock of an UPDATE lets the check of a foreign key pass."""
    alice, bob = impatient.wallet(), impatient.wallet()

    def fold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_account SET updated_at = now() WHERE id = %s", [impatient.funding.id])

    with open_elsewhere(fold), open_elsewhere(lambda: journal.record([impatient.deposit(bob, "1")])):
        assert code_of(post(impatient.deposit(alice, "2"))[0]) is None
    assert balance(impatient.funding) == -3


def test_a_lock_does_not_stop_readers(impatient: Books) -> None:
    alice = impatient.wallet("10")
    with open_elsewhere(lambda: lock_accounts([alice.account_id])):
        assert balance(alice) == 10


def test_a_deadlock_with_somebody_who_keeps_no_order_is_survived(books: Books) -> None:
    """Our own sessions never do this; an administrator at a prompt may."""
    alice, bob = books.wallet("10"), books.wallet()
    low, high = sorted([alice.account_id, bob.account_id])
    lock = "SELECT id FROM ledger_account WHERE id = %s FOR UPDATE"
    with superuser() as administrator, ThreadPoolExecutor(1) as pool:
        administrator.autocommit = False
        administrator.execute("SET LOCAL deadlock_timeout = '60s'")  # so that it is the other one who notices
        administrator.execute(lock, [high])
        posting = pool.submit(in_own_session, partial(post, books.transfer(alice, bob, "10")))
        wait_for_blocked(1)
        administrator.execute(lock, [low])  # waits for the posting, which waits for us: one has to give way
        administrator.commit()
        (outcome,) = posting.result()
    assert code_of(outcome) is None
    assert (balance(alice), balance(bob)) == (0, 10)
