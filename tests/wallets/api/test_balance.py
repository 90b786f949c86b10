"""GET /v1/wallets/{id}/balance: now, at any instant, and as it was known at another (R16, R18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.errors import EffectiveAtRefused
from ledger.models import Event
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, book, give_wallet, nothing_moved, problem_of, send, transfer_body
from wallets.models import Wallet

MARCH = datetime(2024, 3, 10, 12, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def balance(scene: Scene, wallet: Wallet, **query: datetime) -> dict[str, Any]:
    params = {name: text(moment) for name, moment in query.items()}
    response = api_as(scene.cast.frida).get(f"/v1/wallets/{wallet.id}/balance", params)
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def recorded_last() -> datetime:
    return Event.objects.latest("recorded_at").recorded_at


def test_now(scene: Scene) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}/balance")
    answer = response.json()
    as_of = datetime.fromisoformat(answer.pop("as_of"))
    assert answer == {
        "wallet_id": str(scene.alices.id),
        "currency": "EUR",
        "scale": 4,
        "available": "100.00",
        "pending": "0.00",
        "reserved": "0.00",
        "version": 2,
    }
    assert abs(datetime.now(UTC) - as_of) < timedelta(minutes=1)
    assert response.headers["ETag"] == '"v2"'


def test_figures_are_exact_beyond_cents(scene: Scene) -> None:
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "0.0001"))
    assert balance(scene, scene.alices)["available"] == "99.9999"
    assert balance(scene, scene.bobs)["available"] == "0.0001"


def test_large_figures_stay_exact(scene: Scene) -> None:
    savings = give_wallet(scene.cast.alice, "98765432109876543210.1234", type="SAVINGS")
    assert balance(scene, savings)["available"] == "98765432109876543210.1234"


def test_at_an_instant(scene: Scene) -> None:
    funded_at = Event.objects.get(data__destination_wallet_id=str(scene.alices.id)).recorded_at
    assert balance(scene, scene.alices, at=funded_at)["available"] == "100.00"
    before = balance(scene, scene.alices, at=funded_at - MOMENT)
    assert (before["available"], before["as_of"]) == ("0.00", text(funded_at - MOMENT))


def test_a_back_dated_posting_counts_from_when_it_counts(scene: Scene) -> None:
    book(scene.bobs, "30", key="past", effective_at=MARCH)
    for at, expected in ((MARCH - MOMENT, "0.00"), (MARCH, "30.00"), (MARCH + ONE_DAY, "30.00")):
        assert balance(scene, scene.bobs, at=at)["available"] == expected
    assert balance(scene, scene.bobs)["available"] == "30.00"


def test_what_was_known_leaves_out_what_came_later(scene: Scene) -> None:
    book(scene.bobs, "30", key="first", effective_at=MARCH)
    known = recorded_last()
    book(scene.bobs, "-10", key="correction", effective_at=MARCH)
    for at in (MARCH, datetime.now(UTC)):
        assert balance(scene, scene.bobs, at=at, known_at=known)["available"] == "30.00"
        assert balance(scene, scene.bobs, at=at)["available"] == "20.00"
    assert balance(scene, scene.bobs, known_at=known)["available"] == "30.00"
    assert balance(scene, scene.bobs, known_at=known - MOMENT)["available"] == "0.00"
    assert balance(scene, scene.bobs, at=MARCH - MOMENT, known_at=recorded_last())["available"] == "0.00"


def test_in_the_future_there_is_what_is_there_now(scene: Scene) -> None:
    later = datetime.now(UTC) + ONE_DAY
    with nothing_moved(), pytest.raises(EffectiveAtRefused):
        book(scene.bobs, "5", key="soon", effective_at=later)
    book(scene.bobs, "3", key="now")
    assert balance(scene, scene.bobs, at=later)["available"] == "3.00"


def test_an_offset_is_the_same_instant(scene: Scene) -> None:
    book(scene.bobs, "30", key="past", effective_at=MARCH)
    client, path = api_as(scene.cast.bob), f"/v1/wallets/{scene.bobs.id}/balance"
    answer = client.get(path, {"at": "2024-03-10T13:00:00+01:00"}).json()
    assert (answer["available"], answer["as_of"]) == ("30.00", "2024-03-10T12:00:00.000000Z")


@pytest.mark.parametrize(
    "moment",
    ["x", "", "2024-03-10", "2024-13-45T00:00:00Z", "2024-03-10T12:00:00", "2024-03-10T12:00:00+23:59", "1710072000"]
    + ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-30T00:00:00Z", "2024-03-10T25:00:00Z", "now"],
)
@pytest.mark.parametrize("name", ["at", "known_at"])
def test_a_moment_is_a_moment(scene: Scene, name: str, moment: str) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}/balance", {name: moment})
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == f"/{name}"
