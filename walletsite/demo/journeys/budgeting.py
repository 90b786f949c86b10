"""What managers allow and what becomes of it: a budget that is met, asked for more, and given back to; a limit."""

from __future__ import annotations

from typing import Any

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Answer, Request
from walletsite.demo.journeys.paying import transfer
from walletsite.demo.journeys.stage import Actor, Stage


def _trip(wallet: Actor, amount: str, category: str, description: str) -> Request:
    body = {"type": "DEBIT", "amount": amount, "currency": "EUR", "description": description}
    reference = {"reference_type": "booking", "reference_id": new_key()}
    path = f"/v1/wallets/{wallet.wallet_id}/transactions"
    return Request("POST", path, {**body, **reference, "metadata": {"category": category}})


def _look(stage: Stage, mia: Actor, budget_id: str, does: str, *, left: str, used: str) -> Answer:
    look = Request("GET", f"/v1/budgets/{budget_id}")
    return stage.step(mia, does, look, expect=200, used_amount=used, remaining_amount=left)


def ask_for_more(stage: Stage, cast: Cast) -> None:
    """200 a week: 140 fit, 90 more do not; asked for and approved, they are booked without being sent again."""
    mia, lena, category = cast.mia, cast.lena, new_key()
    wanted = {"wallet_id": mia.wallet_id, "total_amount": "200.00", "period_type": "WEEKLY", "categories": [category]}
    described = {"name": "Weekly trips", "thresholds": [50, 80, 100], "reason": "The customer in Hamburg."}
    set_it = Request("POST", "/v1/budgets", {**wanted, **described}, new_key())
    made = stage.step(lena, "gives Mia 200.00 a week for trips.", set_it, expect=201, remaining_amount="200.00")
    id = made.body["budget_id"]
    twice = Request("POST", "/v1/budgets", {**wanted, **described}, new_key())
    stage.step(lena, "sets the same again by mistake.", twice, expect=409, code="budget.overlap", existing_id=id)
    with stage.balances({mia: "-140.00"}):
        hotel = _trip(mia, "140.00", category, "Hotel in Hamburg, one night")
        fits = stage.step(cast.bookings, "debits a hotel night.", hotel, expect=201, status="COMPLETED")
    _look(stage, mia, id, "sees what is left of the week.", used="140.00", left="60.00")
    with stage.balances({mia: "0"}):
        train = _trip(mia, "90.00", category, "Train Berlin–Hamburg")
        refused = stage.step(cast.bookings, "debits a train.", train, expect=422, code="budget.exceeded")
        stage.note(str(refused.body["detail"]))
    with stage.balances({mia: "-90.00"}):
        approved = _request_and_approve(stage, cast, refused.body["txn_id"])
    _look(stage, mia, id, "sees that the train is booked.", used="230.00", left="10.00")
    _give_back(stage, cast, [fits.body["txn_id"], approved.body["retry_txn_id"]])
    given = _look(stage, mia, id, "has all of it again.", used="0.00", left="240.00")
    end = Request("PUT", f"/v1/budgets/{id}", {"status": "SUSPENDED", "reason": "No more trips."})
    seen = Request(end.method, end.path, end.body, if_match=given.headers["etag"])
    asked = stage.step(lena, "wants it suspended: then nothing would be refused, so that takes two.", seen, expect=202)
    agree = Request("POST", f"/v1/approvals/{asked.body['approval']['approval_id']}/approve", {"reason": "It is over."})
    stage.step(cast.marta, "agrees.", agree, expect=200, status="APPROVED")


def _request_and_approve(stage: Stage, cast: Cast, txn_id: str) -> Answer:
    wish = {"txn_id": txn_id, "kind": "THIS_PERIOD", "amount": "40.00", "reason": "The customer insists."}
    ask = Request("POST", "/v1/budget-requests", wish, new_key())
    asked = stage.step(cast.mia, "asks for 40.00 more, this week only.", ask, expect=201, retry="PARKED")
    approve = Request("POST", f"/v1/budget-requests/{asked.body['request_id']}/approve", {"reason": "Go!"})
    approved = stage.step(cast.lena, "approves it.", approve, expect=200, status="APPROVED", retry="ACCEPTED")
    stage.note("The train was booked by the approval; nobody had to send it again.")
    return approved


def _give_back(stage: Stage, cast: Cast, txn_ids: list[str]) -> None:
    with stage.balances({cast.mia: "230.00"}):
        for txn_id in txn_ids:
            back: dict[str, Any] = {"reason": "It was only a demonstration."}
            undo = Request("POST", f"/v1/transactions/{txn_id}/reversals", back, new_key())
            stage.step(
                cast.bookings, "turns it around: it was only a demonstration.", undo, expect=201, type="REVERSAL"
            )


def meet_a_limit(stage: Stage, cast: Cast) -> None:
    """Two transfers a week, and no third."""
    mia, lena = cast.mia, cast.lena
    wallet = mia.client.send(Request("GET", f"/v1/wallets/{mia.wallet_id}")).body
    wanted = {"user_id": wallet["user_id"], "limited_type": "TRANSFER", "window": "WEEKLY", "currency": "EUR"}
    limit = Request("PUT", "/v1/limits", {**wanted, "max_count": 2, "reason": "Too many small ones."})
    made = stage.step(lena, "limits Mia to two transfers a week.", limit, expect=200, status="ACTIVE", max_count=2)

    def pay() -> Request:
        return Request("POST", "/v1/transfers", transfer(mia, lena, "2.00", "Coffee"), new_key())

    with stage.balances({mia: "-4.00", lena: "4.00"}):
        stage.step(mia, "pays Lena a coffee.", pay(), expect=201, status="COMPLETED")
        stage.step(mia, "pays another one.", pay(), expect=201, status="COMPLETED")
        refused = stage.step(mia, "cannot pay a third.", pay(), expect=422, code="limit.exceeded")
        stage.note(str(refused.body["detail"]))
    path = f"/v1/limits/{made.body['limit_id']}/end"
    stage.step(lena, "lifts the limit.", Request("POST", path, {"reason": "Fine."}), expect=200, status="ENDED")
    with stage.balances({mia: "4.00", lena: "-4.00"}):
        back = Request("POST", "/v1/transfers", transfer(lena, mia, "4.00", "My treat"), new_key())
        stage.step(lena, "gives it back: her treat.", back, expect=201, status="COMPLETED")
