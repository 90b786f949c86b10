"""Snapshots: what they hold, whoever is late, and that they are safe to take at any time (ADR 0019)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import Error, connection
from django.db.transaction import atomic, set_rollback

from ledger.models import BackDatedDay, Snapshot, SnapshotBalance
from ledger.selectors.clock import database_now
from ledger.selectors.instants import EVER, system_balances_at
from ledger.services import journal, snapshots
from ledger.services.snapshots import snapshot_balances
from tests.ledger.books import Books, assert_sound, post
from tests.ledger.connecting import connected_as_owner
from tests.ledger.selectors.plans import explaining
from tests.ledger.services.conftest import Story
from tests.ledger.sessions import answers, open_elsewhere, together
from tests.ledger.snapshots import snapshot_everything

MARCH = datetime(2024, 3, 10, 12, tzinfo=UTC)


def saved(account_id: UUID) -> list[tuple[Decimal, int]]:
    """What snapshots say of an account, oldest first."""
    rows = SnapshotBalance.objects.filter(account_id=account_id).order_by("at")
    return [(row.balance, row.postings) for row in rows]


def sheets(account_id: UUID) -> list[tuple[date, Decimal, int]]:
    rows = BackDatedDay.objects.filter(account_id=account_id).order_by("at", "day")
    return [(row.day, row.amount, row.postings) for row in rows]


def test_a_snapshot_has_the_figure_of_every_account_that_moved(committed_books: Books) -> None:
    books = committed_books
    alice, idle = books.wallet("100"), books.wallet()
    post(books.payment(alice, "30"))
    snapshot_everything()
    assert saved(alice.account_id) == [(70, 2)]
    assert saved(books.funding.id) == [(-70, 2)]
    assert saved(idle.account_id) == []
    bob = books.wallet("5")
    snapshot_everything()
    assert saved(alice.account_id) == [(70, 2)]
    assert saved(bob.account_id) == [(5, 1)]
    assert saved(books.funding.id) == [(-70, 2), (-75, 3)]
    assert_sound()


def test_back_dated_postings_are_added_up_by_the_day_on_which_they_count(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    for amount, at in (("1", MARCH), ("2", MARCH.replace(hour=23)), ("4", MARCH + timedelta(days=1))):
        post(books.payment(alice, amount, effective_at=at))
    snapshot_everything()
    expected = [(date(2024, 3, 10), Decimal(-3), 2), (date(2024, 3, 11), Decimal(-4), 1)]
    assert sheets(alice.account_id) == expected
    post(books.payment(alice, "8", effective_at=MARCH))
    snapshot_everything()
    assert sheets(alice.account_id) == [*expected, (date(2024, 3, 10), Decimal(-8), 1)]
    assert_sound()


def test_taking_one_twice_or_in_many_places_at_once_changes_no_figure(committed_books: Books) -> None:
    alice = committed_books.wallet("100")
    answers(together([snapshot_everything] * 3))
    snapshot_everything()
    assert saved(alice.account_id) == [(100, 1)]
    assert_sound()


def test_none_is_marked_while_the_last_one_is_young(committed_books: Books) -> None:
    committed_books.wallet("100")
    latest = snapshot_everything()
    assert snapshot_balances(every=timedelta(days=1)) == []
    assert Snapshot.objects.latest("at").at == latest


def test_who_is_late_keeps_a_snapshot_waiting_and_is_in_it(committed_books: Books) -> None:
    """The posting is older than the snapshot's instant and commits after it: cut by time alone it would be lost."""
    books = committed_books
    alice = books.wallet("100")
    with open_elsewhere(lambda: journal.record([books.deposit(alice, "1")])):
        snapshot_balances()
        marked = Snapshot.objects.latest("at")
        assert marked.taken_at is None
        assert saved(alice.account_id) == []
        assert system_balances_at([books.funding.id], at=EVER, known_at=EVER) == {books.funding.id: -100}
    snapshot_everything()
    assert saved(alice.account_id)[0] == (101, 2)
    assert SnapshotBalance.objects.get(account_id=books.funding.id, at=marked.at).balance == -101
    assert_sound()


def test_a_system_account_is_exact_at_any_instant_whoever_is_late(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet(), books.wallet()
    start = database_now()
    figure = [books.funding.id]
    with open_elsewhere(lambda: journal.record([books.deposit(alice, "1")])):
        recorded = database_now()
        post(books.deposit(bob, "10"))
        snapshot_balances()
        post(books.deposit(bob, "100"))
        end = database_now()
        assert system_balances_at(figure, at=end, known_at=end) == {books.funding.id: -110}
        assert system_balances_at(figure, at=recorded, known_at=end) == {books.funding.id: 0}
    for _ in range(2):  # before and after the snapshots are taken
        assert system_balances_at(figure, at=end, known_at=end) == {books.funding.id: -111}
        assert system_balances_at(figure, at=recorded, known_at=end) == {books.funding.id: -1}
        assert system_balances_at(figure, at=start, known_at=end) == {books.funding.id: 0}
        snapshot_everything()


def test_a_rollback_is_in_no_snapshot(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("5")
    journal.rehearse([books.deposit(alice, "1")])
    snapshot_everything()
    assert saved(alice.account_id) == [(5, 1)]


def test_only_what_came_since_the_last_one_is_read(committed_books: Books) -> None:
    for _ in range(3):
        committed_books.wallet("1")
    snapshot_everything()
    committed_books.wallet("1")
    with explaining(only=snapshots._BALANCES) as read:
        snapshot_everything()
    events = [node for node in read.nodes if node.get("Alias", "").startswith("e_")]
    assert sum(node["Actual Rows"] for node in events) == 2  # the opening and the deposit of the last wallet


def test_a_sum_that_no_amount_could_be_fits(committed_books: Books) -> None:
    books = committed_books
    for _ in range(2):
        books.wallet("90000000000000000000")
    snapshot_everything()
    assert saved(books.funding.id) == [(Decimal("-180000000000000000000"), 2)]
    assert_sound()


CHANGES: list[tuple[str, str]] = [
    ("ledger_snapshotbalance", "UPDATE ledger_snapshotbalance SET balance = 0"),
    ("ledger_snapshotbalance", "DELETE FROM ledger_snapshotbalance"),
    ("ledger_snapshotbalance", "TRUNCATE ledger_snapshotbalance"),
    ("ledger_backdatedday", "UPDATE ledger_backdatedday SET amount = 0"),
    ("ledger_backdatedday", "DELETE FROM ledger_backdatedday"),
    ("ledger_backdatedday", "TRUNCATE ledger_backdatedday"),
    ("ledger_snapshot", "UPDATE ledger_snapshot SET at = at - interval '1 day'"),
    ("ledger_snapshot", "UPDATE ledger_snapshot SET taken_at = NULL"),
    ("ledger_snapshot", "DELETE FROM ledger_snapshot"),
    ("ledger_snapshot", "TRUNCATE ledger_snapshot"),
]


@pytest.mark.parametrize(("table", "change"), CHANGES, ids=[change for _, change in CHANGES])
def test_nobody_changes_what_was_taken(story: Story, table: str, change: str) -> None:
    with connected_as_owner(), atomic():
        with pytest.raises(Error, match=f"{table} is append-only"), connection.cursor() as cursor:
            cursor.execute(change)
        set_rollback(True)
