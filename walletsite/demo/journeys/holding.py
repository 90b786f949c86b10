"""A hotel takes a deposit: what is held cannot be spent, what is captured is paid, the rest comes back."""

from __future__ import annotations

from typing import Any

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.stage import Actor, Stage


def hold(owner: Actor, receiver: Actor, amount: str, purpose: str) -> Request:
    """Set euros aside for somebody."""
    wallets = {"wallet_id": owner.wallet_id, "destination_wallet_id": receiver.wallet_id}
    return Request(
        "POST", "/v1/reservations", {**wallets, "amount": amount, "currency": "EUR", "purpose": purpose}, new_key()
    )


def settle(reservation_id: str, step: str, **body: Any) -> Request:
    """Capture, release or extend a reservation."""
    return Request("POST", f"/v1/reservations/{reservation_id}/{step}", body, new_key())


def take_a_deposit(stage: Stage, cast: Cast) -> None:
    """Hold, capture twice, ask for too much, release the rest, and find all of it in one history."""
    mia, lena, bookings = cast.mia, cast.lena, cast.bookings
    with stage.balances({mia: "-90.00", lena: "0"}):
        deposit = hold(mia, lena, "90.00", "Deposit for the holiday flat")
        made = stage.step(
            bookings, "reserves a deposit of Mia's for Lena's flat.", deposit, expect=201, status="ACTIVE"
        )
    id, txn_id = made.body["reservation_id"], made.body["txn_id"]
    look = Request("GET", f"/v1/wallets/{lena.wallet_id}/balance")
    pending = stage.step(lena, "sees that money is on its way.", look, expect=200).body["pending"]
    stage.note(f"{pending} pending; nothing of it can be spent yet.")
    with stage.balances({mia: "0", lena: "55.00"}):
        rent = settle(id, "capture", amount="40.00", final=False)
        stage.step(bookings, "captures the rent.", rent, expect=200, captured_amount="40.00", status="ACTIVE")
        cleaning = settle(id, "capture", amount="15.00", final=False)
        stage.step(bookings, "captures the cleaning.", cleaning, expect=200, captured_amount="55.00")
        code = "reservation.capture_exceeds"
        more = settle(id, "capture", amount="50.00", final=False)
        stage.step(bookings, "wants more than is left.", more, expect=422, code=code)
    with stage.balances({mia: "35.00", lena: "0"}):
        rest = settle(id, "release", reason="Nothing was broken.")
        stage.step(bookings, "releases the rest: nothing was broken.", rest, expect=200, released_amount="35.00")
    late = settle(id, "capture")
    stage.step(bookings, "comes too late for more.", late, expect=409, code="reservation.not_open")
    why = Request("GET", f"/v1/transactions/{txn_id}/decision")
    told = stage.step(mia, "asks why all of that was decided so.", why, expect=200, outcome="ACCEPTED").body
    refused = [later["code"] for later in told["later"] if later["code"]]
    stage.require(refused == [code, "reservation.not_open"], f"two refusals should be told, not {refused}")
    with stage.balances({mia: "55.00", lena: "-55.00"}):
        undo = Request(
            "POST", f"/v1/transactions/{txn_id}/reversals", {"reason": "It was only a demonstration."}, new_key()
        )
        stage.step(cast.bookings, "turns it around: it was only a demonstration.", undo, expect=201, type="REVERSAL")
