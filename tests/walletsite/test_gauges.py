"""What /metrics measures when it is asked."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from pytest_django import Settings

import walletsite.gauges
from compliance.core.origin import Origin
from compliance.services.audit import record_look
from compliance.services.companies import create_company
from ledger.models import JobRun
from ledger.services.job_runs import WorkFailed, run_job
from tests.compliance.factories import make_cast
from tests.compliance.sealing import seal_records
from tests.ledger.books import Books
from tests.ledger.sealing import seal_everything
from tests.wallets.incoming import booked, cancelled, make_due, row_of, take
from tests.wallets.mail_server import mail_server, send_through
from tests.wallets.notices import frozen, only_mine
from tests.wallets.scene import Scene, make_scene
from wallets.services.notifications.mailing import send_emails
from wallets.services.notifications.noting import note
from wallets.tasks import retry_due_events_task


def measured(client: Client) -> dict[str, float]:
    answer = client.get("/metrics", REMOTE_ADDR="127.0.0.1")
    assert answer.status_code == 200
    text = answer.content.decode()
    return {name: float(value) for name, value in re.findall(r"^(wallet_\w+) (\S+)$", text, re.MULTILINE)}


@pytest.mark.usefixtures("committed_db")
def test_sealing_is_measured(client: Client) -> None:
    books = Books().open()
    books.wallet("1")
    seal_everything()
    before = measured(client)
    assert before["wallet_unsealed_events"] == 0
    books.wallet("1")
    after = measured(client)
    assert after["wallet_unsealed_events"] == 2
    assert 0 <= before["wallet_seconds_since_seal"] < after["wallet_seconds_since_seal"] < 60


@pytest.mark.usefixtures("committed_db")
def test_the_sealing_of_records_is_measured(client: Client) -> None:
    cast = make_cast()
    record_look(origin=Origin(cast.frida.id, "FINANCE"), subject_ids=[cast.alice.id], fields=["email"], context="here")
    create_company(name="Nordwind", origin=Origin())
    seal_records()
    before = measured(client)
    assert (before["wallet_unsealed_records"], before["wallet_unsealed_records_age_seconds"]) == (0, 0)
    create_company(name="Nordwind", origin=Origin())
    after = measured(client)
    assert after["wallet_unsealed_records"] == 1
    assert 0 < after["wallet_unsealed_records_age_seconds"] < 60


@pytest.mark.usefixtures("committed_db")
def test_without_a_database_the_other_metrics_are_served(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert measured(client) == {}
    assert b"django_http_requests" in client.get("/metrics", REMOTE_ADDR="127.0.0.1").content


def test_the_inbox_is_measured(client: Client, scene: Scene) -> None:
    before = measured(client)
    early = booked(scene.cast.alice, booking="B-1", source=f"s-{scene.alices.id}", sequence=3)
    for envelope in (early, cancelled("B-1", "0")):
        take(envelope)
    waiting = measured(client)
    make_due(row_of(early))
    with override_settings(INBOX_GAP_SECONDS=0):
        retry_due_events_task()
    after = measured(client)
    changes = {
        name: (waiting[name] - before[name], after[name] - before[name])
        for name in ("wallet_inbox_pending", "wallet_inbox_failed", "wallet_inbox_missed")
    }
    assert changes == {
        "wallet_inbox_pending": (1, 0),
        "wallet_inbox_failed": (1, 1),
        "wallet_inbox_missed": (0, 2),
    }
    assert waiting["wallet_inbox_age_seconds"] > 0


def test_emails_are_measured(client: Client, scene: Scene, settings: Settings) -> None:
    only_mine()
    before = measured(client)
    assert (before["wallet_emails_due"], before["wallet_emails_oldest_due_seconds"]) == (0, 0)
    note([frozen(scene.alices), frozen(scene.bobs)])
    waiting = measured(client)
    assert waiting["wallet_emails_due"] == 2
    assert waiting["wallet_emails_oldest_due_seconds"] >= 0
    with mail_server() as server:
        send_through(settings, server)
        server.refused[scene.cast.alice.email] = "550 No such user"
        send_emails()
    after = measured(client)
    assert after["wallet_emails_due"] == 0
    assert after["wallet_emails_failed"] == before["wallet_emails_failed"] + 1


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


@pytest.mark.usefixtures("committed_db")
def test_jobs_are_measured(client: Client) -> None:
    def of_jobs() -> dict[str, float]:
        text = client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
        found = re.findall(r'^(\w+)\{(?:job|check)="ledger.check_sample"\} (\S+)$', text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    JobRun.objects.filter(job="ledger.check_sample").delete()
    assert of_jobs() == {}
    do = partial(run_job, "ledger.check_sample", time_limit=timedelta(minutes=5), delivery_id=None)
    do(lambda: {"broken": 0})
    first = of_jobs()
    assert first["ledger_invariant_violations"] == 0
    assert 0 <= first["wallet_job_seconds_since_success"] < 60

    def find_two() -> dict[str, int]:
        raise WorkFailed("I3 is broken", {"broken": 2})

    with pytest.raises(WorkFailed):
        do(find_two)
    second = of_jobs()
    assert second["ledger_invariant_violations"] == 2
    assert first["wallet_job_seconds_since_success"] < second["wallet_job_seconds_since_success"]


@pytest.mark.usefixtures("db")
def test_months_are_measured(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def line() -> str:
        return client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()

    assert 'wallet_months_ahead{table="ledger_event"} 3.0' in line()
    monkeypatch.setattr(walletsite.gauges, "months_ahead", lambda: {"ledger_event": 0})
    assert 'wallet_months_ahead{table="ledger_event"} 0.0' in line()
