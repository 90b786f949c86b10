"""Who plays: the log-ins of the demo company, each with a token and the wallet that is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from walletsite.demo.journeys.client import Client, Request, Sender
from walletsite.demo.journeys.stage import Actor, Unexpected

ENOUGH_FOR_EVERY_JOURNEY = Decimal("300.00")


@dataclass(frozen=True, slots=True)
class Cast:
    """mia is an employee of lena's team; frida and marta do finance, audrey audits, bookings is another program."""

    mia: Actor
    lena: Actor
    frida: Actor
    marta: Actor
    audrey: Actor
    bookings: Actor


def gather_cast(credentials: dict[str, Any]) -> Cast:
    """Log everybody in and bring the two wallets of the journeys into order.

    Raises:
        Unexpected: somebody cannot log in, or has no usable wallet.
        OSError: nobody answers.
    """
    base_url, users = credentials["base_url"], credentials["users"]
    cast = Cast(
        mia=_person("Mia", base_url, users["employee"]),
        lena=_person("Lena", base_url, users["manager"]),
        frida=_person("Frida", base_url, users["finance"]),
        marta=_person("Marta", base_url, users["checker"]),
        audrey=_person("Audrey", base_url, users["auditor"]),
        bookings=Actor("The booking service", _log_in("The booking service", base_url, credentials["service"])),
    )
    for actor in (cast.mia, cast.lena):
        _bring_into_order(actor, cast)
    return cast


def new_key() -> str:
    """A key or reference that was never used before."""
    return f"journey-{uuid4()}"


def _person(name: str, base_url: str, log_in: dict[str, str]) -> Actor:
    client = _log_in(name, base_url, {"email": log_in["email"], "password": log_in["password"]})
    wallets = _ask(client, Request("GET", "/v1/me"), expect=200)["wallets"]
    primary = next((wallet for wallet in wallets if wallet["type"] == "PRIMARY" and wallet["status"] != "CLOSED"), None)
    if primary is None:
        raise Unexpected(f"{name} has no open PRIMARY wallet any more. `make reset` brings everything back.")
    return Actor(name, client, primary["wallet_id"])


def _log_in(name: str, base_url: str, log_in: dict[str, str]) -> Client:
    answer = Client(base_url).log_in(log_in)
    if answer.status != 200:
        raise Unexpected(f"{name} cannot log in ({answer.status}): {answer.body.get('detail')}")
    return Client(base_url, answer.body["access"])


def _bring_into_order(actor: Actor, cast: Cast) -> None:
    """Somebody may have played with the demo: the wallet shall be active and hold enough for every journey."""
    wallet = f"/v1/wallets/{actor.wallet_id}"
    reopen = {"status": "ACTIVE", "reason": "Made ready for the journeys."}
    _ask(cast.frida.client, Request("PUT", f"{wallet}/status", reopen), expect=200)
    available = Decimal(_ask(cast.frida.client, Request("GET", f"{wallet}/balance"), expect=200)["available"])
    if available < ENOUGH_FOR_EVERY_JOURNEY:
        credit = {
            "type": "CREDIT",
            "amount": str(ENOUGH_FOR_EVERY_JOURNEY),
            "currency": "EUR",
            "description": "Pocket money for the journeys",
            "reference_type": "journey",
            "reference_id": new_key(),
        }
        _ask(cast.bookings.client, Request("POST", f"{wallet}/transactions", credit), expect=201)


def _ask(client: Sender, request: Request, *, expect: int) -> dict[str, Any]:
    answer = client.send(request)
    if answer.status != expect:
        raise Unexpected(f"{request.method} {request.path} was answered by {answer.status}: {answer.body}")
    return answer.body
