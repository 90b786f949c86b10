"""GET /v1/wallets/{id}/balance/explain: the parts, all of them, and that they add up."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger.core.accounts import Bucket
from ledger.models import Event, Posting
from ledger.services.movements import Side
from tests.compliance.clients import api_as
from tests.ledger.buckets import move
from tests.ledger.snapshots import snapshot_everything
from tests.wallets.holds import reserve, step
from tests.wallets.scene import Scene, book, make_scene, problem_of
from wallets.models import Wallet

MARCH = datetime(2024, 3, 10, 12, tzinfo=UTC)
BUCKETS = ("available", "pending", "reserved")


@pytest.fixture
def lasting(committed_db: None) -> Scene:
    """A scene that stays: snapshots cover what is committed."""
    return make_scene()


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def ask(scene: Scene, wallet: Wallet, **query: Any) -> dict[str, Any]:
    params = {name: text(value) if isinstance(value, datetime) else value for name, value in query.items()}
    response = api_as(scene.cast.frida).get(f"/v1/wallets/{wallet.id}/balance/explain", params)
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def whole(scene: Scene, wallet: Wallet, *, limit: int = 2, **query: Any) -> dict[str, Any]:
    """The explanation with the parts of all pages."""
    answer = ask(scene, wallet, limit=limit, **query)
    page, parts = answer["page"], list(answer["data"])
    while page["has_more"]:
        following = ask(scene, wallet, limit=limit, cursor=page["next_cursor"])
        assert {**following, "data": [], "page": {}} == {**answer, "data": [], "page": {}}
        parts += following["data"]
        page = following["page"]
    return {**answer, "data": parts}


def assert_adds_up(answer: dict[str, Any]) -> None:
    """Recomputed from the parts alone."""
    for bucket in BUCKETS:
        base = Decimal(answer["snapshot"][bucket]) if answer["snapshot"] else Decimal(0)
        parts = sum((Decimal(p["amount"]) for p in answer["data"] if p["bucket"] == bucket.upper()), Decimal(0))
        assert parts == Decimal(answer["since"][bucket])
        assert base + parts == Decimal(answer[bucket])
    assert answer["since"]["postings"] == len(answer["data"])
    assert len({part["entry_id"] for part in answer["data"]}) == len(answer["data"])


def test_without_a_snapshot_every_posting_is_a_part(scene: Scene) -> None:
    booking = book(scene.alices, "-30", key="b-1", text="Train to Hamburg")
    answer = ask(scene, scene.alices)
    assert (answer["available"], answer["version"], answer["snapshot"], answer["open_holds"]) == ("70.00", 3, None, [])
    assert [(p["type"], p["amount"], p["bucket"]) for p in answer["data"]] == [
        ("DEPOSIT", "100.00", "AVAILABLE"),
        ("PAYMENT", "-30.00", "AVAILABLE"),
    ]
    last, posting = answer["data"][-1], Posting.objects.latest("recorded_at", "account_seq")
    assert (last["txn_id"], last["description"]) == (str(booking), "Train to Hamburg")
    assert last["recorded_at"] == last["effective_at"] == posting.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert_adds_up(answer)


def test_after_a_snapshot_only_what_followed_is_listed(lasting: Scene) -> None:
    book(lasting.alices, "-1", key="b-1")
    taken = snapshot_everything()
    for number in range(5):
        book(lasting.alices, "-2", key=f"later-{number}")
    answer = whole(lasting, lasting.alices)
    assert answer["snapshot"] == {
        "at": taken.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "available": "99.00",
        "pending": "0.00",
        "reserved": "0.00",
        "postings": 2,
    }
    assert [part["amount"] for part in answer["data"]] == ["-2.00"] * 5
    assert answer["available"] == "89.00"
    assert_adds_up(answer)


def test_open_holds_say_what_is_reserved_and_what_is_waited_for(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, amount="30", destination_wallet_id=str(scene.bobs.id))
    payers, receivers = whole(scene, scene.alices), whole(scene, scene.bobs)
    assert (payers["reserved"], receivers["pending"]) == ("30.00", "30.00")
    assert payers["open_holds"] == [
        {
            "txn_id": hold["txn_id"],
            "bucket": "RESERVED",
            "amount": "30.00",
            "reservation_id": hold["reservation_id"],
            "expires_at": hold["expires_at"],
        }
    ]
    assert receivers["open_holds"] == [
        {"txn_id": hold["txn_id"], "bucket": "PENDING", "amount": "30.00", "reservation_id": None, "expires_at": None}
    ]
    step(api_as(scene.cast.alice), hold, "capture", amount="10")
    assert [whole(scene, wallet)["open_holds"] for wallet in (scene.alices, scene.bobs)] == [[], []]


def test_at_any_instant_as_known_at_any_other(lasting: Scene) -> None:
    before = Event.objects.latest("recorded_at").recorded_at
    book(lasting.alices, "-4", key="past-1", effective_at=MARCH)
    between = snapshot_everything()
    book(lasting.alices, "-8", key="past-2", effective_at=MARCH)
    snapshot_everything()
    book(lasting.alices, "-32", key="last")
    now = Event.objects.latest("recorded_at").recorded_at
    expected = {
        (MARCH, now): "-12.00",
        (MARCH, between): "-4.00",
        (MARCH, before): "0.00",
        (before, now): "88.00",
        (between, between): "96.00",
        (now, before): "100.00",
        (now, now): "56.00",
    }
    for (at, known_at), available in expected.items():
        answer = whole(lasting, lasting.alices, at=at, known_at=known_at)
        assert answer["available"] == available
        assert_adds_up(answer)


def test_every_bucket_is_explained(scene: Scene) -> None:
    side = Side(scene.alices.id, "EUR")
    move(side, Bucket.AVAILABLE, Bucket.RESERVED, "30")
    move(side, Bucket.RESERVED, Bucket.AVAILABLE, "20")
    move(side, Bucket.AVAILABLE, Bucket.PENDING, "10")
    answer = whole(scene, scene.alices)
    assert [answer[bucket] for bucket in BUCKETS] == ["80.00", "10.00", "10.00"]
    assert_adds_up(answer)


def test_a_page_that_follows_answers_for_the_same_instants(scene: Scene) -> None:
    book(scene.alices, "-1", key="b-1")
    first = ask(scene, scene.alices, limit=1)
    book(scene.alices, "-1", key="b-2")
    second = ask(scene, scene.alices, limit=1, cursor=first["page"]["next_cursor"])
    assert (second["at"], second["known_at"], second["available"]) == (first["at"], first["known_at"], "99.00")
    assert [part["amount"] for part in second["data"]] == ["-1.00"]
    assert second["page"]["has_more"] is False


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ({"at": "yesterday"}, "request.validation", "/at"),
        ({"known_at": "2026-03-10"}, "request.validation", "/known_at"),
        ({"order": "desc"}, "request.validation", "/order"),
        ({"limit": "0"}, "pagination.invalid", "/limit"),
        ({"limit": "201"}, "pagination.invalid", "/limit"),
        ({"cursor": "x"}, "pagination.invalid", "/cursor"),
    ],
)
def test_wrong_questions(scene: Scene, query: dict[str, str], code: str, pointer: str) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}/balance/explain", query)
    assert problem_of(response, 400, code)["errors"][0]["pointer"] == pointer


def test_a_cursor_of_another_wallet_is_none(scene: Scene) -> None:
    book(scene.alices, "-1", key="b-1")
    cursor = ask(scene, scene.alices, limit=1)["page"]["next_cursor"]
    response = api_as(scene.cast.frida).get(f"/v1/wallets/{scene.bobs.id}/balance/explain", {"cursor": cursor})
    problem_of(response, 400, "pagination.invalid")


def test_somebody_elses_wallet_is_not_there(scene: Scene) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.charlies.id}/balance/explain")
    problem_of(response, 404, "not_found")
