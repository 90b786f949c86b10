"""`manage.py events`: the stream on the terminal, told again, and dead letters decided."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from compliance.models import AuditRecord, Company
from ledger.models import DeliveryNote, OutboxMessage
from ledger.selectors.clock import database_now
from ledger.services.relay.numbering import number_messages
from tests.ledger.brokers import NOBODY, content, listening
from tests.wallets.scene import Scene, book
from wallets.models import Wallet


@pytest.fixture
def told(scene: Scene) -> Scene:
    """A scene whose messages have their places."""
    while number_messages():
        pass
    return scene


def events(*arguments: str) -> str:
    output = StringIO()
    call_command("events", *arguments, stdout=output)
    return output.getvalue()


def give_up(wallet: Wallet, sequence: int = 1) -> OutboxMessage:
    row = OutboxMessage.objects.get(aggregate_id=wallet.id, sequence=sequence)
    OutboxMessage.objects.filter(id=row.id).update(status="FAILED", attempts=3, error="Refused.")
    return row


def status_of(row: OutboxMessage) -> str:
    return OutboxMessage.objects.get(id=row.id).status


def test_tail_prints_the_last_messages(told: Scene) -> None:
    lines = events("tail", "--once", "--lines", "2").splitlines()
    assert len(lines) == 2
    assert f"WalletCreated {told.charlies.id} #1 " in lines[-1]
    assert len(events("tail", "--once", "--lines", "100").splitlines()) >= 4


def test_tail_follows_what_comes(told: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(_seconds: float) -> None:
        if not OutboxMessage.objects.filter(aggregate_id=told.alices.id, sequence=3).exists():
            book(told.alices, "-1", key="now")
            number_messages()
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr("wallets.management.commands.events.time.sleep", meanwhile)
    (line,) = events("tail", "--lines", "0").splitlines()
    assert f"TransactionCompleted {told.alices.id} #3 " in line


def test_replay_prints_a_time_and_a_type(told: Scene) -> None:
    day = f"{database_now():%Y-%m-%d}"
    found = [json.loads(line) for line in events("replay", "--from", day, "--type", "WalletCreated").splitlines()]
    mine = {str(wallet.id) for wallet in (told.alices, told.bobs, told.charlies)}
    assert {message["type"] for message in found} == {"WalletCreated"}
    assert mine <= {message["subject"] for message in found}
    assert events("replay", "--to", day, "--type", "WalletCreated") == ""
    later = (database_now() + timedelta(minutes=1)).isoformat()
    assert events("replay", "--from", later) == ""


def test_replay_publishes_with_the_same_ids_and_marks_nothing(told: Scene) -> None:
    before = list(OutboxMessage.objects.order_by("id").values())
    with listening(str(settings.BROKER_URL), "wallet.WalletCreated") as consumer:
        wish = ("--from", "2026-01-01", "--type", "WalletCreated", "--reason", "They lost a queue.")
        text = events("replay", "--publish", *wish)
        arrived = {content(message)["id"] for message in consumer.drain()}
    assert arrived == {str(row["id"]) for row in before if row["type"] == "WalletCreated"}
    assert text.strip() == f"{len(arrived)} PUBLISHED"
    assert list(OutboxMessage.objects.order_by("id").values()) == before


def test_replay_reports_a_broker_that_is_away(told: Scene) -> None:
    with override_settings(BROKER_URL=NOBODY), pytest.raises(CommandError, match="away"):
        events("replay", "--publish", "--reason", "They lost a queue.")


def test_replay_is_on_record_in_every_company_and_asks_why(told: Scene) -> None:
    records = AuditRecord.objects.filter(event_type="outbox.replayed")
    with pytest.raises(CommandError, match="needs a --reason"):
        events("replay", "--publish")
    assert not records.exists()
    events("replay", "--publish", "--to", "2020-01-01", "--reason", "To see.")
    assert set(records.values_list("company_id", flat=True)) == set(Company.objects.values_list("id", flat=True))
    record = records.get(company_id=told.cast.company.id)
    assert (record.actor_role, record.reason) == ("SYSTEM", "To see.")
    assert record.after == {"to": "2020-01-01T00:00:00+00:00"}


def test_resend_takes_dead_letters_of_every_company(told: Scene) -> None:
    letter, other = give_up(told.alices), give_up(told.bobs)
    assert events("resend", str(letter.id), "--reason", "Room again.") == "1 will be sent again.\n"
    assert (status_of(letter), status_of(other)) == ("PENDING", "FAILED")
    assert events("resend", "--reason", "All of them.", "--type", "WalletCreated") == "1 will be sent again.\n"
    assert status_of(other) == "PENDING"
    records = AuditRecord.objects.filter(company_id=told.cast.company.id, event_type="outbox.resent")
    assert [(record.entity_id, record.reason, record.actor_role) for record in records.order_by("id")] == [
        (letter.id, "Room again.", "SYSTEM"),
        (other.id, "All of them.", "SYSTEM"),
    ]


def test_skip_takes_dead_letters_only(told: Scene) -> None:
    letter = give_up(told.alices)
    assert events("skip", str(letter.id), "--reason", "Not needed.") == f"{letter.id} is skipped.\n"
    assert status_of(letter) == "SKIPPED"
    with pytest.raises(CommandError, match="no dead letter"):
        events("skip", str(letter.id), "--reason", "Again.")
    assert DeliveryNote.objects.filter(message_id=letter.id).count() == 1
    assert AuditRecord.objects.filter(event_type="outbox.skipped", entity_id=letter.id).count() == 1


@pytest.mark.parametrize("action", ["resend", "skip"])
def test_decisions_need_a_reason(told: Scene, action: str) -> None:
    letter = give_up(told.alices)
    with pytest.raises(CommandError, match="reason"):
        events(action, str(letter.id))
    assert status_of(letter) == "FAILED"
