"""Wishes as requests over the interface (docs/interface.md)."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.safety.history import Kind, Wish


class Request(NamedTuple):
    method: str
    path: str
    body: dict[str, Any]


def request_of(wish: Wish) -> Request:
    """What a client sends who wishes this."""
    match wish.kind:
        case Kind.TRANSFER:
            wallets = {"from_wallet_id": str(wish.source), "to_wallet_id": str(wish.destination)}
            return Request("POST", "/v1/transfers", {**wallets, **_money(wish)})
        case Kind.RESERVE:
            body = {"wallet_id": str(wish.source), "expires_in": wish.seconds, **_money(wish), **_destination(wish)}
            return Request("POST", "/v1/reservations", body)
        case Kind.CAPTURE:
            amount = {} if wish.amount is None else {"amount": str(wish.amount)}
            return _about("reservations", wish, "capture", {"final": wish.is_final, **amount, **_destination(wish)})
        case Kind.RELEASE:
            return _about("reservations", wish, "release", {})
        case Kind.EXTEND:
            return _about("reservations", wish, "extend", {"expires_in": wish.seconds})
        case Kind.REFUND:
            return _about("transactions", wish, "refunds", {"amount": str(wish.amount), "reason": "A test."})
        case Kind.REVERSAL:
            return _about("transactions", wish, "reversals", {"reason": "A test."})
        case Kind.STATUS:
            return Request("PUT", f"/v1/wallets/{wish.source}/status", {"status": wish.status, "reason": "A test."})
        case Kind.BALANCE:
            return Request("GET", f"/v1/wallets/{wish.source}/balance", {})
    raise AssertionError(f"nobody asks for {wish.kind}")


def _money(wish: Wish) -> dict[str, str]:
    return {"amount": str(wish.amount), "currency": wish.currency}


def _destination(wish: Wish) -> dict[str, str]:
    return {} if wish.destination is None else {"destination_wallet_id": str(wish.destination)}


def _about(what: str, wish: Wish, step: str, body: dict[str, Any]) -> Request:
    return Request("POST", f"/v1/{what}/{wish.about}/{step}", body)
