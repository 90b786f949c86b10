"""Four eyes: finance proposes an adjustment, and somebody else lets it happen."""

from __future__ import annotations

from typing import Any

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.stage import Actor, Stage


def _answer(approval_id: str, word: str, reason: str) -> Request:
    return Request("POST", f"/v1/approvals/{approval_id}/{word}", {"reason": reason})


def _propose(stage: Stage, cast: Cast, whose: Actor, direction: str, reason: str) -> str:
    body: dict[str, Any] = {"wallet_id": whose.wallet_id, "direction": direction, "amount": "25.00", "currency": "EUR"}
    ask = Request("POST", "/v1/adjustments", {**body, "reason": reason}, new_key())
    said = "proposes an adjustment: " + reason
    approval_id: str = stage.step(cast.frida, said, ask, expect=202).body["approval"]["approval_id"]
    return approval_id


def check_by_four_eyes(stage: Stage, cast: Cast) -> None:
    """Propose, fail to approve it oneself, let somebody else approve; take it back the same way; reject another."""
    lena, frida, marta = cast.lena, cast.frida, cast.marta
    with stage.balances({lena: "0"}):
        there = _propose(stage, cast, lena, "CREDIT", "The provider charged twice.")
        own = _answer(there, "approve", "I am sure.")
        stage.step(frida, "cannot approve it herself.", own, expect=403, code="approval.own")
    with stage.balances({lena: "25.00"}):
        seen = _answer(there, "approve", "It is on the statement.")
        stage.step(marta, "approves it.", seen, expect=200, status="APPROVED")
    with stage.balances({lena: "-25.00"}):
        back = _propose(stage, cast, lena, "DEBIT", "The provider has paid it back.")
        stage.step(marta, "approves that too.", _answer(back, "approve", "It came."), expect=200, status="APPROVED")
    with stage.balances({lena: "0"}):
        wrong = _propose(stage, cast, lena, "CREDIT", "The provider charged three times.")
        no = _answer(wrong, "reject", "It did not.")
        stage.step(marta, "rejects the next one.", no, expect=200, status="REJECTED")
    kept = Request("GET", f"/v1/approvals/{wrong}")
    stage.step(cast.audrey, "finds it, and why.", kept, expect=200, status="REJECTED")
