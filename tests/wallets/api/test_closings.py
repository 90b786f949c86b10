"""/v1/closings: nothing counts from a closed period any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Closing
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.api.test_backdating import backdated, booking, rfc
from tests.wallets.scene import Scene, nothing_moved, nothing_recorded, problem_of, send, transfer_body

PATH = "/v1/closings"
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def close(scene: Scene, until: datetime = APRIL, reason: str = "March is audited.") -> Any:
    return api_as(scene.cast.frida).post(PATH, {"closed_until": rfc(until), "reason": reason})


def test_it_is_answered_as_documented(scene: Scene) -> None:
    answer = close(scene)
    row = Closing.objects.get(company_id=scene.cast.company.id)
    assert answer.status_code == 201
    assert answer.json() == {
        "closing_id": str(row.id),
        "closed_until": "2026-04-01T00:00:00.000000Z",
        "reason": "March is audited.",
        "actor_id": str(scene.cast.frida.id),
        "created_at": rfc(row.created_at),
    }
    assert (row.actor_type, row.actor_id) == ("FINANCE", scene.cast.frida.id)
    for name in ("frida", "conny", "audrey"):
        assert api_as(getattr(scene.cast, name)).get(PATH).json()["data"] == [answer.json()]


def test_it_only_goes_forwards(scene: Scene) -> None:
    first = close(scene)
    again = close(scene, reason="Asked twice.")
    assert (again.status_code, again.json()) == (200, first.json())
    problem = problem_of(close(scene, APRIL - MICROSECOND), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == ["/closed_until"]
    assert close(scene, APRIL + MICROSECOND).status_code == 201
    assert Closing.objects.filter(company_id=scene.cast.company.id).count() == 2


def test_it_ends_before_now(scene: Scene) -> None:
    problem = problem_of(close(scene, database_now() + timedelta(minutes=1)), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == ["/closed_until"]
    assert not Closing.objects.filter(company_id=scene.cast.company.id).exists()


@pytest.mark.parametrize("body", [{}, {"closed_until": rfc(APRIL)}, {"closed_until": rfc(APRIL), "reason": ""}])
def test_it_needs_a_moment_and_a_reason(scene: Scene, body: dict[str, str]) -> None:
    problem_of(api_as(scene.cast.frida).post(PATH, body), 400, "request.validation")
    assert not Closing.objects.filter(company_id=scene.cast.company.id).exists()


def test_nothing_counts_from_before_it(scene: Scene) -> None:
    close(scene)
    frida, path = api_as(scene.cast.frida), "/v1/transfers"
    before = backdated(scene.alices, scene.bobs, APRIL - MICROSECOND)
    with nothing_recorded():
        for query in ("", "?dry_run=true"):
            problem = problem_of(send(frida, path + query, before), 400, "request.validation")
            assert [error["pointer"] for error in problem["errors"]] == ["/effective_at"]
            assert "2026-04-01T00:00:00.000000Z" in problem["detail"]
    assert send(frida, path, backdated(scene.alices, scene.bobs, APRIL), key="key-2").status_code == 201


def test_nor_in_a_batch_or_by_a_booking(scene: Scene) -> None:
    close(scene)
    rows = [
        {"idempotency_key": "r0", **backdated(scene.alices, scene.bobs, APRIL)},
        {"idempotency_key": "r1", **backdated(scene.alices, scene.bobs, APRIL - MICROSECOND)},
    ]
    with nothing_recorded():
        for atomic in (False, True):
            body = {"atomic": atomic, "transfers": rows}
            problem = problem_of(api_as(scene.cast.frida).post("/v1/transfers/batch", body), 400, "request.validation")
            assert [error["pointer"] for error in problem["errors"]] == ["/transfers/1/effective_at"]
    with nothing_moved():  # the first booking of a company opens its clearing account
        answer = api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.alices.id}/transactions", booking())
        assert problem_of(answer, 400, "request.validation")["errors"][0]["pointer"] == "/effective_at"


def test_an_answer_from_before_the_closing_stays(scene: Scene) -> None:
    frida, march = api_as(scene.cast.frida), backdated(scene.alices, scene.bobs, APRIL - MICROSECOND)
    first = send(frida, "/v1/transfers", march)
    close(scene)
    second = send(frida, "/v1/transfers", march)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotent-Replayed"] == "true"


def test_other_companies_are_not_concerned(scene: Scene) -> None:
    close(scene)
    other = make_cast()
    assert api_as(other.frida).get(PATH).json()["data"] == []
    earlier = {"closed_until": rfc(APRIL - MICROSECOND), "reason": "Ours."}
    assert api_as(other.frida).post(PATH, earlier).status_code == 201


def test_ordinary_movements_do_not_ask(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    with CaptureQueriesContext(connection) as ordinary:
        assert send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs)).status_code == 201
    assert not [query["sql"] for query in ordinary if "closing" in query["sql"]]
    with CaptureQueriesContext(connection) as earlier:
        body = backdated(scene.alices, scene.bobs)
        assert send(api_as(scene.cast.frida), "/v1/transfers", body, key="2").status_code == 201
    assert len([query["sql"] for query in earlier if "closing" in query["sql"]]) == 2


def test_many_are_paged(scene: Scene) -> None:
    for day in range(3):
        close(scene, APRIL + timedelta(days=day))
    frida = api_as(scene.cast.frida)
    first = frida.get(f"{PATH}?limit=2&order=desc").json()
    rest = frida.get(PATH, {"cursor": first["page"]["next_cursor"], "limit": "2", "order": "desc"}).json()
    days = [row["closed_until"][8:10] for row in [*first["data"], *rest["data"]]]
    assert days == ["03", "02", "01"]
