"""Keys: the same answer for ever, to their own caller only, and never for what was not decided (ADR 0005)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from ledger.redis import client as redis_client
from tests.compliance.clients import anonymous, api_as
from tests.wallets.scene import (
    Scene,
    available,
    give_wallet,
    make_scene,
    nothing_recorded,
    problem_of,
    send,
    set_status,
    transfer_body,
)

PATH = "/v1/transfers"


def test_a_replay_is_the_first_answer_byte_for_byte(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs)
    first = send(client, PATH, body)
    set_status(scene.alices, "FROZEN", by=scene.cast.frida)  # whatever happens meanwhile
    with nothing_recorded():
        for _ in range(3):
            again = send(client, PATH, body)
            assert (again.status_code, again.content) == (201, first.content)
            assert again.headers["Idempotent-Replayed"] == "true"
            assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in first.headers


def test_a_refusal_is_replayed_even_when_it_would_work_now(scene: Scene) -> None:
    """What was decided stays decided."""
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs, "150")
    first = send(client, PATH, body)
    problem_of(first, 422, "funds.insufficient")
    fridas = give_wallet(scene.cast.frida, "500")
    send(api_as(scene.cast.frida), PATH, transfer_body(fridas, scene.alices, "500"))
    with nothing_recorded():
        again = send(client, PATH, body)
    assert (again.status_code, again.content) == (422, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/problem+json"
    assert send(client, PATH, body, key="a new key").status_code == 400
    assert send(client, PATH, body, key="a-new-key").status_code == 201


def test_a_refused_condition_is_replayed_too(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs, conditions={"version": 3})
    first = send(client, PATH, body)
    problem_of(first, 412, "precondition.failed")
    send(client, PATH, transfer_body(scene.alices, scene.bobs), key="key-2")  # now it is 3
    again = send(client, PATH, body)
    assert (again.status_code, again.content) == (412, first.content)


def test_the_order_of_members_and_white_space_are_not_the_request(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs, metadata={"a": 1, "b": 2})
    first = send(client, PATH, body)
    turned = {**dict(reversed(list(body.items()))), "metadata": {"b": 2, "a": 1}}
    assert send(client, PATH, turned).content == first.content


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "10.01"},
        {"amount": "10.000"},  # the same money, but not the same request
        {"description": "x"},
        {"metadata": {}},
        {"currency": "USD"},
        {"conditions": {}},
    ],
)
def test_another_body_is_another_request(scene: Scene, changes: dict[str, Any]) -> None:
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs)
    send(client, PATH, body)
    with nothing_recorded():
        problem = problem_of(send(client, PATH, {**body, **changes}), 422, "idempotency.key_reused")
    assert "10.00" not in str(problem)


def test_a_key_belongs_to_one_route(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    send(client, PATH, transfer_body(scene.alices, scene.bobs))
    with nothing_recorded():
        response = send(client, "/v1/wallets", {"user_id": str(scene.cast.frida.id), "currency": "EUR"})
    problem_of(response, 422, "idempotency.key_reused")


def test_a_key_belongs_to_one_caller(scene: Scene) -> None:
    """Another caller is independent and learns nothing."""
    body = transfer_body(scene.alices, scene.bobs)
    answers = [send(api_as(caller), PATH, body) for caller in (scene.cast.alice, scene.cast.bob, scene.cast.bookings)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["txn_id"] for answer in answers}) == 3
    assert available(scene.alices) == 70


@pytest.mark.parametrize("path", [PATH, "/v1/transfers?dry_run=false"])
def test_without_a_key_no_money_moves(scene: Scene, path: str) -> None:
    with nothing_recorded():
        response = send(api_as(scene.cast.alice), path, transfer_body(scene.alices, scene.bobs), key=None)
    problem_of(response, 400, "idempotency.key_missing")


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb", "🚲"])
def test_a_key_is_visible_ascii(scene: Scene, key: str) -> None:
    with nothing_recorded():
        response = send(api_as(scene.cast.alice), PATH, transfer_body(scene.alices, scene.bobs), key=key)
    assert response.status_code == 400
    assert response.json()["code"] in {"request.validation", "idempotency.key_missing"}


@pytest.mark.parametrize(
    "key", ["0", "x" * 255, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "'; DROP TABLE ledger_command; --"]
)
def test_and_nothing_else_is_asked_of_it(scene: Scene, key: str) -> None:
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs)
    key = key.replace(" ", "_")
    first, again = send(client, PATH, body, key=key), send(client, PATH, body, key=key)
    assert (first.status_code, again.content) == (201, first.content)
    assert (
        send(client, PATH, body, key=key + "0" if len(key) < 255 else key[1:]).headers.get("Idempotent-Replayed")
        is None
    )


def test_what_was_not_decided_uses_up_no_key(scene: Scene) -> None:
    """400, 401, 403 and 404 are not stored."""
    conny, foreign = api_as(scene.cast.conny), make_scene()
    connys = give_wallet(scene.cast.conny, "50")
    good = transfer_body(connys, scene.bobs)
    with nothing_recorded():
        problem_of(send(conny, PATH, {**good, "amount": "-1"}), 400, "money.invalid")
        problem_of(send(conny, PATH, {**good, "colour": "red"}), 400, "request.validation")
        problem_of(send(anonymous(), PATH, good), 401, "auth.required")
        problem_of(send(conny, PATH, transfer_body(scene.alices, scene.bobs)), 403, "auth.forbidden")
        problem_of(send(conny, PATH, {**good, "to_wallet_id": str(uuid4())}), 404, "not_found")
        problem_of(send(conny, PATH, transfer_body(connys, foreign.alices)), 404, "not_found")
        assert (
            conny.post(PATH, "{", content_type="application/json", headers={"Idempotency-Key": "key-1"}).status_code
            == 400
        )
        assert conny.post(PATH, "x", content_type="text/plain", headers={"Idempotency-Key": "key-1"}).status_code == 415
    assert send(conny, PATH, good).status_code == 201


def test_redis_has_no_part_in_it(scene: Scene) -> None:
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs)
    first = send(client, PATH, body)
    redis_client().flushdb()
    assert send(client, PATH, body).content == first.content


def test_a_key_outlives_the_connection(committed_db: None) -> None:
    scene = make_scene()
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs)
    first = send(client, PATH, body)
    connections.close_all()
    again = send(client, PATH, body)
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (201, first.content, "true")
    assert available(scene.alices) == 90


def test_a_key_that_is_in_use_is_waited_for_and_then_told(committed_db: None) -> None:
    scene = make_scene()
    client, body = api_as(scene.cast.alice), transfer_body(scene.alices, scene.bobs)
    other = connection.copy()
    with other.cursor() as elsewhere, connection.cursor() as here:
        elsewhere.execute("BEGIN")
        elsewhere.execute(
            "INSERT INTO ledger_command (id, scope, key, request_hash, type, actor_type, correlation_id, refusal_code,"
            " reply_body, received_at) VALUES (%s, %s, 'key-1', '', 'Transfer', '', '', '', '', now())",
            [uuid4(), f"api:{scene.cast.alice.id}"],
        )
        here.execute("SET lock_timeout = '100ms'")
        response = send(client, PATH, body)
        elsewhere.execute("ROLLBACK")
    other.close()
    problem = problem_of(response, 409, "idempotency.in_progress")
    assert (problem["retryable"], response.headers["Retry-After"]) == (True, "1")
    assert send(client, PATH, body).status_code == 201
