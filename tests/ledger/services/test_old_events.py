"""A ledger from a time when events looked otherwise: it moves, replays, explains and is sealed as it is (R206)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker

from ledger.core.accounts import AccountStatus
from ledger.core.events import EventType
from ledger.core.leaves import Kind
from ledger.core.upcasting import UPCASTERS, UnknownVersion
from ledger.models import Event, Transaction
from ledger.selectors.decisions import decisions_about
from ledger.selectors.lifecycle import status_history
from ledger.selectors.row_texts import read_rows
from ledger.services.moving.exporting import export_ledger
from ledger.services.moving.files import ImportRefused
from ledger.services.moving.importing import import_ledger
from ledger.services.moving.sections import SECTIONS
from ledger.services.replay import replay
from ledger.services.seal_verification import verify_seals
from tests.databases import Installation, new_installation
from tests.ledger.books import Books, assert_sound, post, status_change, stored_hold
from tests.ledger.connecting import tampering
from tests.ledger.sealing import seal_everything
from tests.ledger.services.conftest import Story
from tests.ledger.services.moves import connected_to, lines_of, row_count
from tests.ledger.services.test_moving_refusals import Lines, sealed, written

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.timeout(300)]

Change = Callable[[dict[str, Any]], dict[str, Any]]


def renaming(old: str, new: str) -> Change:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        return {new if name == old else name: value for name, value in data.items()}

    return change


def each_account(change: Change) -> Change:
    return lambda data: {"accounts": [change(account) for account in data["accounts"]]}


TO_THE_OLD_FORM: dict[EventType, Change] = {
    EventType.ACCOUNTS_OPENED: each_account(renaming("min_balance", "floor")),
    EventType.ACCOUNT_STATUS_CHANGED: renaming("status", "became"),
    EventType.TRANSACTION_FAILED: renaming("gates", "checks"),
    EventType.RESERVATION_CAPTURED: renaming("target", "paid_to"),
}
UPCAST: dict[EventType, Change] = {
    EventType.ACCOUNTS_OPENED: each_account(renaming("floor", "min_balance")),
    EventType.ACCOUNT_STATUS_CHANGED: renaming("became", "status"),
    EventType.TRANSACTION_FAILED: renaming("checks", "gates"),
    EventType.RESERVATION_CAPTURED: renaming("paid_to", "target"),
}
COLUMNS = next(section.columns for section in SECTIONS if section.model is Event)
ID, TYPE, VERSION, DATA = (COLUMNS.index(name) + 1 for name in ("id", "type", "schema_version", "data"))


@pytest.fixture
def upcasters(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the release that writes these types in their second version."""
    for type, change in UPCAST.items():
        monkeypatch.setitem(UPCASTERS, (type, 1), change)


@pytest.fixture(scope="module")
def lines(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """A ledger that an older release has exported."""
    path = tmp_path_factory.mktemp("old") / "ledger.zst"
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with connected_to(installation):
            books = Books().open()
            alice, bob = books.wallet("100"), books.wallet()
            held = books.reserve(alice, "30", destination=bob)
            post(held, books.transfer(alice, bob, "1000"), status_change(bob, AccountStatus.FROZEN, "A court said so."))
            post(status_change(bob, AccountStatus.ACTIVE, "Another court said so."))
            post(books.capture(stored_hold(held.hold_id), "20"))
            export_ledger(path)
    return [in_the_old_form(line) for line in lines_of(path)[:-1]]


def in_the_old_form(line: Any) -> Any:
    change = TO_THE_OLD_FORM.get(line[TYPE]) if isinstance(line, list) and line[0] == "event" else None
    if change is None:
        return line
    changed = list(line)
    changed[DATA] = json.dumps(change(json.loads(line[DATA])))
    return changed


def facts_in(lines: Lines) -> dict[UUID, Any]:
    """What the file says of each event."""
    return {UUID(line[ID]): json.loads(line[DATA]) for line in lines if isinstance(line, list) and line[0] == "event"}


@pytest.fixture
def empty(committed_db: None) -> Iterator[Installation]:
    """Where the ledger goes."""
    with new_installation() as installation:
        installation.manage("prepare_database")
        with connected_to(installation):
            yield installation


def test_an_old_ledger_moves_in_and_stays_as_it_was(
    empty: Installation, upcasters: None, lines: Lines, tmp_path: Path
) -> None:
    import_ledger(written(tmp_path, sealed(lines)))
    told = facts_in(lines)
    assert {event.id: event.data for event in Event.objects.all()} == told
    assert_sound()

    failed = Transaction.objects.get(state="FAILED")
    (record,) = decisions_about(failed, Event.objects.filter(stream_id=failed.id), visible=[])
    assert record.code == "funds.insufficient"
    assert {gate.kind.value for gate in record.gates} >= {"wallet", "funds"}
    assert failed.destination_wallet_id is not None
    steps = [(step.status, step.reason) for step in status_history(failed.destination_wallet_id, "EUR")]
    assert steps == [("ACTIVE", "Another court said so."), ("FROZEN", "A court said so."), ("ACTIVE", "Opened.")]

    # What happens from now on is stored in the new form, beside the old one.
    books = Books().open()
    post(status_change(books.wallet("5"), AccountStatus.FROZEN))
    versions = set(Event.objects.filter(type="AccountStatusChanged").values_list("schema_version", flat=True))
    assert versions == {1, 2}
    assert_sound()

    # Leaves are made of what is stored, whatever it is read as.
    seal_everything()
    assert verify_seals().finding is None
    for id, rows in read_rows(list(told)).items():
        (detail,) = (part for part in rows.parts() if part.slot.kind is Kind.DETAIL)
        stored = rows.event["data"]
        assert stored is not None
        assert json.loads(stored) == told[id]
        assert stored.encode() in detail.data


def test_whoever_lacks_the_upcasters_takes_nothing_in(empty: Installation, lines: Lines, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused):
        import_ledger(written(tmp_path, sealed(lines)))
    assert row_count() == 0
    newer = [line[:VERSION] + ["2"] + line[VERSION + 1 :] if line[0:1] == ["event"] else line for line in lines[1:]]
    with pytest.raises(
        ImportRefused, match=r"version 2 was written by a newer release; this one knows versions 1 to 1"
    ):
        import_ledger(written(tmp_path, sealed([lines[0], *newer])))
    assert row_count() == 0


def test_a_replay_stops_at_an_event_of_a_newer_release(story: Story) -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_event SET schema_version = 7 WHERE id = %s", [story.transfer.event_id])
        with pytest.raises(UnknownVersion, match="TransactionCompleted of version 7"):
            replay()
        with pytest.raises(CommandError, match="was written by a newer release"):
            call_command("replay")


def test_seals_do_not_notice_upcasters(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    seal_everything()
    for type in EventType:
        monkeypatch.setitem(UPCASTERS, (type, 1), lambda data: {"all": "different"})
    assert verify_seals().finding is None
