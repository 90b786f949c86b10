"""A real worker with a real broker: kill -9 in the middle of a task, and a warm stop (safety.md 24).

On Valkey a worker that is killed as a whole is followed by another run only after `visibility_timeout`, ten minutes:
that is not waited for here.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from kombu import Connection

from ledger.models import JobRun, OutboxMessage, SealedLeaf
from ledger.selectors.clock import database_now
from ledger.services.seal_verification import verify_seals
from tests.ledger.books import Books, post
from tests.ledger.connecting import superuser
from tests.ledger.sealing import wait_for_horizon
from tests.ledger.sessions import wait_until
from tests.rabbit import Node
from walletsite.celery import app
from walletsite.up.processes import background_programs

JOB = "ledger.seal"
_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'wallet-work'
"""


class Worker:
    """`make up`'s worker on the test's database, with a broker of the test's choice."""

    def __init__(self, log: Path, broker_url: str) -> None:
        environment = {"DJANGO_SETTINGS_MODULE": "walletsite.settings", "PROFILE": "test", "BROKER_URL": broker_url}
        (program,) = (p for p in background_programs({**os.environ, **environment}) if p.name == "worker")
        self.broker_url = broker_url
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            program.argv, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, **program.popen_options()
        )

    def children(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def kill_children(self) -> None:
        """kill -9: they can tell nobody."""
        for child in self.children():
            child.kill()

    def end(self) -> None:
        if self.process.poll() is None:
            for process in [*self.children(), self.process]:
                process.kill()
            self.process.wait()
        self._log.close()


@pytest.fixture(params=["Valkey", "RabbitMQ"])
def broker_url(request: pytest.FixtureRequest) -> str:
    if request.param == "Valkey":
        return str(settings.BROKER_URL)
    node: Node = request.getfixturevalue("rabbitmq")
    return node.url


@pytest.fixture
def worker(committed_db: None, broker_url: str, tmp_path: Path) -> Iterator[Worker]:
    with running(broker_url, tmp_path) as worker:
        yield worker


@contextmanager
def running(broker_url: str, folder: Path) -> Iterator[Worker]:
    """A worker for the block, on a queue that is empty before and afterwards."""
    app.loader.import_default_modules()
    purge(broker_url)
    worker = Worker(folder / "worker.log", broker_url)
    try:
        yield worker
    finally:
        worker.end()
        purge(broker_url)


def connected(broker_url: str) -> Connection:
    """As a process connects whose BROKER_URL this is."""
    options = {"confirm_publish": True} if broker_url.startswith("amqp") else {}
    return Connection(broker_url, connect_timeout=5, transport_options=options)


def send(broker_url: str) -> None:
    with connected(broker_url) as broker:
        app.send_task(JOB, connection=broker)


def purge(broker_url: str) -> int:
    """Empty the queue. Returns how many tasks waited."""
    with connected(broker_url) as broker:
        return int(app.control.purge(connection=broker))


@contextmanager
def sealing_held_up() -> Iterator[None]:
    """Inside, who seals waits; when it begins, nobody does."""
    with superuser() as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_seal'))")
        yield


def wait_for_sealer() -> None:
    with superuser() as other:

        def waits() -> bool:
            row = other.execute(_WAITING).fetchone()
            return row is not None and row[0] == 1

        wait_until(waits)


def to_seal() -> Any:
    """The leaves of three events that have settled."""
    books = Books().open()
    post(books.payment(books.wallet("100"), "30"))
    wait_for_horizon()
    messages = OutboxMessage.objects.order_by("-id")[:3]
    return SealedLeaf.objects.filter(event_id__in=[message.event_id for message in messages])


def runs_since(moment: Any) -> list[JobRun]:
    return list(JobRun.objects.filter(job=JOB, started_at__gte=moment).order_by("started_at"))


def test_a_killed_child_is_followed_by_another_run_with_one_effect(worker: Worker) -> None:
    leaves, since = to_seal(), database_now()
    with sealing_held_up():
        send(worker.broker_url)
        wait_for_sealer()
        worker.kill_children()
    wait_until(lambda: [run.outcome for run in runs_since(since)] == ["INTERRUPTED", "OK"])
    first, second = runs_since(since)
    assert first.delivery_id == second.delivery_id
    assert second.done["events"] >= 3
    assert leaves.count() == 3
    assert verify_seals().finding is None


def test_a_warm_stop_finishes_what_runs(worker: Worker) -> None:
    leaves, since = to_seal(), database_now()
    with sealing_held_up():
        send(worker.broker_url)
        wait_for_sealer()
        worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(20) == 0
    assert [run.outcome for run in runs_since(since)] == ["OK"]
    assert leaves.count() == 3
    assert purge(worker.broker_url) == 0, "nothing is left to be done again"


def test_a_killed_worker_is_followed_by_another_with_one_effect(
    committed_db: None, rabbitmq: Node, tmp_path: Path
) -> None:
    """Nothing of the first one is left that could give the task back: RabbitMQ sees the connection end."""
    with running(rabbitmq.url, tmp_path) as first:
        leaves, since = to_seal(), database_now()
        with sealing_held_up():
            send(rabbitmq.url)
            wait_for_sealer()
            first.end()
        second = Worker(tmp_path / "second.log", rabbitmq.url)
        try:
            wait_until(lambda: "OK" in [run.outcome for run in runs_since(since)])
        finally:
            second.end()
    assert len({run.delivery_id for run in runs_since(since)}) == 1
    assert leaves.count() == 3
    assert verify_seals().finding is None


def test_a_task_outlives_its_broker(rabbitmq: Node) -> None:
    """It is confirmed when it is on the disk."""
    purge(rabbitmq.url)
    send(rabbitmq.url)
    rabbitmq.kill()
    rabbitmq.start()
    assert purge(rabbitmq.url) == 1


def test_who_keeps_a_connection_goes_on_after_the_broker_was_away(rabbitmq: Node) -> None:
    """As beat does."""
    purge(rabbitmq.url)
    with connected(rabbitmq.url) as broker:
        producer = app.amqp.Producer(broker, auto_declare=False)
        app.send_task(JOB, producer=producer)
        rabbitmq.kill()
        rabbitmq.start()
        app.send_task(JOB, producer=producer)
    assert purge(rabbitmq.url) == 2
