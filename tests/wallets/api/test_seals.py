"""`/v1/seals`: the heads, the keys, and proofs that the tree only grew."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from ledger.core.heads import head_from_json
from ledger.core.merkle import consistency_holds
from ledger.selectors.seal_keys import Verifier
from ledger.selectors.seals import Seal
from tests.compliance.clients import anonymous, api_as
from tests.ledger.sealing import key, last_seal, seal_everything
from tests.wallets.scene import Scene, book, make_scene, problem_of


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


@pytest.fixture
def auditor(scene: Scene) -> APIClient:
    """Three seals or more are there."""
    for name in ("first", "second", "third"):
        book(scene.alices, "1", key=name)
        seal_everything()
    return api_as(scene.cast.audrey)


def read(client: APIClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_seals_are_listed_newest_last_or_first(auditor: APIClient) -> None:
    count = Seal.objects.count()
    newest = read(auditor, "/v1/seals?order=desc&limit=2")
    assert [seal["number"] for seal in newest["data"]] == [count, count - 1]
    assert newest["page"]["has_more"] is (count > 2)
    more = read(auditor, f"/v1/seals?limit=1&cursor={newest['page']['next_cursor']}&order=desc")
    assert [seal["number"] for seal in more["data"]] == [count - 2]
    assert read(auditor, "/v1/seals?limit=1")["data"][0]["number"] == 1
    problem_of(auditor.get("/v1/seals?limit=1000"), 400, "pagination.invalid")


def test_a_seal_can_be_checked_with_the_published_keys(auditor: APIClient) -> None:
    seal = last_seal()
    shown = read(auditor, f"/v1/seals/{seal.id}")
    published = read(anonymous(), "/v1/seals/keys")["data"]
    keys = {entry["key_id"]: b64decode(entry["public_key"]) for entry in published}
    head, signature = head_from_json(shown)
    assert head.seal_id == seal.id
    assert Verifier(keys)(head, signature)
    for name, value in {"tree_size": shown["tree_size"] + 1, "root": "00" * 32, "sealed_at": "x"}.items():
        altered, _ = head_from_json({**shown, name: value})
        assert not Verifier(keys)(altered, signature)
    problem_of(auditor.get(f"/v1/seals/{uuid4()}"), 404, "not_found")


def test_the_signing_key_is_listed_first_and_retired_ones_after_it(auditor: APIClient, settings: Settings) -> None:
    (new, new_public), (old, old_public), (_, retired) = key("new"), key("old"), key("retired")
    settings.SEAL_SIGNING_KEYS, settings.SEAL_PUBLIC_KEYS = [new, old], [retired]
    shown = read(anonymous(), "/v1/seals/keys")["data"]
    assert [f"{entry['key_id']}:{entry['public_key']}" for entry in shown] == [new_public, old_public, retired]
    assert {entry["algorithm"] for entry in shown} == {"Ed25519"}


def test_a_tree_is_proven_to_have_grown_out_of_an_earlier_one(auditor: APIClient) -> None:
    last = last_seal()
    for earlier in Seal.objects.order_by("-number")[:3]:
        shown = read(auditor, f"/v1/seals/{last.id}/consistency?from={earlier.id}")
        first, _ = head_from_json(shown["from"])
        second, _ = head_from_json(shown["to"])
        proof = [bytes.fromhex(step) for step in shown["proof"]]
        assert (first.seal_id, second.seal_id) == (earlier.id, last.id)
        assert consistency_holds(first.tree_size, second.tree_size, proof, first.root, second.root)
        assert not consistency_holds(first.tree_size, second.tree_size, proof, second.root[::-1], second.root)


def test_a_proof_needs_an_earlier_seal(auditor: APIClient) -> None:
    last = last_seal()
    first = Seal.objects.get(number=1)
    path = "/v1/seals/{}/consistency"
    for query in ("", "?from=1", f"?from={uuid4()}", f"?to={first.id}"):
        problem_of(auditor.get(path.format(last.id) + query), 400, "request.validation")
    backwards = problem_of(auditor.get(path.format(first.id) + f"?from={last.id}"), 400, "request.validation")
    assert backwards["errors"][0]["pointer"] == "/from"
    problem_of(auditor.get(path.format(uuid4()) + f"?from={first.id}"), 404, "not_found")


def test_seals_tell_nothing_of_a_company(auditor: APIClient, scene: Scene) -> None:
    """Everybody who may read them reads the same ones, of whatever company."""
    other = api_as(make_scene().cast.frida)
    seal_everything()
    own, theirs = (read(client, "/v1/seals?order=desc&limit=5")["data"] for client in (auditor, other))
    assert own == theirs
    assert str(scene.cast.company.id) not in str(read(auditor, f"/v1/seals/{last_seal().id}"))
