"""The sweeper records which deadlines have passed, whatever happens meanwhile; they bind without it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from ledger.core.commands import AnyCommand
from ledger.core.state import Hold, HoldStatus
from ledger.models import Command as CommandRow
from ledger.models import Event, OutboxMessage, Reservation, Transaction
from ledger.selectors import holds as selected
from ledger.services import holds
from ledger.services.movements import AccountStatus, Side
from tests.ledger.books import Books, assert_sound, code_of, figures, post, row_counts, status_change, stored_hold
from tests.ledger.sessions import answers, together

SOON = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def nothing_else_is_due(committed_books: Books) -> None:
    holds.expire_holds()


def wait_for_deadlines() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01)")


def due(books: Books, wallet: Side, count: int) -> list[Hold]:
    """Holds of one euro each whose deadlines have passed, one after the other."""
    commands = [books.reserve(wallet, "1", expires_in=SOON * (n + 1) / count) for n in range(count)]
    post(*commands)
    wait_for_deadlines()
    return [stored_hold(command.hold_id) for command in commands]


def test_what_is_due_is_given_back_and_nothing_else(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    late = books.hold(alice, "30", destination=bob, expires_in=SOON)
    standing = books.hold(alice, "20", destination=bob)
    paid = books.hold(alice, "10", expires_in=timedelta(milliseconds=500))
    post(books.capture(paid, "4"))
    wait_for_deadlines()
    before = row_counts()
    assert holds.expire_holds() == 1
    assert (stored_hold(late.id).status, stored_hold(late.id).released) == (HoldStatus.EXPIRED, 30)
    assert stored_hold(standing.id) == standing
    assert stored_hold(paid.id).status is HoldStatus.COMPLETED
    assert (figures(alice), figures(bob)) == ((76, 0, 20), (0, 20, 0))
    assert Transaction.objects.get(id=late.transaction_id).state == "CANCELLED"
    event = Event.objects.get(stream_id=late.transaction_id, seq=2)
    assert (event.type, event.actor_type, event.recorded_at > late.expires_at) == ("ReservationExpired", "SYSTEM", True)
    assert OutboxMessage.objects.filter(event_id=event.id).count() == 2
    added = {table: count - before[table] for table, count in row_counts().items() if count != before[table]}
    assert added == {"ledger_command": 1, "ledger_event": 1, "ledger_posting": 4, "ledger_outboxmessage": 2}
    assert holds.expire_holds() == 0
    assert_sound()


def test_what_was_paid_in_part_stays_paid(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    hold = books.hold(alice, "30", expires_in=timedelta(milliseconds=300))
    assert code_of(post(books.capture(hold, "7", final=False))[0]) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.3)")
    assert holds.expire_holds() == 1
    document = Transaction.objects.get(id=hold.transaction_id)
    assert (document.state, document.amount, figures(alice)) == ("COMPLETED", 7, (93, 0, 0))


def test_an_outage_is_caught_up_in_batches(committed_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books = committed_books
    monkeypatch.setattr(holds, "BATCH", 4)
    alice = books.wallet("100")
    late = due(books, alice, 11)
    assert [hold.id for hold in selected.overdue_holds(4)] == [hold.id for hold in late[:4]]  # oldest deadline first
    assert holds.expire_holds() == 11
    assert {stored_hold(hold.id).status for hold in late} == {HoldStatus.EXPIRED}
    assert figures(alice) == (100, 0, 0)


def test_two_sweepers_at_once_record_each_hold_once(committed_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books = committed_books
    monkeypatch.setattr(holds, "BATCH", 5)
    alice, bob = books.wallet("100"), books.wallet("100")
    late = due(books, alice, 15) + due(books, bob, 15)
    recorded = answers(together([holds.expire_holds] * 3))
    holds.expire_holds()
    ends = Event.objects.filter(stream_id__in=[hold.transaction_id for hold in late], type="ReservationExpired")
    assert (ends.count(), sum(recorded) <= 30) == (30, True)
    assert (figures(alice), figures(bob)) == ((100, 0, 0), (100, 0, 0))
    assert_sound()


def test_a_hold_that_was_extended_meanwhile_stands(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    hold = books.hold(alice, "30", expires_in=timedelta(seconds=2))
    sweeping = holds.expire(hold)  # looked at before somebody extended it
    assert code_of(post(books.extend(hold, timedelta(hours=1)))[0]) is None
    assert code_of(post(sweeping)[0]) == "reservation.not_open"
    assert (stored_hold(hold.id).status, figures(alice)) == (HoldStatus.ACTIVE, (70, 0, 30))
    assert not Event.objects.filter(command_id=sweeping.id).exists()


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.FROZEN])
def test_no_status_keeps_money_from_coming_back(committed_books: Books, status: AccountStatus) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob, expires_in=timedelta(milliseconds=200))
    post(status_change(alice, status), status_change(bob, status))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
    assert holds.expire_holds() == 1
    assert (stored_hold(hold.id).status, figures(alice), figures(bob)) == (HoldStatus.EXPIRED, (100, 0, 0), (0, 0, 0))


def test_what_finds_no_room_is_tried_again(committed_books: Books) -> None:
    """A no may not stand for ever, and does not hold up the others."""
    books = committed_books
    half = "50000000000000000000"
    alice, bob = books.wallet(half), books.wallet("100")
    hold = books.hold(alice, half, expires_in=SOON)
    post(books.deposit(alice, "99999999999999999999"))
    (other,) = due(books, bob, 1)
    assert holds.expire_holds() == 1
    assert (stored_hold(hold.id).status, stored_hold(other.id).status) == (HoldStatus.ACTIVE, HoldStatus.EXPIRED)
    assert Event.objects.filter(stream_id=hold.transaction_id).count() == 1
    assert_sound()
    post(books.payment(alice, half))
    assert holds.expire_holds() == 1
    assert figures(alice) == (Decimal("99999999999999999999"), 0, 0)
    post(books.payment(alice, "99999999999999999999"))  # so that the system's accounts can be folded


@pytest.mark.parametrize("step", ["capture", "release", "extend"])
def test_the_deadline_binds_before_anybody_has_recorded_it(committed_books: Books, step: str) -> None:
    books = committed_books
    (hold,) = due(books, books.wallet("1"), 1)
    steps: dict[str, AnyCommand] = {
        "capture": books.capture(hold),
        "release": books.release(hold),
        "extend": books.extend(hold, timedelta(hours=1)),
    }
    assert code_of(post(steps[step])[0]) == "reservation.expired"
    assert Reservation.objects.get(id=hold.id).status == "ACTIVE"
    assert holds.expire_holds() == 1
    assert code_of(post(books.release(stored_hold(hold.id)))[0]) == "reservation.expired"


def test_nothing_due_is_nothing_done(committed_books: Books) -> None:
    before = CommandRow.objects.count()
    assert holds.expire_holds() == 0
    assert CommandRow.objects.count() == before
