"""Mia pays a colleague: once, the same once more by accident, and more than she has."""

from __future__ import annotations

from decimal import Decimal

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.stage import Actor, Stage


def transfer(source: Actor, destination: Actor, amount: str, description: str) -> dict[str, str]:
    """The body of a transfer in euros."""
    return {
        "from_wallet_id": source.wallet_id,
        "to_wallet_id": destination.wallet_id,
        "amount": amount,
        "currency": "EUR",
        "description": description,
    }


def pay_a_colleague(stage: Stage, cast: Cast) -> None:
    """Pay, repeat after a lost answer, misuse the key, and get the money back."""
    mia, lena, key = cast.mia, cast.lena, new_key()
    look = Request("GET", f"/v1/wallets/{mia.wallet_id}")
    stage.step(mia, "looks at her wallet.", look, expect=200, currency="EUR", status="ACTIVE")
    pay = Request("POST", "/v1/transfers", transfer(mia, lena, "12.50", "Lunch"), key)
    with stage.balances({mia: "-12.50", lena: "12.50"}):
        paid = stage.step(mia, "pays Lena for lunch.", pay, expect=201, status="COMPLETED", amount="12.50")
    with stage.balances({mia: "0", lena: "0"}):
        again = stage.step(mia, "lost the answer and sends the same again, under the same key.", pay, expect=201)
        stage.require(again.is_replay and again.body == paid.body, "the first answer should have come again")
        stage.note("The first answer came again. The money moved once.")
        other = Request("POST", "/v1/transfers", transfer(mia, lena, "99.00", "Lunch"), key)
        stage.step(mia, "uses that key for something else.", other, expect=422, code="idempotency.key_reused")
    back = Request("POST", "/v1/transfers", transfer(lena, mia, "12.50", "My treat"), new_key())
    with stage.balances({mia: "12.50", lena: "-12.50"}):
        stage.step(lena, "gives it back: her treat.", back, expect=201, status="COMPLETED")


def spend_too_much(stage: Stage, cast: Cast) -> None:
    """Ask first, then try: the refusal says what is missing, to the cent."""
    mia, lena = cast.mia, cast.lena
    amount = f"{stage.balance(mia) + Decimal('1000.00')}"
    wish = transfer(mia, lena, amount, "A bicycle")
    with stage.balances({mia: "0", lena: "0"}):
        ask = Request("POST", "/v1/transfers?dry_run=true", wish)
        stage.step(mia, "asks whether she could afford a bicycle.", ask, expect=200, would_apply=False)
        buy = Request("POST", "/v1/transfers", wish, new_key())
        refused = stage.step(mia, "tries all the same.", buy, expect=422, code="funds.insufficient")
        shortfalls = [gate["shortfall"] for gate in refused.body["gates"]]
        stage.require(shortfalls == ["1000.00"], f"1000.00 are missing, the answer says {shortfalls}")
        stage.note(f"“{refused.body['detail']}” Nothing moved.")
    kept = Request("GET", f"/v1/transactions/{refused.body['txn_id']}")
    stage.step(mia, "finds the attempt in her history.", kept, expect=200, status="FAILED")
