"""Movements that count from an earlier time than they are recorded: who may, where they appear, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from compliance.core.access import SERVICE_SCOPES
from compliance.models import Caller
from ledger.models import Event
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.compliance.factories import ServiceAccountFactory
from tests.wallets.scene import Scene, book, nothing_recorded, problem_of, send, transfer_body
from wallets.models import Wallet

PATH, BATCH = "/v1/transfers", "/v1/transfers/batch"
THEN = datetime(2026, 3, 10, 12, tzinfo=UTC)
WHY = "Counted in March, forgotten until now."


def rfc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def backdated(source: Wallet, destination: Wallet, moment: datetime = THEN, **more: Any) -> dict[str, Any]:
    return transfer_body(source, destination, effective_at=rfc(moment), effective_reason=WHY, **more)


def booking(moment: datetime = THEN, **more: Any) -> dict[str, Any]:
    what = {"type": "DEBIT", "amount": "1", "currency": "EUR", "reference_type": "booking", "reference_id": "b-1"}
    return {**what, "effective_at": rfc(moment), "effective_reason": WHY, **more}


@pytest.fixture
def funded(scene: Scene) -> Scene:
    """alice has had 50.00 more since the 1st of March."""
    book(scene.alices, "50", key="earlier", effective_at=datetime(2026, 3, 1, tzinfo=UTC))
    return scene


def figures(scene: Scene, wallet: Wallet, **at: datetime) -> str:
    query = {name: rfc(moment) for name, moment in at.items()}
    available: str = api_as(scene.cast.frida).get(f"/v1/wallets/{wallet.id}/balance", query).json()["available"]
    return available


def test_it_appears_where_it_counts_and_is_known_since_it_was_recorded(funded: Scene) -> None:
    before = database_now()
    answer = send(api_as(funded.cast.frida), PATH, backdated(funded.alices, funded.bobs))
    assert answer.status_code == 201
    second = timedelta(seconds=1)
    assert figures(funded, funded.alices) == "140.00"
    assert figures(funded, funded.alices, at=THEN - second) == "50.00"
    assert figures(funded, funded.alices, at=THEN) == "40.00"
    assert figures(funded, funded.alices, at=THEN, known_at=before) == "50.00"
    assert figures(funded, funded.bobs, at=THEN) == "10.00"
    query = {"from": "2026-03-05", "to": "2026-03-31"}
    statement = api_as(funded.cast.frida).get(f"/v1/wallets/{funded.alices.id}/statement", query).json()
    (line,) = statement["lines"]
    assert (statement["opening_balance"], statement["closing_balance"]) == ("50.00", "40.00")
    assert (line["txn_id"], line["effective_at"], line["amount"]) == (answer.json()["txn_id"], rfc(THEN), "-10.00")


def test_its_history_tells_why(funded: Scene) -> None:
    frida = api_as(funded.cast.frida)
    txn_id = send(frida, PATH, backdated(funded.alices, funded.bobs)).json()["txn_id"]
    (event,) = frida.get(f"/v1/transactions/{txn_id}/events").json()["data"]
    assert (event["reason"], event["effective_at"]) == (WHY, rfc(THEN))
    assert event["recorded_at"] > event["effective_at"]
    assert Event.objects.get(stream_id=txn_id).data["effective_reason"] == WHY


def test_ordinary_movements_tell_no_reason(scene: Scene) -> None:
    txn_id = send(api_as(scene.cast.frida), PATH, transfer_body(scene.alices, scene.bobs)).json()["txn_id"]
    assert "effective_reason" not in Event.objects.get(stream_id=txn_id).data


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_it_is_finance_who_may(funded: Scene, name: str) -> None:
    client = api_as(getattr(funded.cast, name))
    with nothing_recorded():
        problem_of(send(client, PATH, backdated(funded.alices, funded.charlies)), 403, "auth.forbidden")
        rehearsed = send(client, f"{PATH}?dry_run=true", backdated(funded.alices, funded.charlies))
        problem_of(rehearsed, 403, "auth.forbidden")
        body = {"atomic": False, "transfers": [{"idempotency_key": "r", **backdated(funded.alices, funded.charlies)}]}
        (row,) = client.post(BATCH, body).json()["results"]
        assert (row["status"], row["problem"]["code"]) == ("REFUSED", "auth.forbidden")


def service(scene: Scene, *without: str) -> Caller:
    scopes = sorted(SERVICE_SCOPES - set(without))
    account: Caller = ServiceAccountFactory(company=scene.cast.company, scope_names=scopes)
    return account


def test_services_need_the_scope(funded: Scene) -> None:
    path = f"/v1/wallets/{funded.alices.id}/transactions"
    with nothing_recorded():
        stranger = api_as(service(funded, "ledger:backdate"))
        problem_of(stranger.post(path, booking()), 403, "auth.forbidden")
        problem_of(send(stranger, PATH, backdated(funded.alices, funded.bobs)), 403, "auth.forbidden")
    trusted = api_as(service(funded))
    answer = trusted.post(path, booking())
    assert answer.status_code == 201
    assert Event.objects.get(stream_id=answer.json()["txn_id"]).effective_at == THEN
    assert trusted.post(path, booking()).headers["Idempotent-Replayed"] == "true"
    assert send(trusted, PATH, backdated(funded.alices, funded.bobs)).status_code == 201


def test_nothing_counts_from_the_future(funded: Scene) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    frida = api_as(funded.cast.frida)
    ahead = backdated(funded.alices, funded.bobs, tomorrow)
    with nothing_recorded():
        for path in (PATH, f"{PATH}?dry_run=true"):
            problem = problem_of(send(frida, path, ahead), 400, "request.validation")
            assert [error["pointer"] for error in problem["errors"]] == ["/effective_at"]
    assert send(frida, PATH, backdated(funded.alices, funded.bobs)).status_code == 201, "the key was not used up"


@pytest.mark.parametrize("atomic", [False, True])
def test_a_row_from_the_future_is_named_and_stops_its_batch(funded: Scene, atomic: bool) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    rows = [
        {"idempotency_key": "r0", **backdated(funded.alices, funded.bobs)},
        {"idempotency_key": "r1", **backdated(funded.alices, funded.bobs, tomorrow)},
    ]
    frida = api_as(funded.cast.frida)
    with nothing_recorded():
        answer = frida.post(BATCH, {"atomic": atomic, "transfers": rows})
        problem = problem_of(answer, 400, "request.validation")
        assert [error["pointer"] for error in problem["errors"]] == ["/transfers/1/effective_at"]
    done = frida.post(BATCH, {"atomic": atomic, "transfers": rows[:1]}).json()
    assert [row["status"] for row in done["results"]] == ["COMPLETED"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"effective_reason": ""}, "/effective_reason"),
        ({"effective_reason": "x" * 501}, "/effective_reason"),
        ({"effective_reason": None}, "/effective_reason"),
        ({"effective_at": "2026-03-10"}, "/effective_at"),
        ({"effective_at": "2026-03-10T12:00:00"}, "/effective_at"),
        ({"effective_at": None}, "/effective_at"),
    ],
)
def test_both_are_well_formed(funded: Scene, changes: dict[str, Any], pointer: str) -> None:
    body = {**backdated(funded.alices, funded.bobs), **changes}
    with nothing_recorded():
        problem = problem_of(send(api_as(funded.cast.frida), PATH, body), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_the_money_has_to_be_there_now(scene: Scene) -> None:
    frida = api_as(scene.cast.frida)
    refused = send(frida, PATH, backdated(scene.alices, scene.bobs, amount="100.01"))
    problem = problem_of(refused, 422, "funds.insufficient")
    (event,) = frida.get(f"/v1/transactions/{problem['txn_id']}/events").json()["data"]
    assert (event["state"], event["reason"]) == ("FAILED", "funds.insufficient")
