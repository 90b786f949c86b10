"""The regular jobs at the desk: what ran, what it did, what went wrong, and what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.models import JobRun
from ledger.selectors.clock import database_now
from ledger.selectors.job_runs import LastRun
from tests.wallets.admin.staff import at_desk, page
from tests.wallets.scene import Scene
from walletsite.schedule import GRACE, is_late, scheduled_jobs

LIST = "/admin/ledger/jobrun/"


def ran(job: str, outcome: str = "OK", *, ago: timedelta = timedelta(0), **more: Any) -> JobRun:
    at = database_now() - ago
    ended = {} if outcome == "RUNNING" else {"finished_at": at + timedelta(milliseconds=1500)}
    return JobRun.objects.create(job=job, started_at=at, ends_by=at, outcome=outcome, **ended, **more)


def shown(scene: Scene, query: str = "") -> list[JobRun]:
    response: Any = at_desk(scene.cast.frida).get(LIST + query)
    return list(response.context["cl"].result_list)


def test_a_run_can_be_read(scene: Scene) -> None:
    run = ran("ledger.seal", "FAILED", done={"seals": 2, "events": 7}, error="OSError: disk full")
    for path in (LIST, f"{LIST}{run.id}/change/"):
        text = page(at_desk(scene.cast.audrey), path)
        for part in ("ledger.seal", "FAILED", "1.500 s", "OSError: disk full"):
            assert part in text
    assert "2 seals, 7 events" in page(at_desk(scene.cast.audrey), LIST)


def test_a_run_that_nobody_ended_is_shown_as_interrupted(scene: Scene) -> None:
    run = ran("ledger.seal", "RUNNING", ago=timedelta(minutes=5))
    assert "INTERRUPTED" in page(at_desk(scene.cast.frida), f"{LIST}{run.id}/change/")
    assert shown(scene, "?outcome=INTERRUPTED") == [run]
    assert shown(scene, "?outcome=RUNNING") == []


def test_it_is_filtered_by_job_and_outcome(scene: Scene) -> None:
    seal, failed, fold = ran("ledger.seal"), ran("ledger.seal", "FAILED", error="no"), ran("ledger.fold")
    assert {run.id for run in shown(scene)} >= {seal.id, failed.id, fold.id}
    assert shown(scene, "?job=ledger.fold") == [fold]
    assert shown(scene, "?job=ledger.seal&outcome=FAILED") == [failed]
    assert shown(scene, f"?q={fold.id}") == [fold]


@pytest.mark.usefixtures("db")
def test_what_has_not_been_due_yet_is_not_late() -> None:
    """A fresh installation: one job has run, the others have not had their first turn."""
    never = LastRun("ledger.ensure_partitions", None, None, "", None, None, None, database_now() - timedelta(minutes=5))
    assert not is_late(never)
    assert is_late(replace(never, watched_since=database_now() - timedelta(hours=6) - 2 * GRACE))
    assert is_late(replace(never, watched_since=None)), "nobody looks at the schedule at all"


def tile(scene: Scene) -> tuple[str, str, str]:
    response: Any = at_desk(scene.cast.frida).get("/admin/")
    (found,) = (tile for tile in response.context["tiles"] if tile.title == "Regular jobs")
    return found.value, found.meaning, found.tone


def test_the_home_page_names_what_is_late(scene: Scene) -> None:
    jobs = scheduled_jobs()
    for job in jobs:
        ran(job)
    assert tile(scene) == ("on time", f"all {len(jobs)} of them", "good")
    JobRun.objects.filter(job="ledger.seal").delete()
    ran("ledger.seal", ago=timedelta(minutes=4, seconds=30))
    ran("ledger.seal", "FAILED", error="OSError: disk full")
    assert tile(scene) == ("1 late", "ledger.seal", "bad")
    text = page(at_desk(scene.cast.frida), "/admin/")
    assert "4 min ago, late" in text
    assert "OSError: disk full" in text
    assert "Last run of each job" not in page(at_desk(scene.cast.bob), "/admin/")


def test_what_never_ran_is_late(scene: Scene) -> None:
    JobRun.objects.all().delete()
    assert tile(scene)[0] == f"{len(scheduled_jobs())} late"
    assert "never, late" in page(at_desk(scene.cast.frida), "/admin/")


@pytest.mark.parametrize(
    ("job", "ago", "late"),
    [
        ("ledger.seal", timedelta(seconds=0), False),
        ("ledger.seal", timedelta(minutes=1) + GRACE - timedelta(seconds=5), False),
        ("ledger.seal", timedelta(minutes=1) + GRACE + timedelta(seconds=5), True),
        ("ledger.ensure_partitions", timedelta(hours=6), False),
        ("ledger.ensure_partitions", timedelta(hours=7), True),
        ("ledger.verify_ledger", timedelta(hours=49), True),
    ],
)
def test_when_a_job_is_late(job: str, ago: timedelta, late: bool) -> None:
    at = datetime.now(UTC) - ago
    assert is_late(LastRun(job, at, "OK", "", at, ago.total_seconds(), {})) is late
