"""GET /v1/balances/history: series whose every point is what ?at= says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, book, give_wallet, problem_of
from wallets.models import Wallet

PATH = "/v1/balances/history"
MARCH = datetime(2024, 3, 10, 12, tzinfo=UTC)


def series(scene: Scene, **query: str) -> dict[str, Any]:
    response = api_as(scene.cast.frida).get(PATH, query)
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def available(answer: dict[str, Any], currency: str = "EUR") -> list[tuple[str, str]]:
    (found,) = [row for row in answer["series"] if row["currency"] == currency]
    return [(point["at"][:16], point["available"]) for point in found["points"]]


def march(wallet: Wallet) -> None:
    """Bookings around three midnights."""
    for key, amount, at in (
        ("1", "10", MARCH),
        ("2", "1", datetime(2024, 3, 11, tzinfo=UTC)),
        ("3", "2", datetime(2024, 3, 11, 0, 0, 0, 1, tzinfo=UTC)),
        ("4", "-5", datetime(2024, 3, 12, 23, 59, tzinfo=UTC)),
    ):
        book(wallet, amount, key=key, effective_at=at)


def test_days_of_one_wallet(scene: Scene) -> None:
    march(scene.bobs)
    answer = series(scene, wallet_id=str(scene.bobs.id), to="2024-03-12", **{"from": "2024-03-10"})
    assert (answer["from"], answer["to"]) == ("2024-03-10T00:00:00.000000Z", "2024-03-13T00:00:00.000000Z")
    assert answer["step"] == "day"
    assert available(answer) == [
        ("2024-03-10T00:00", "0.00"),
        ("2024-03-11T00:00", "11.00"),
        ("2024-03-12T00:00", "13.00"),
        ("2024-03-13T00:00", "8.00"),
    ]


@pytest.mark.parametrize("step", ["hour", "day", "week", "month"])
def test_every_point_is_what_the_balance_was_then(scene: Scene, step: str) -> None:
    march(scene.bobs)
    book(scene.bobs, "3", key="today")
    start = (database_now() - timedelta(days=20)) if step == "hour" else MARCH
    query = {"wallet_id": str(scene.bobs.id), "step": step, "from": start.isoformat().replace("+00:00", "Z")}
    if step == "day":
        query["to"] = "2024-04-20"
    points = series(scene, **query)["series"][0]["points"]
    client = api_as(scene.cast.frida)
    for point in [*points[:3], *points[-3:]]:
        shown = client.get(f"/v1/wallets/{scene.bobs.id}/balance", {"at": point["at"]}).json()
        assert {name: shown[name] for name in ("available", "pending", "reserved")} == {
            name: point[name] for name in ("available", "pending", "reserved")
        }


def test_all_visible_wallets_are_added_up_per_currency(scene: Scene) -> None:
    march(scene.bobs)
    book(scene.alices, "100", key="a", effective_at=MARCH)
    book(scene.charlies, "1000", key="c", effective_at=MARCH)
    dollars = give_wallet(scene.cast.alice, currency="USD", type="SAVINGS")
    book(dollars, "7", key="d", effective_at=MARCH)
    query = {"from": "2024-03-10", "to": "2024-03-10"}
    answer = series(scene, **query)
    assert available(answer) == [("2024-03-10T00:00", "0.00"), ("2024-03-11T00:00", "1111.00")]
    assert available(answer, "USD")[-1] == ("2024-03-11T00:00", "7.00")
    team = api_as(scene.cast.bob).get(PATH, query).json()
    assert available(team)[-1] == ("2024-03-11T00:00", "111.00")
    own = api_as(scene.cast.charlie).get(PATH, query).json()
    assert available(own)[-1] == ("2024-03-11T00:00", "1000.00")


def test_days_and_weeks_are_those_of_the_company(scene: Scene) -> None:
    company = scene.cast.company
    company.timezone, company.week_start = "Europe/Berlin", 7
    company.save()
    days = series(scene, to="2024-03-31", **{"from": "2024-03-30"})
    assert [at for at, _ in available(days)] == ["2024-03-29T23:00", "2024-03-30T23:00", "2024-03-31T22:00"]
    weeks = series(scene, step="week", to="2024-03-20", **{"from": "2024-03-06"})
    assert [at for at, _ in available(weeks)] == [
        "2024-03-05T23:00",
        "2024-03-09T23:00",
        "2024-03-16T23:00",
        "2024-03-20T23:00",
    ]
    months = series(scene, step="month", to="2024-03-20", **{"from": "2024-01-31"})
    assert [at for at, _ in available(months)] == [
        "2024-01-30T23:00",
        "2024-01-31T23:00",
        "2024-02-29T23:00",
        "2024-03-20T23:00",
    ]


def test_it_ends_now_at_the_latest(scene: Scene) -> None:
    answer = series(scene, to="2100-01-01", step="month", **{"from": "2026-01-01"})
    end = datetime.fromisoformat(answer["to"])
    assert abs(database_now() - end) < timedelta(minutes=1)
    assert available(answer)[-1] == (answer["to"][:16], "100.00")
    future = series(scene, to="2100-01-31", **{"from": "2100-01-01"})
    assert available(future) == [("2100-01-01T00:00", "100.00")]


def test_no_more_than_a_thousand_points(scene: Scene) -> None:
    thousand = {"from": "2020-01-01T00:00:00Z", "step": "hour"}
    answer = series(scene, to="2020-02-11T15:00:00Z", **thousand)
    assert len(available(answer)) == 1000
    response = api_as(scene.cast.frida).get(PATH, {**thousand, "to": "2020-02-11T16:00:00Z"})
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == "/step"


def test_who_has_no_wallet_sees_no_series(scene: Scene) -> None:
    response = api_as(scene.cast.alice).get(PATH, {"from": "2024-01-01", "step": "month"})
    assert [row["currency"] for row in response.json()["series"]] == ["EUR"]
    stranger = api_as(scene.cast.bookings)
    assert stranger.get(PATH, {"from": "2024-01-01", "step": "month"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "/from"),
        ({"from": "x"}, "/from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "/to"),
        ({"from": "2026-01-01", "step": "year"}, "/step"),
        ({"from": "2026-01-01", "wallet_id": "x"}, "/wallet_id"),
        ({"from": "2026-01-01", "at": "2026-01-01"}, "/at"),
    ],
)
def test_wrong_questions(scene: Scene, query: dict[str, str], pointer: str) -> None:
    response = api_as(scene.cast.alice).get(PATH, query)
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == pointer


def test_somebody_elses_wallet_is_not_there(scene: Scene) -> None:
    response = api_as(scene.cast.alice).get(PATH, {"from": "2026-01-01", "wallet_id": str(scene.charlies.id)})
    problem_of(response, 404, "not_found")
