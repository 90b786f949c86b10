"""A parcel that never came: some of the price comes back, never more than was paid; then the whole of another."""

from __future__ import annotations

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.paying import transfer
from walletsite.demo.journeys.stage import Stage


def undo(txn_id: str, how: str, reason: str, amount: str = "") -> Request:
    """Refund or reverse a transaction."""
    body = {"reason": reason} | ({"amount": amount} if amount else {})
    return Request("POST", f"/v1/transactions/{txn_id}/{how}", body, new_key())


def send_money_back(stage: Stage, cast: Cast) -> None:
    """Pay, refund in parts, fail to refund too much, then reverse a payment that was made twice."""
    mia, lena, frida = cast.mia, cast.lena, cast.frida
    order = Request("POST", "/v1/transfers", transfer(mia, lena, "30.00", "Three parcels"), new_key())
    with stage.balances({mia: "-30.00", lena: "30.00"}):
        paid = stage.step(mia, "pays Lena for three parcels.", order, expect=201).body["txn_id"]
    with stage.balances({mia: "20.00", lena: "-20.00"}):
        for amount, reason in (("12.00", "One came broken."), ("8.00", "One never came.")):
            refund = undo(paid, "refunds", reason, amount)
            stage.step(frida, f"refunds {amount}. {reason}", refund, expect=201, original_txn_id=paid)
    with stage.balances({mia: "0", lena: "0"}):
        more = undo(paid, "refunds", "She is still angry.", "10.01")
        stage.step(frida, "cannot refund more than was paid.", more, expect=422, code="refund.exceeds_original")
        whole = undo(paid, "reversals", "All of it.")
        stage.step(frida, "cannot reverse it any more.", whole, expect=422, code="transaction.not_reversible")
    look = Request("GET", f"/v1/transactions/{paid}")
    stage.step(mia, "looks at her payment.", look, expect=200, status="COMPLETED", refunded_amount="20.00")
    with stage.balances({mia: "10.00", lena: "-10.00"}):
        rest = undo(paid, "refunds", "The third came late.", "10.00")
        stage.step(frida, "refunds the rest.", rest, expect=201)
    again = Request("POST", "/v1/transfers", transfer(mia, lena, "5.00", "Stamps"), new_key())
    with stage.balances({mia: "0", lena: "0"}):
        stamps = stage.step(mia, "pays for stamps that Lena has given her.", again, expect=201).body["txn_id"]
        reverse = undo(stamps, "reversals", "They were a gift.")
        stage.step(cast.bookings, "reverses the payment.", reverse, expect=201, type="REVERSAL", original_txn_id=stamps)
    stage.step(mia, "sees it reversed.", Request("GET", f"/v1/transactions/{stamps}"), expect=200, status="REVERSED")
