"""What may lag is read from a replica that keeps up; all else, and everything without one, from the primary (R93)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import InternalError, connections
from pytest_django import DjangoDbBlocker

from ledger.selectors import replicas
from tests.clusters import Cluster, new_cluster, new_replica
from tests.compliance.clients import api_as
from tests.ledger.connecting import connected_with
from tests.wallets.scene import Scene, make_scene, send, transfer_body
from wallets.api import reports
from walletsite.database import Purpose, database_settings, databases
from walletsite.up.processes import preparation

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Pair:
    scene: Scene
    replica: Cluster

    def catch_up(self, *, superuser: psycopg.Connection) -> None:
        """Return when the replica has what the primary had."""
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn()")
            (place,) = cursor.fetchone()
        while superuser.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [place]).fetchone() != (True,):
            time.sleep(0.01)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The replica takes nothing in meanwhile; afterwards it has caught up."""
        with psycopg.connect(self.replica.server.url(database="wallet"), autocommit=True) as superuser:
            self.catch_up(superuser=superuser)
            superuser.execute("SELECT pg_wal_replay_pause()")
            try:
                yield
            finally:
                superuser.execute("SELECT pg_wal_replay_resume()")
                self.catch_up(superuser=superuser)


@contextmanager
def reading_from(url: str) -> Iterator[None]:
    """As if REPLICA_DATABASE_URL were set."""
    found = {**connections.settings["default"], **database_settings(url, Purpose.WORK, pool_size=1)}
    connections.settings["replica"] = found
    try:
        yield
    finally:
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]


@pytest.fixture(scope="module")
def pair(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    logs = tmp_path_factory.mktemp("replica")
    with new_cluster(logs / "primary.log") as primary:
        environment = primary.environment()
        program = preparation({**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "walletsite.settings"})[0]
        subprocess.run(program.argv, check=True, capture_output=True, **program.popen_options())
        with (
            new_replica(primary, logs / "replica.log") as replica,
            django_db_blocker.unblock(),
            connected_with(database_settings(environment["DATABASE_URL"], Purpose.WORK, pool_size=1)),
            reading_from(url_of(replica, environment)),
        ):
            yield Pair(make_scene(), replica)


def url_of(replica: Cluster, environment: dict[str, str]) -> str:
    url = environment["DATABASE_URL"]
    return url.replace(path_in(url), path_in(replica.server.url()))


def path_in(url: str) -> str:
    return url.partition("host=")[2]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "_replica", replicas._Replica())


def pay(scene: Scene, key: str) -> None:
    assert (
        send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs), key=key).status_code
        == 201
    )


def shown(scene: Scene) -> tuple[int, str]:
    """How many payments the history shows, and the balance."""
    alice, wallet = api_as(scene.cast.alice), f"/v1/wallets/{scene.alices.id}"
    history: Any = alice.get(f"{wallet}/transactions?type=TRANSFER_OUT").json()
    assert history["pagination"]["total"] == len(history["transactions"])
    return len(history["transactions"]), alice.get(f"{wallet}/balance").json()["available"]


def test_a_history_may_lag_and_a_balance_may_not(pair: Pair) -> None:
    before, _ = shown(pair.scene)
    with pair.paused():
        pay(pair.scene, "paused")
        assert shown(pair.scene) == (before, "90.00")
    assert shown(pair.scene) == (before + 1, "90.00")


def test_a_report_of_the_whole_company_may_lag_and_one_of_a_part_may_not(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sees a part has it said by the primary which part that is."""
    asked: list[str] = []

    def noted(read: Callable[[], Any]) -> Any:
        asked.append("replica")
        return replicas.may_lag(read)

    monkeypatch.setattr(reports, "may_lag", noted)
    for name, wanted in (("bob", []), ("frida", ["replica"])):
        assert api_as(getattr(pair.scene.cast, name)).get("/v1/reports/transactions").status_code == 200
        assert asked == wanted


def test_one_that_is_behind_is_not_asked(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = shown(pair.scene)
    monkeypatch.setattr(replicas, "_KEEPS_UP", "SELECT false")
    monkeypatch.setattr(replicas, "_replica", replicas._Replica())
    with pair.paused():
        pay(pair.scene, "behind")
        assert shown(pair.scene)[0] == before + 1


def test_one_that_is_gone_costs_an_answer_nothing(pair: Pair) -> None:
    before, _ = shown(pair.scene)
    pair.replica.kill()
    try:
        pay(pair.scene, "gone")
        assert shown(pair.scene)[0] == before + 1
        assert replicas._replica.is_welcome() is False
    finally:
        pair.replica.start()
    replicas._replica = replicas._Replica()
    assert shown(pair.scene)[0] == before + 1
    assert replicas._replica.is_welcome() is True


def test_nothing_is_written_by_way_of_it(pair: Pair) -> None:
    with connections["replica"].cursor() as cursor, pytest.raises(InternalError, match="read-only"):
        cursor.execute("DELETE FROM compliance_loginfailure")


def test_only_web_processes_read_from_one() -> None:
    urls = "postgresql:///wallet", "postgresql:///other"
    assert set(databases(*urls, Purpose.WEB, pool_size=1)) == {"default", "replica"}
    assert set(databases(*urls, Purpose.WORK, pool_size=1)) == {"default"}
    assert set(databases(urls[0], "", Purpose.WEB, pool_size=1)) == {"default"}
    assert (
        "default_transaction_read_only=on"
        in databases(*urls, Purpose.WEB, pool_size=1)["replica"]["OPTIONS"]["options"]
    )
