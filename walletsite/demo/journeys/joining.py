"""A colleague joins and leaves again."""

from __future__ import annotations

from uuid import uuid4

from walletsite.demo.journeys.booking import booking
from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Answer, Request
from walletsite.demo.journeys.keeping import set_status
from walletsite.demo.journeys.paying import transfer
from walletsite.demo.journeys.stage import Actor, Stage


def join_and_leave(stage: Stage, cast: Cast) -> None:
    """Person, wallet, opening balance; the manager sees her; swept, closed, locked out."""
    frida, lena = cast.frida, cast.lena
    person = _hire(stage, cast)
    user_id = person.body["user_id"]
    wallet = {"user_id": user_id, "currency": "EUR", "initial_balance": "250.00"}
    open_it = Request("POST", "/v1/wallets", wallet, new_key())
    opened = stage.step(frida, "opens Noor's wallet with 250.00.", open_it, expect=201, balance="250.00")
    noor = Actor("Noor", frida.client, opened.body["wallet_id"])
    second = Request("POST", "/v1/wallets", wallet, new_key())
    exists = {"code": "wallet.already_exists", "existing_id": noor.wallet_id}
    stage.step(frida, "opens it again by mistake.", second, expect=409, **exists)
    look = Request("GET", f"/v1/wallets/{user_id}")
    stage.step(lena, "sees the new colleague's wallet.", look, expect=200, wallet_id=noor.wallet_id, balance="250.00")
    _leave(stage, cast, noor)
    lock = Request("PATCH", f"/v1/users/{user_id}", {"status": "SUSPENDED"}, if_match=person.headers["etag"])
    stage.step(frida, "ends Noor's access.", lock, expect=200, status="SUSPENDED")


def _hire(stage: Stage, cast: Cast) -> Answer:
    (team,) = cast.lena.client.send(Request("GET", "/v1/teams")).body["data"]
    person = {
        "email": f"noor.ahmadi.{uuid4().hex[:8]}@nordwind.example",
        "first_name": "Noor",
        "last_name": "Ahmadi",
        "team_id": team["team_id"],
    }
    hire = Request("POST", "/v1/users", person)
    return stage.step(cast.frida, f"welcomes Noor to {team['name']}.", hire, expect=201, role="EMPLOYEE")


def _leave(stage: Stage, cast: Cast, noor: Actor) -> None:
    close = set_status(noor, "CLOSED", "Leaves the company.")
    blocked = stage.step(cast.frida, "closes it when Noor leaves.", close, expect=409, code="wallet.not_empty")
    stage.note(f"In the way: {blocked.body['blockers'][0]['amount']} in {blocked.body['blockers'][0]['bucket']}.")
    with stage.balances({noor: "-250.00"}):
        sweep = booking(noor, "DEBIT", "250.00", new_key(), "Back to the company")
        stage.step(cast.bookings, "sweeps the rest.", sweep, expect=201, new_balance="0.00")
    stage.step(cast.frida, "closes it now.", close, expect=200, status="CLOSED")
    with stage.balances({cast.mia: "0", noor: "0"}):
        late = Request("POST", "/v1/transfers", transfer(cast.mia, noor, "5.00", "Farewell present"), new_key())
        stage.step(cast.mia, "is too late with a farewell present.", late, expect=422, code="wallet.closed")
