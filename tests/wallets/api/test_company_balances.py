"""GET /v1/company/balances: wallets, the company's own accounts, and the difference: zero at every instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.models import Event
from ledger.selectors.totals import Holdings, holdings
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.ledger.snapshots import snapshot_everything
from tests.wallets.scene import Scene, book, give_wallet, make_scene, problem_of, send, transfer_body
from wallets.api import company_balances

PATH = "/v1/company/balances"
MARCH = datetime(2024, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def lasting(committed_db: None) -> Scene:
    return make_scene()


def ask(scene: Scene, **query: datetime) -> list[dict[str, Any]]:
    params = {name: moment.isoformat().replace("+00:00", "Z") for name, moment in query.items()}
    response = api_as(scene.cast.audrey).get(PATH, params)
    assert response.status_code == 200, response.json()
    rows: list[dict[str, Any]] = response.json()["data"]
    return rows


def test_now(scene: Scene) -> None:
    give_wallet(scene.cast.charlie, "7.25", currency="USD", type="SAVINGS")
    give_wallet(make_cast().alice, "1000")
    body = {"type": "DEBIT", "amount": "40", "currency": "EUR", "reference_type": "booking", "reference_id": "b-1"}
    assert api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.alices.id}/transactions", body).status_code == 201
    euros, dollars = ask(scene)
    assert euros == {
        "currency": "EUR",
        "scale": 4,
        "wallets": {"available": "60.00", "pending": "0.00", "reserved": "0.00"},
        "wallets_total": "60.00",
        "accounts": [
            {"purpose": "BOOKING_CLEARING", "balance": "40.00"},
            {"purpose": "COMPANY_FUNDING", "balance": "-100.00"},
        ],
        "accounts_total": "-60.00",
        "difference": "0.00",
    }
    assert (dollars["wallets_total"], dollars["accounts_total"], dollars["difference"]) == ("7.25", "-7.25", "0.00")


def test_now_and_at_this_instant_are_the_same(scene: Scene) -> None:
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "30"))
    now = Event.objects.latest("recorded_at").recorded_at
    assert ask(scene) == ask(scene, at=now) == ask(scene, known_at=now)


def test_the_difference_is_zero_at_every_instant(lasting: Scene) -> None:
    """Back-dated, with a snapshot between."""
    book(lasting.alices, "-4", key="past-1", effective_at=MARCH)
    between = snapshot_everything()
    book(lasting.bobs, "8", key="past-2", effective_at=MARCH)
    book(lasting.bobs, "16", key="last")
    snapshot_everything()
    last = Event.objects.latest("recorded_at").recorded_at
    for at, known_at, total in (
        (MARCH, last, "4.00"),
        (MARCH, between, "-4.00"),
        (between, last, "104.00"),
        (between, between, "96.00"),
        (last, last, "120.00"),
        (last + timedelta(days=2), last, "120.00"),
        (MARCH - timedelta(days=1), last, "0.00"),
    ):
        (euros,) = ask(lasting, at=at, known_at=known_at)
        opposite = "0.00" if total == "0.00" else total[1:] if total.startswith("-") else f"-{total}"
        assert (euros["wallets_total"], euros["accounts_total"]) == (total, opposite)
        assert euros["difference"] == "0.00"


def test_money_that_was_lost_is_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(scope: Any) -> list[Holdings]:
        return [Holdings(row.asset, {"AVAILABLE": row.total - 1}, row.company, row.purposes) for row in holdings(scope)]

    monkeypatch.setattr(company_balances, "holdings", short)
    assert ask(scene)[0]["difference"] == "-1.00"


@pytest.mark.parametrize("name", ["at", "known_at"])
def test_a_moment_is_a_moment(scene: Scene, name: str) -> None:
    response = api_as(scene.cast.frida).get(PATH, {name: "2026-03-10"})
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == f"/{name}"
    problem_of(api_as(scene.cast.frida).get(PATH, {"wallet_id": "x"}), 400, "request.validation")
