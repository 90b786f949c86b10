"""/v1/reservations: holding money, and seeing what is held."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.held import hold
from tests.wallets.holds import PATH, figures, hold_body, let_expire, reserve, step
from tests.wallets.scene import (
    Scene,
    give_wallet,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    set_status,
)
from wallets.api.wallet_locks import HEADER


def seconds_between(hold: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(hold[name]) for name in ("created_at", "expires_at"))
    return (end - start).total_seconds()


def test_it_is_answered_as_documented(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, "30", purpose="Hotel deposit", reference_id="stay-1")
    assert hold == {
        "reservation_id": hold["reservation_id"],
        "wallet_id": str(scene.alices.id),
        "amount": "30.00",
        "currency": "EUR",
        "captured_amount": "0.00",
        "released_amount": "0.00",
        "status": "ACTIVE",
        "expires_at": hold["expires_at"],
        "purpose": "Hotel deposit",
        "reference_id": "stay-1",
        "txn_id": hold["txn_id"],
        "created_at": hold["created_at"],
    }
    assert seconds_between(hold) == 1800
    assert figures(scene.alices) == (70, 30, 0)
    shown = api_as(scene.cast.alice).get(f"{PATH}/{hold['reservation_id']}")
    assert (shown.status_code, shown.json()) == (200, hold)


def test_its_document(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, "30", purpose="Deposit", reference_id="stay-1", metadata={"n": 1})
    document = api_as(scene.cast.alice).get(f"/v1/transactions/{hold['txn_id']}").json()
    expected = {
        "type": "PAYMENT",
        "state": "BALANCE_RESERVED",
        "status": "PENDING",
        "amount": "30.00",
        "source_wallet_id": str(scene.alices.id),
        "destination_wallet_id": None,
        "reference_type": "reservation",
        "reference_id": "stay-1",
        "description": "Deposit",
        "metadata": {"n": 1},
        "completed_at": None,
        "version": 1,
    }
    assert {name: document[name] for name in expected} == expected
    (line,) = (
        api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}/transactions?type=DEBIT").json()["transactions"]
    )
    assert (line["status"], line["amount"], line["balance_after"]) == ("PENDING", "30.00", "70.00")


def test_what_is_held_cannot_be_spent_or_held_again(scene: Scene) -> None:
    reserve(scene.cast.alice, scene.alices, "80")
    with nothing_moved():
        again = send(api_as(scene.cast.alice), PATH, hold_body(scene.alices, "20.01"), key="again")
    problem = problem_of(again, 422, "funds.insufficient")
    assert problem["gates"] == [
        {
            "gate": "funds",
            "id": str(scene.alices.id),
            "required": "20.01",
            "available": "20.00",
            "shortfall": "0.01",
            "name": None,
            "resets_at": None,
        }
    ]
    document = api_as(scene.cast.alice).get(f"/v1/transactions/{problem['txn_id']}").json()
    assert (document["status"], document["type"]) == ("FAILED", "PAYMENT")


@pytest.mark.parametrize("seconds", [1, 2_592_000])
def test_how_long_it_may_stand(scene: Scene, seconds: int) -> None:
    assert seconds_between(reserve(scene.cast.alice, scene.alices, expires_in=seconds)) == seconds


@pytest.mark.parametrize("seconds", [0, -1, 2_592_001, "60", 1.5, True, None])
def test_how_long_it_may_not_stand(scene: Scene, seconds: Any) -> None:
    with nothing_recorded():
        response = send(api_as(scene.cast.alice), PATH, hold_body(scene.alices, expires_in=seconds))
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == "/expires_in"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": "0"}, "money.invalid"),
        ({"amount": "-1"}, "money.invalid"),
        ({"amount": 5}, "money.invalid"),
        ({"amount": "0.00000000001"}, "money.scale_exceeded"),
        ({"currency": "DOGE"}, "currency.unsupported"),
        ({"wallet_id": "mine"}, "request.validation"),
        ({"purpose": "x" * 201}, "request.validation"),
        ({"reference_id": "x" * 101}, "request.validation"),
        ({"surprise": 1}, "request.validation"),
    ],
)
def test_what_cannot_be_meant(scene: Scene, more: dict[str, Any], code: str) -> None:
    with nothing_recorded():
        problem_of(send(api_as(scene.cast.alice), PATH, hold_body(scene.alices) | more), 400, code)


def test_it_needs_a_key_and_is_replayed_byte_for_byte(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), hold_body(scene.alices)
    problem_of(send(client, PATH, body, key=None), 400, "idempotency.key_missing")
    first = send(client, PATH, body)
    with nothing_recorded():
        again = send(client, PATH, body)
        problem_of(send(client, PATH, hold_body(scene.alices, "31")), 422, "idempotency.key_reused")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_refusal_is_kept(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), hold_body(scene.alices, "101")
    first = send(client, PATH, body)
    problem_of(first, 422, "funds.insufficient")
    give_more = reserve(scene.cast.alice, scene.alices, "1", key="other")
    step(client, give_more, "release")
    with nothing_recorded():
        assert send(client, PATH, body).content == first.content


def test_a_rehearsal_changes_nothing(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), hold_body(scene.alices, destination_wallet_id=str(scene.charlies.id))
    with nothing_recorded():
        would = send(client, f"{PATH}?dry_run=true", body, key=None).json()
        would_not = send(client, f"{PATH}?dry_run=true", hold_body(scene.alices, "101"), key=None).json()
    assert would["would_apply"] is True
    effects = {(effect["bucket"], effect["before"], effect["after"]) for effect in would["effects"]}
    assert effects == {("AVAILABLE", "100.00", "70.00"), ("RESERVED", "0.00", "30.00")}
    assert {effect["wallet_id"] for effect in would["effects"]} == {str(scene.alices.id)}
    assert (would_not["would_apply"], would_not["effects"]) == (False, [])
    assert would_not["refusals"][0]["code"] == "funds.insufficient"


def test_the_receiver_expects_the_money_and_does_not_see_the_payers(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, "30", destination_wallet_id=str(scene.charlies.id))
    assert (figures(scene.alices), figures(scene.charlies)) == ((70, 30, 0), (0, 0, 30))
    charlie = api_as(scene.cast.charlie)
    assert charlie.get(f"/v1/wallets/{scene.charlies.id}/balance").json()["pending"] == "30.00"
    document = charlie.get(f"/v1/transactions/{hold['txn_id']}").json()
    assert (document["amount"], document["status"]) == ("30.00", "PENDING")
    problem_of(charlie.get(f"{PATH}/{hold['reservation_id']}"), 404, "not_found")
    assert charlie.get(PATH).json()["data"] == []
    entries = charlie.get(f"/v1/transactions/{hold['txn_id']}/entries").json()["data"]
    told = {entry["wallet_id"]: entry["balance_after"] for entry in entries if entry["wallet_id"]}
    assert told == {str(scene.alices.id): None, str(scene.charlies.id): "30.00"}


def test_the_destination_only_has_to_be_of_the_company(scene: Scene) -> None:
    elsewhere = make_scene()
    client = api_as(scene.cast.alice)
    with nothing_recorded():
        for id in (uuid4(), elsewhere.alices.id):
            body = hold_body(scene.alices, destination_wallet_id=str(id))
            problem_of(send(client, PATH, body), 404, "not_found")
    with nothing_moved():
        itself = send(client, PATH, hold_body(scene.alices, destination_wallet_id=str(scene.alices.id)))
    problem_of(itself, 422, "transfer.same_wallet")
    dollars = give_wallet(scene.cast.charlie, currency="USD", type="SAVINGS")
    with nothing_moved():
        other = send(client, PATH, hold_body(scene.alices, destination_wallet_id=str(dollars.id)), key="usd")
    problem = problem_of(other, 422, "currency.mismatch")
    assert [gate["gate"] for gate in problem["gates"]] == ["currency"], "said once, though two accounts are asked"


@pytest.mark.parametrize(("status", "code"), [("SUSPENDED", "wallet.suspended"), ("FROZEN", "wallet.frozen")])
def test_a_wallet_that_is_not_active_holds_nothing_new(scene: Scene, status: str, code: str) -> None:
    set_status(scene.alices, status, by=scene.cast.bob)
    with nothing_moved():
        problem_of(send(api_as(scene.cast.alice), PATH, hold_body(scene.alices)), 422, code)


def test_the_list_shows_what_one_may_see(scene: Scene) -> None:
    first = reserve(scene.cast.alice, scene.alices, "1", key="1")
    second = reserve(scene.cast.alice, scene.alices, "2", key="2")
    give_wallet(nina := UserFactory(company=scene.cast.company, team=scene.cast.charlie.team), "9")
    (hers,) = nina.wallets.all()
    third = reserve(nina, hers, "3")
    step(api_as(scene.cast.alice), first, "release")

    def listed(who: str, query: str = "") -> list[str]:
        rows = api_as(getattr(scene.cast, who)).get(f"{PATH}{query}").json()["data"]
        return [row["reservation_id"] for row in rows]

    ids = [hold["reservation_id"] for hold in (first, second, third)]
    assert listed("frida") == ids
    assert listed("alice") == listed("bob") == ids[:2]
    assert listed("charlie") == []
    assert listed("frida", "?order=desc") == ids[::-1]
    assert listed("frida", f"?wallet_id={hers.id}") == ids[2:]
    assert listed("alice", f"?wallet_id={hers.id}") == []
    assert listed("frida", "?status=RELEASED") == ids[:1]
    assert listed("frida", f"?status=ACTIVE&wallet_id={scene.alices.id}") == ids[1:2]
    client = api_as(scene.cast.frida)
    page = client.get(f"{PATH}?limit=2&status=ACTIVE").json()
    assert ([row["reservation_id"] for row in page["data"]], page["page"]["has_more"]) == (ids[1:], False)
    page = client.get(f"{PATH}?limit=2").json()
    rest = client.get(f"{PATH}?cursor={page['page']['next_cursor']}").json()
    assert [row["reservation_id"] for row in page["data"] + rest["data"]] == ids
    problem_of(client.get(f"{PATH}?status=OPEN"), 400, "request.validation")


def test_a_hold_whose_deadline_has_passed_is_shown_as_it_is_stored(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices)
    let_expire(hold)
    shown = api_as(scene.cast.alice).get(f"{PATH}/{hold['reservation_id']}").json()
    assert (shown["status"], figures(scene.alices)) == ("ACTIVE", (70, 30, 0))
    assert datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(hold["created_at"]) < timedelta(hours=1)


def test_an_open_hold_keeps_a_wallet_from_being_closed(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, "100", destination_wallet_id=str(scene.charlies.id))
    client = api_as(scene.cast.frida)
    for wallet, bucket in ((scene.alices, "RESERVED"), (scene.charlies, "PENDING")):
        with nothing_moved():
            close = client.put(f"/v1/wallets/{wallet.id}/status", {"status": "CLOSED", "reason": "Leaves."})
        assert problem_of(close, 409, "wallet.not_empty")["blockers"] == [{"bucket": bucket, "amount": "100.00"}]
    step(client, hold, "release")
    close = client.put(f"/v1/wallets/{scene.charlies.id}/status", {"status": "CLOSED", "reason": "Leaves."})
    assert close.status_code == 200


def test_a_wallet_that_an_operation_holds(scene: Scene) -> None:
    """Nothing new is set aside from it without its lock; what was set aside before is settled all the same."""
    before = reserve(scene.cast.alice, scene.alices, "10")
    lock = hold(scene.alices, by=scene.cast.bookings)
    client, body = api_as(scene.cast.alice), hold_body(scene.alices)
    with nothing_recorded():
        problem_of(send(client, PATH, body), 409, "lock.timeout")
    with_lock = api_as(scene.cast.bookings).post(
        PATH, body, headers={"Idempotency-Key": "payroll", HEADER: str(lock.lock_id)}
    )
    assert with_lock.status_code == 201
    assert step(client, before, "capture").status_code == 200
    assert figures(scene.alices) == (60, 30, 0)
