"""The run log: a row for each run, whatever becomes of the job and of its worker (safety.md 24)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.transaction import atomic

from ledger.ids import new_id
from ledger.models import JobRun
from ledger.selectors.clock import database_now
from ledger.selectors.job_runs import job_runs, last_runs
from ledger.services import job_runs as service
from ledger.services.job_runs import Skipped, Work, WorkFailed, purge_job_runs, run_job
from tests.ledger.connecting import superuser

FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture
def job(committed_db: None) -> str:
    """The name of a job that nobody else has."""
    return f"test.{uuid4().hex}"


def runs(job: str) -> list[JobRun]:
    return list(JobRun.objects.filter(job=job).order_by("started_at"))


def only(job: str) -> JobRun:
    (run,) = runs(job)
    return run


def do(job: str, work: Work, *, delivery_id: UUID | None = None) -> None:
    run_job(job, work, time_limit=FIVE_MINUTES, delivery_id=delivery_id)


def raising(error: BaseException) -> Work:
    def work() -> dict[str, int]:
        raise error

    return work


def old(job: str, days: float, outcome: str = "OK") -> UUID:
    """A run of some days ago."""
    at = database_now() - timedelta(days=days)
    run = JobRun.objects.create(
        id=new_id(), job=job, started_at=at, ends_by=at, finished_at=at, outcome=outcome, error="why"
    )
    return run.id


def test_a_run_that_went_well_says_what_it_did(job: str) -> None:
    do(job, lambda: {"rows": 7})
    run = only(job)
    assert (run.outcome, run.done, run.error) == ("OK", {"rows": 7}, "")
    assert run.duration is not None
    assert timedelta(0) <= run.duration < timedelta(seconds=5)
    assert run.ends_by - run.started_at == FIVE_MINUTES


def test_the_row_is_there_while_the_job_runs_and_everybody_sees_it(job: str) -> None:
    seen: list[Any] = []

    def look() -> dict[str, int]:
        with superuser() as other:
            seen.append(other.execute("SELECT outcome FROM ledger_jobrun WHERE job = %s", [job]).fetchall())
        return {}

    do(job, look)
    assert seen == [[("RUNNING",)]]


def test_a_failure_is_kept_and_raised_again(job: str) -> None:
    with pytest.raises(ZeroDivisionError):
        do(job, raising(ZeroDivisionError("by zero\nDETAIL: somebody's name")))
    assert (only(job).outcome, only(job).error) == ("FAILED", "ZeroDivisionError: by zero")


def test_a_failure_that_undoes_its_own_work_leaves_its_row(job: str) -> None:
    def work() -> dict[str, int]:
        with atomic():
            old(f"{job}.undone", 1)
            raise OperationalError("the database had enough")

    with pytest.raises(OperationalError):
        do(job, work)
    assert only(job).outcome == "FAILED"
    assert runs(f"{job}.undone") == []


def test_a_connection_that_breaks_in_the_job_does_not_lose_the_row(job: str) -> None:
    def work() -> dict[str, int]:
        with superuser() as other, connection.cursor() as cursor:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            cursor.execute("SELECT 1")
        return {}

    with pytest.raises(OperationalError):
        do(job, work)
    assert only(job).outcome == "FAILED"
    assert only(job).error.startswith("OperationalError: ")


def test_without_a_database_at_the_end_the_row_stays_open(job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: Any) -> None:
        raise OperationalError("gone")

    def work() -> dict[str, int]:
        monkeypatch.setattr(service, "atomic", gone)
        return {}

    do(job, work)
    monkeypatch.undo()
    assert only(job).outcome == "RUNNING"


def test_what_was_found_is_told_with_what_was_done(job: str) -> None:
    with pytest.raises(WorkFailed):
        do(job, raising(WorkFailed("I4 is broken", {"broken": 1})))
    assert (only(job).outcome, only(job).done, only(job).error) == ("FAILED", {"broken": 1}, "I4 is broken")


def test_a_skipped_run_says_why_and_is_no_failure(job: str) -> None:
    do(job, raising(Skipped("Somebody else is at it.")))
    assert (only(job).outcome, only(job).error) == ("SKIPPED", "Somebody else is at it.")


def test_a_delivery_that_comes_again_shows_that_the_first_run_was_interrupted(job: str) -> None:
    delivery, other = uuid4(), uuid4()
    for id in (delivery, other):
        with pytest.raises(SystemExit):  # not an Exception: as little as a killed worker does it end the row
            do(job, raising(SystemExit()), delivery_id=id)
    do(job, dict, delivery_id=delivery)
    assert [run.outcome for run in runs(job)] == ["INTERRUPTED", "RUNNING", "OK"]


def test_a_run_whose_time_is_over_is_shown_as_interrupted(job: str) -> None:
    for limit in (FIVE_MINUTES, timedelta(0)):
        with pytest.raises(SystemExit):
            run_job(job, raising(SystemExit()), time_limit=limit, delivery_id=None)
    shown = job_runs().filter(job=job).order_by("started_at").values_list("shown", flat=True)
    assert list(shown) == ["RUNNING", "INTERRUPTED"]
    (last,) = last_runs([job])
    assert (last.outcome, last.succeeded_at, last.seconds_since_success) == ("INTERRUPTED", None, None)


def test_a_job_is_not_logged_inside_of_a_transaction(job: str) -> None:
    with atomic(), pytest.raises(RuntimeError, match="durable"):
        do(job, dict)


def test_the_last_run_and_the_last_success(job: str) -> None:
    do(job, lambda: {"rows": 1})
    with pytest.raises(ZeroDivisionError):
        do(job, raising(ZeroDivisionError("by zero")))
    last, never = last_runs([job, f"{job}.never"])
    assert (last.outcome, last.error, last.done) == ("FAILED", "ZeroDivisionError: by zero", {"rows": 1})
    assert last.succeeded_at == runs(job)[0].started_at
    assert last.seconds_since_success is not None
    assert 0 <= last.seconds_since_success < 5
    assert (never.started_at, never.outcome, never.succeeded_at, never.done) == (None, None, None, None)


def test_old_runs_are_deleted_but_never_the_last_success(job: str) -> None:
    failing = f"{job}.failing"
    old(job, 40)
    old(job, 31)
    kept = {old(job, 29), old(job, 1, "FAILED"), old(failing, 45)}
    old(failing, 50)
    old(failing, 44, "FAILED")
    assert purge_job_runs() == 4
    assert {run.id for run in [*runs(job), *runs(failing)]} == kept
    assert purge_job_runs() == 0


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"outcome": "OK"}, "job_run_finished_has_time"),
        ({"outcome": "RUNNING", "finished_at": "2026-01-01T00:00Z"}, "job_run_finished_has_time"),
        ({"outcome": "FAILED", "finished_at": "2026-01-01T00:00Z"}, "job_run_failure_says_why"),
    ],
)
def test_the_database_refuses_rows_that_say_nothing(job: str, fields: dict[str, Any], constraint: str) -> None:
    now = database_now()
    with pytest.raises(IntegrityError, match=constraint), atomic():
        JobRun.objects.create(job=job, started_at=now, ends_by=now, **fields)


def test_the_log_is_asked_along_its_index(job: str) -> None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM ledger_jobrun WHERE job = %s ORDER BY started_at DESC LIMIT 1", [job])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan Backward using job_run_of_job" in plan
