"""The inbox: each event once, what waits, what fails, what is forgotten (R178–R180)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.transaction import atomic
from django.test import override_settings
from pytest_django import DjangoCaptureOnCommitCallbacks

from compliance.models import ServiceAccount
from ledger.errors import IdempotencyKeyReused
from ledger.ids import new_id
from ledger.models import InboxEvent
from ledger.selectors.inbox import inbox_backlog
from ledger.services.inbox import Delivery, Handled, Handler, Incoming, receive
from tests.compliance.factories import ServiceAccountFactory
from tests.ledger.connecting import connected_as_owner
from tests.wallets.incoming import booked, cancelled, event, joined, make_due, outcome_of, row_of, take
from tests.wallets.scene import Scene, available, nothing_recorded
from wallets.services.incoming import HANDLERS, read_event, retry_due_events
from wallets.services.incoming.taking import BROKER


def test_the_same_event_again_has_no_second_effect(scene: Scene) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    first = take(envelope)
    with nothing_recorded():
        again = take(envelope)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.id, again.status, again.transaction_id) == (first.id, "PROCESSED", first.transaction_id)
    assert available(scene.alices) == 70


@pytest.mark.parametrize("changed", ["data", "event_type", "timestamp", "sequence"])
def test_another_event_under_the_same_id_is_refused(scene: Scene, changed: str) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    take(envelope)
    other: dict[str, Any] = {
        "data": {**envelope["data"], "amount": "31.00"},
        "event_type": "BookingCancelled",
        "timestamp": "2026-03-14T16:05:12Z",
        "sequence": 1,
    }
    with nothing_recorded(), pytest.raises(IdempotencyKeyReused):
        take({**envelope, changed: other[changed]})


def by(account: ServiceAccount) -> Delivery:
    return Delivery(account_id=account.id, company_id=account.company_id)


@pytest.mark.parametrize("is_broker_first", [True, False])
def test_it_may_come_through_both_doors(scene: Scene, is_broker_first: bool) -> None:
    envelope, doors = booked(scene.cast.alice, booking="B-1"), [BROKER, by(scene.cast.bookings)]
    first, second = doors if is_broker_first else reversed(doors)
    take(envelope, first)
    with nothing_recorded():
        assert not take(envelope, second).is_new
    assert available(scene.alices) == 70


def test_a_program_of_another_company_can_not_take_an_events_place(scene: Scene) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    take(envelope, by(ServiceAccountFactory()))
    with nothing_recorded(), pytest.raises(IdempotencyKeyReused):
        take(envelope)
    other = booked(scene.cast.alice, booking="B-2")
    take(other)
    with nothing_recorded(), pytest.raises(IdempotencyKeyReused):
        take(other, by(ServiceAccountFactory()))


def test_unknown_types_are_ignored_and_forgotten(scene: Scene) -> None:
    envelope = event("HotelOpened", {"name": "Anybody"})
    with nothing_recorded():
        assert outcome_of(take(envelope)) == ("IGNORED", "")
    assert row_of(envelope).payload is None


def test_the_payload_is_kept_only_while_it_is_needed(scene: Scene) -> None:
    done, failed, waiting = booked(scene.cast.alice, booking="B-1"), cancelled("B-1", "99"), cancelled("B-2")
    for envelope in (done, failed, waiting):
        take(envelope)
    assert [row_of(envelope).payload for envelope in (done, failed, waiting)] == [None, failed["data"], waiting["data"]]
    assert len(bytes(row_of(done).payload_hash)) == 32


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"amount": 30}, "money.invalid"),
        ({"amount": "-1"}, "money.invalid"),
        ({"amount": "1.0000000000000001"}, "money.scale_exceeded"),
        ({"amount": {"$number": "1.5"}}, "money.invalid"),
        ({"currency": "XXX"}, "currency.unsupported"),
        ({"user_id": "alice"}, "request.validation"),
        ({"booking_id": ""}, "request.validation"),
        ({"booking_id": None}, "request.validation"),
        ({"gift": True}, "request.validation"),
    ],
)
def test_what_is_not_valid_fails_at_once(scene: Scene, data: dict[str, Any], code: str) -> None:
    envelope = booked(scene.cast.alice, booking="B-1")
    envelope["data"] |= data
    with nothing_recorded():
        receipt = take(envelope)
    assert (outcome_of(receipt), receipt.attempts) == (("FAILED", code), 1)
    assert receipt.error_detail


def test_what_waits_in_vain_fails(scene: Scene) -> None:
    envelope = cancelled("B-1")
    take(envelope)
    make_due(row_of(envelope))
    assert retry_due_events() == 1
    assert row_of(envelope).status == "PENDING"
    make_due(row_of(envelope))
    with nothing_recorded(), override_settings(INBOX_PATIENCE_SECONDS=0):
        retry_due_events()
    row = row_of(envelope)
    assert (row.status, row.error_code, row.error_detail) == (
        "FAILED",
        "not_found",
        "It waited in vain. There is no such booking.",
    )


class Stumbling:
    """A handler that debits first, and then fails so many times."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times = error, times

    def handlers(self) -> dict[str, Handler]:
        return {"BookingCreated": Handler(company_of=HANDLERS["BookingCreated"].company_of, handle=self.handle)}

    def handle(self, incoming: Incoming) -> Handled:
        handled = HANDLERS["BookingCreated"].handle(incoming)
        if self.times:
            self.times -= 1
            raise self.error
        return handled


def _deadlock() -> OperationalError:
    class Deadlock(Exception):
        sqlstate = "40P01"

    error = OperationalError("deadlock detected")
    error.__cause__ = Deadlock()
    return error


@pytest.mark.parametrize("error", [_deadlock(), ZeroDivisionError("of all things")], ids=["deadlock", "fault"])
@pytest.mark.parametrize(
    ("times", "status", "balance"), [(1, "PROCESSED", 70), (2, "PROCESSED", 70), (3, "FAILED", 100)]
)
def test_what_stumbles_is_tried_three_times(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int, status: str, balance: int
) -> None:
    """Whatever a try has done before it failed is undone."""
    stumbling = Stumbling(error, times)
    envelope = booked(scene.cast.alice, booking="B-1")
    monkeypatch.setattr("wallets.services.incoming.HANDLERS", stumbling.handlers())
    with nothing_recorded():
        receipt = receive(read_event(envelope), BROKER, stumbling.handlers())
    assert (receipt.status, receipt.attempts, receipt.error_code) == ("PENDING", 1, "service.unavailable")
    assert retry_due_events() == 0, "it waits for a while"
    while row_of(envelope).status == "PENDING":
        make_due(row_of(envelope))
        retry_due_events()
    assert (row_of(envelope).status, available(scene.alices)) == (status, balance)


def test_a_lost_session_is_not_taken_for_a_failure_of_the_event(scene: Scene) -> None:
    stumbling = Stumbling(OperationalError("the connection is lost"), 1)
    envelope = booked(scene.cast.alice, booking="B-1")
    with nothing_recorded(), pytest.raises(OperationalError):
        receive(read_event(envelope), BROKER, stumbling.handlers())
    assert not InboxEvent.objects.filter(event_id=envelope["event_id"]).exists()


def test_the_cached_figures_are_dropped_after_the_commit(
    scene: Scene, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as later:
        take(booked(scene.cast.alice, booking="B-1"))
    assert len(later) == 1


def test_the_backlog_is_measured(scene: Scene) -> None:
    before = inbox_backlog()
    take(cancelled("B-1"))
    take(joined(scene.cast.company.id) | {"data": {}})
    after = inbox_backlog()
    assert (after.pending - before.pending, after.failed - before.failed) == (1, 1)
    assert after.age_seconds is not None


CHANGES = {
    "status": "'PENDING'",
    "error_detail": "'other'",
    "payload": """'{"a": 1}'""",
    "payload_hash": "'other'",
    "source": "'other'",
    "event_id": "'other'",
    "received_at": "now()",
    "company_id": "gen_random_uuid()",
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("is_final", [True, False])
def test_what_came_stays_and_a_final_status_too(scene: Scene, column: str, is_final: bool) -> None:
    envelope = booked(scene.cast.alice, booking="B-1") if is_final else joined(scene.cast.company.id)
    if not is_final:
        envelope["data"]["role"] = "KING"
    take(envelope)
    may_change = not is_final and column == "error_detail"
    statement = f"UPDATE ledger_inboxevent SET {column} = {CHANGES[column]} WHERE id = %s"
    with atomic(), connection.cursor() as cursor:
        if may_change:
            cursor.execute(statement, [row_of(envelope).id])
        else:
            with pytest.raises(IntegrityError):
                cursor.execute(statement, [row_of(envelope).id])
            connection.set_rollback(True)


@pytest.mark.parametrize("status", ["PENDING", "FAILED"])
def test_a_payload_is_not_forgotten_while_it_is_needed(scene: Scene, status: str) -> None:
    envelope = cancelled("B-1") if status == "PENDING" else cancelled("B-1", "0")
    assert take(envelope).status == status
    with atomic(), pytest.raises(IntegrityError):
        InboxEvent.objects.filter(id=row_of(envelope).id).update(payload=None)


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("table", ["ledger_inboxevent", "ledger_inboxsource"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_of_the_tables_deletes(table: str, statement: str) -> None:
    take(event("HotelOpened", {}, source=f"hotels-{new_id().hex}", sequence=1))
    with connected_as_owner(), atomic(), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute(statement.format(table))
        connection.set_rollback(True)
