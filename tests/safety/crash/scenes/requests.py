"""Requests that move money, or say what may be done with it: one for each endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compliance.models import Caller
from ledger.ids import new_id
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.safety.crash.lives import Act, Answer, Tell
from tests.safety.crash.scenes.scene import Scene
from tests.safety.crash.scenes.stage import stage
from tests.wallets.scene import give_wallet, transfer_body
from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its key, which is sent again after a crash. `kept_as`: the key of its answer, if it has one."""

    client: Any
    path: str
    body: dict[str, Any]
    key: str | None
    kept_as: str = ""
    method: str = "post"
    if_match: str = ""

    def __call__(self, tell: Tell) -> None:
        headers = {"Idempotency-Key": self.key or "", "If-Match": self.if_match}
        headers = {name: value for name, value in headers.items() if value}
        response = getattr(self.client, self.method)(self.path, self.body, headers=headers)
        is_replay = response.headers.get("Idempotent-Replayed") == "true"
        tell(Answer(response.status_code, response.content.decode(), self.kept_as, is_replay))


def asking(path: str, body: dict[str, Any], *, by: Caller | None = None) -> Request:
    """A request with a new key; a program asks unless somebody else is named."""
    key = new_id().hex
    return Request(stage().client(by or stage().cast.bookings), path, body, key, kept_as=key)


def made(request: Request) -> dict[str, Any]:
    """What a request has made, which has to succeed."""
    response = request.client.post(request.path, request.body, headers={"Idempotency-Key": request.key})
    body: dict[str, Any] = response.json()
    assert response.status_code in (200, 201), body
    return body


def transfer() -> Act:
    return asking("/v1/transfers", transfer_body(stage().wallet("100"), stage().wallet(), "40"))


def refused_transfer() -> Act:
    return asking("/v1/transfers", transfer_body(stage().wallet("100"), stage().wallet(), "140"))


def payment_under_rules() -> Act:
    """A budget and a limit have to let it through, and are counted with it."""
    wallet, frida = stage().wallet("100"), stage().cast.frida
    made(asking("/v1/budgets", {"wallet_id": str(wallet.id), "total_amount": "600"}, by=frida))
    limit = {"user_id": str(wallet.user_id), "window": "DAILY", "currency": "EUR", "max_amount": "50"}
    assert stage().client(frida).put("/v1/limits", {**limit, "reason": "A test."}).status_code == 200
    body = {"type": "DEBIT", "amount": "40", "currency": "EUR", "reference_type": "booking"}
    return _booking(wallet, body)


def _booking(wallet: Wallet, body: dict[str, Any]) -> Request:
    reference = new_id().hex
    path = f"/v1/wallets/{wallet.id}/transactions"
    return Request(
        stage().client(stage().cast.bookings), path, {**body, "reference_id": reference}, None, kept_as=reference
    )


def debit() -> Act:
    body = {"type": "DEBIT", "amount": "40", "currency": "EUR", "reference_type": "booking"}
    return _booking(stage().wallet("100"), body)


def credit() -> Act:
    body = {"type": "CREDIT", "amount": "40", "currency": "EUR", "reference_type": "booking"}
    return _booking(stage().wallet(), body)


def first_credit() -> Act:
    """A company's first booking opens an account of its own before."""
    cast, reference = make_cast(), new_id().hex
    body = {"type": "CREDIT", "amount": "40", "currency": "EUR", "reference_type": "booking", "reference_id": reference}
    path = f"/v1/wallets/{give_wallet(cast.alice).id}/transactions"
    return Request(api_as(cast.bookings), path, body, None, kept_as=reference)


def _hold(*, to: Wallet | None = None) -> Request:
    body = {"wallet_id": str(stage().wallet("100").id), "amount": "30", "currency": "EUR"}
    return asking("/v1/reservations", body if to is None else {**body, "destination_wallet_id": str(to.id)})


def reserve() -> Act:
    return _hold(to=stage().wallet())


def _step(name: str, **body: Any) -> Callable[[], Act]:
    def prepare() -> Act:
        held = made(_hold(to=stage().wallet()))
        return asking(f"/v1/reservations/{held['reservation_id']}/{name}", body)

    return prepare


def reserve_and_capture() -> Act:
    """Two requests, one after the other: what the first was answered has to be there when the second dies."""
    body = {"wallet_id": str(stage().wallet("100").id), "amount": "30", "currency": "EUR"}
    first, key = asking("/v1/reservations", body), new_id().hex

    def act(tell: Tell) -> None:
        held: list[Answer] = []
        first(held.append)
        tell(held[0])
        hold_id = _id_in(held[0])
        Request(first.client, f"/v1/reservations/{hold_id}/capture", {}, key, kept_as=key)(tell)

    return act


def _id_in(answer: Answer) -> str:
    return str(json.loads(answer.body)["reservation_id"])


def _paid() -> str:
    body = transfer_body(stage().wallet("100"), stage().wallet(), "40")
    return str(made(asking("/v1/transfers", body))["txn_id"])


def refund() -> Act:
    body = {"amount": "10", "reason": "A cup was broken."}
    return asking(f"/v1/transactions/{_paid()}/refunds", body, by=stage().cast.frida)


def reversal() -> Act:
    return asking(f"/v1/transactions/{_paid()}/reversals", {"reason": "Booked twice."}, by=stage().cast.frida)


def _rows(amounts: tuple[str, ...]) -> list[dict[str, Any]]:
    source, destination = stage().wallet("100"), stage().wallet()
    rows = [transfer_body(source, destination, amount) for amount in amounts]
    return [{"idempotency_key": new_id().hex, **row} for row in rows]


def _batch(*amounts: str, atomic: bool) -> Callable[[], Act]:
    def prepare() -> Act:
        body = {"atomic": atomic, "transfers": _rows(amounts)}
        return Request(stage().client(stage().cast.bookings), "/v1/transfers/batch", body, None)

    return prepare


def batch_of_reversals() -> Act:
    rows = [{"idempotency_key": new_id().hex, "txn_id": _paid(), "reason": "Booked twice."} for _ in range(2)]
    body = {"atomic": True, "reversals": rows}
    return Request(stage().client(stage().cast.frida), "/v1/reversals/batch", body, None)


def opening() -> Act:
    body = {"user_id": str(stage().person().id), "currency": "EUR", "type": "PRIMARY", "initial_balance": "125.50"}
    return asking("/v1/wallets", body, by=stage().cast.frida)


REQUESTS = (
    Scene("transfer", transfer, is_money=True),
    Scene("transfer that is refused", refused_transfer),
    Scene("payment under a budget and a limit", payment_under_rules),
    Scene("payment", debit),
    Scene("credit", credit),
    Scene("the first credit of a company", first_credit, commits=2),
    Scene("reserve", reserve),
    Scene("reserve, then capture", reserve_and_capture, commits=2, is_money=True),
    Scene("capture", _step("capture")),
    Scene("capture of a part", _step("capture", amount="10", final=False)),
    Scene("release", _step("release")),
    Scene("extend", _step("extend", expires_in=3600)),
    Scene("refund", refund, is_money=True),
    Scene("reversal", reversal),
    Scene("batch, each for itself", _batch("10", "2000", "20", atomic=False)),
    Scene("batch, all or none", _batch("10", "20", "30", atomic=True)),
    Scene("batch, none", _batch("10", "2000", "30", atomic=True)),
    Scene("batch of reversals", batch_of_reversals),
    Scene("opening a wallet with money", opening),
)
