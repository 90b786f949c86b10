"""GET /v1/balances/changes: the balance after each change, over all wallets (R10, R11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.ids import created_at
from ledger.models import Posting
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, book, problem_of, send, transfer_body

PATH = "/v1/balances/changes"
LONG_AGO = {"from": "2026-01-01"}


def changes(caller: Any, **query: str) -> list[dict[str, Any]]:
    response = api_as(caller).get(PATH, {**LONG_AGO, **query})
    assert response.status_code == 200, response.json()
    rows: list[dict[str, Any]] = response.json()["data"]
    return rows


def shown(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["wallet_id"], row["amount"], row["balance_after"]) for row in rows]


def test_both_sides_of_everything_in_the_order_of_time(scene: Scene) -> None:
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "30"))
    book(scene.bobs, "-5", key="b-1")
    alice, bob = str(scene.alices.id), str(scene.bobs.id)
    expected = [
        (alice, "100.00", "100.00"),
        (alice, "-30.00", "70.00"),
        (bob, "30.00", "30.00"),
        (bob, "-5.00", "25.00"),
    ]
    assert shown(changes(scene.cast.frida)) == expected
    assert shown(changes(scene.cast.frida, order="desc")) == expected[::-1]
    assert shown(changes(scene.cast.bob)) == expected
    assert shown(changes(scene.cast.alice)) == expected[:2]
    assert shown(changes(scene.cast.bob, wallet_id=bob)) == expected[2:]
    assert changes(scene.cast.charlie) == []


def test_a_change_in_full(scene: Scene) -> None:
    (row,) = changes(scene.cast.alice)
    posting = Posting.objects.get(id=row["entry_id"])
    recorded_at = posting.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert row == {
        "entry_id": str(posting.id),
        "event_id": str(posting.event_id),
        "wallet_id": str(scene.alices.id),
        "bucket": "AVAILABLE",
        "currency": "EUR",
        "amount": "100.00",
        "balance_after": "100.00",
        "account_seq": 1,
        "effective_at": recorded_at,
        "recorded_at": recorded_at,
    }


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("of_one", [False, True])
def test_pages_come_one_after_the_other(scene: Scene, order: str, of_one: bool) -> None:
    for number in range(7):
        book(scene.alices, "-1", key=str(number))
    query = {"order": order} | ({"wallet_id": str(scene.alices.id)} if of_one else {})
    everything = changes(scene.cast.frida, **query)
    client, collected = api_as(scene.cast.frida), []
    answer = client.get(PATH, {**LONG_AGO, **query, "limit": "3"}).json()
    while True:
        collected += answer["data"]
        if not answer["page"]["has_more"]:
            break
        answer = client.get(PATH, {"cursor": answer["page"]["next_cursor"], "limit": "3"}).json()
    assert len(everything) == 8
    assert collected == everything


def test_bounds_are_those_of_the_moment_of_asking(scene: Scene) -> None:
    posting = Posting.objects.get(account__owner_id=scene.alices.id)
    asked = created_at(posting.id)
    later = asked + timedelta(milliseconds=1)

    def text(moment: Any) -> str:
        return str(moment.isoformat()).replace("+00:00", "Z")

    assert len(changes(scene.cast.alice, **{"from": text(asked), "to": text(later)})) == 1
    assert changes(scene.cast.alice, **{"from": text(later), "to": text(later + timedelta(days=1))}) == []
    assert changes(scene.cast.alice, **{"from": text(asked - timedelta(days=1)), "to": text(asked)}) == []
    assert abs(database_now() - asked) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ({}, "request.validation", "/from"),
        ({"from": "x"}, "request.validation", "/from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "request.validation", "/to"),
        ({"from": "2026-01-01", "wallet_id": "7"}, "request.validation", "/wallet_id"),
        ({"from": "2026-01-01", "step": "day"}, "request.validation", "/step"),
        ({"from": "2026-01-01", "limit": "201"}, "pagination.invalid", "/limit"),
        ({"from": "2026-01-01", "cursor": "x"}, "pagination.invalid", "/cursor"),
    ],
)
def test_wrong_questions(scene: Scene, query: dict[str, str], code: str, pointer: str) -> None:
    response = api_as(scene.cast.alice).get(PATH, query)
    assert problem_of(response, 400, code)["errors"][0]["pointer"] == pointer


def test_somebody_elses_wallet_is_not_there(scene: Scene) -> None:
    response = api_as(scene.cast.alice).get(PATH, {**LONG_AGO, "wallet_id": str(scene.charlies.id)})
    problem_of(response, 404, "not_found")
