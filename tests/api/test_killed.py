"""kill -9 in the middle of transfers: what was acknowledged is stored, and a retry never acts twice (safety.md 1–3)."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from ledger.models import Command, Transaction
from ledger.services.invariants import check_invariants
from tests.api.load import Attempt, Load
from tests.api.server import WebServer
from tests.clusters import Cluster, new_cluster
from tests.compliance.clients import tokens_of
from tests.wallets.scene import Scene, available, book, make_scene, transfer_body
from walletsite.database import Purpose, database_settings
from walletsite.programs import Program
from walletsite.up.processes import preparation

CENT = Decimal("0.01")
ACKNOWLEDGED = 100
"""Before each kill."""


def prepare_load(server: WebServer) -> tuple[Scene, Load]:
    """Alice and bob pay each other a cent, over and over; frida sends it all."""
    scene, run = make_scene(), uuid4().hex
    book(scene.bobs, "100", key="funds")

    def make(client: int, count: int) -> Attempt:
        pair = (scene.alices, scene.bobs) if client % 2 else (scene.bobs, scene.alices)
        return Attempt(f"{run}-{client}-{count}-{secrets.token_hex(4)}", transfer_body(*pair, str(CENT)))

    return scene, Load(server.port, tokens_of(scene.cast.frida).access, make)


def require_stored(attempts: list[Attempt]) -> None:
    """Each acknowledged transfer is there, as it was acknowledged."""
    told = {json.loads(attempt.answer or b"{}")["txn_id"]: attempt for attempt in attempts}
    stored = {str(row.id): row for row in Transaction.objects.filter(id__in=told)}
    assert stored.keys() == told.keys()
    for id, attempt in told.items():
        row, body = stored[id], attempt.body
        assert (row.state, row.amount) == ("COMPLETED", CENT)
        parties = (str(row.source_wallet_id), str(row.destination_wallet_id))
        assert parties == (body["from_wallet_id"], body["to_wallet_id"])


def require_once(scene: Scene, attempts: list[Attempt]) -> None:
    """Every attempt has happened exactly once, and the ledger is sound."""
    require_stored(attempts)
    keys = [attempt.key for attempt in attempts]
    claimed = Command.objects.filter(scope=f"api:{scene.cast.frida.id}")
    assert sorted(claimed.values_list("key", flat=True)) == sorted(keys)
    alices = sum(attempt.body["from_wallet_id"] == str(scene.alices.id) for attempt in attempts)
    net = CENT * (2 * alices - len(attempts))
    assert (available(scene.alices), available(scene.bobs)) == (100 - net, 100 + net)
    assert [finding for finding in check_invariants() if finding.broken] == []


def test_the_web_server_is_killed(committed_db: None, tmp_path: Path) -> None:
    server = WebServer(tmp_path / "web.log")
    try:
        server.start()
        scene, load = prepare_load(server)
        load.run_until(ACKNOWLEDGED, server.kill)
        require_stored(load.acknowledged())
        server.start()
        load.settle()
        require_once(scene, load.attempts)
    finally:
        server.stop()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with new_cluster(tmp_path / "postgres.log") as cluster:
        yield cluster


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """This process' own connection, pointed elsewhere for a while."""
    settings = connections["default"].settings_dict
    before = dict(settings)
    connections["default"].close()
    settings.update(database_settings(url, Purpose.WORK, pool_size=1))
    try:
        yield
    finally:
        connections["default"].close()
        settings.update(before)


def run(program: Program) -> None:
    subprocess.run(program.argv, check=True, capture_output=True, **program.popen_options())


def test_postgres_is_killed(
    cluster: Cluster, django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    environment = cluster.environment()
    run(preparation({**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "walletsite.settings"})[0])
    server = WebServer(tmp_path / "web.log", environment)
    with django_db_blocker.unblock(), connected_to(environment["DATABASE_URL"]):
        try:
            server.start()
            scene, load = prepare_load(server)
            for _ in range(2):
                load.run_until(ACKNOWLEDGED, cluster.kill)
                cluster.start()
                connections["default"].close()
                require_stored(load.acknowledged())
                load.settle()
            require_once(scene, load.attempts)
        finally:
            server.stop()
