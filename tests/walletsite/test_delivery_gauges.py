"""What /metrics says of the database's figures."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client

from ledger.models import OutboxMessage
from ledger.models import Relay as Report
from tests.wallets.scene import make_scene
from walletsite import delivery_gauges


def figures(client: Client) -> dict[str, str]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if line.startswith("wallet_")]
    return dict(line.rsplit(" ", 1) for line in lines)


@pytest.mark.django_db
def test_the_outbox_is_measured(client: Client) -> None:
    before = figures(client)
    scene = make_scene()
    told = figures(client)
    assert float(told["wallet_outbox_waiting"]) == float(before["wallet_outbox_waiting"]) + 4
    assert float(told["wallet_outbox_oldest_seconds"]) >= 0
    OutboxMessage.objects.filter(aggregate_id=scene.alices.id, sequence=1).update(status="FAILED", attempts=3)
    Report.objects.update(published=7, unrouted=2, refused=3, breaker="OPEN")
    told = figures(client)
    assert float(told["wallet_outbox_dead_letters"]) == float(before["wallet_outbox_dead_letters"]) + 1
    assert told['wallet_outbox_deliveries_total{outcome="published"}'] == "7.0"
    assert told['wallet_outbox_deliveries_total{outcome="unrouted"}'] == "2.0"
    assert told['wallet_outbox_deliveries_total{outcome="refused"}'] == "3.0"
    assert told['wallet_relay_breaker{state="OPEN"}'] == "1.0"
    assert told['wallet_relay_breaker{state="CLOSED"}'] == "0.0"


@pytest.mark.django_db
def test_without_a_database_the_other_figures_are_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(delivery_gauges, "delivery_state", refuse)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b"wallet_outbox" not in answer.content
    assert b"python_info" in answer.content or b"django_" in answer.content
