"""Many transfers as one: all of them or none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.paying import transfer
from walletsite.demo.journeys.stage import Stage


def _together(*transfers: dict[str, str]) -> Request:
    rows: list[dict[str, Any]] = [{"idempotency_key": new_key(), **row} for row in transfers]
    return Request("POST", "/v1/transfers/batch", {"atomic": True, "transfers": rows})


def settle_all_or_nothing(stage: Stage, cast: Cast) -> None:
    """The third of three cannot be paid, so none is; then all are."""
    mia, lena, frida = cast.mia, cast.lena, cast.frida
    too_much = f"{stage.balance(lena) + Decimal('500.00')}"
    outward = transfer(lena, mia, "20.00", "Train tickets"), transfer(lena, mia, "7.50", "Coffee")
    with stage.balances({mia: "0", lena: "0"}):
        batch = _together(*outward, transfer(lena, mia, too_much, "Far too much"))
        code = "funds.insufficient"
        stage.step(frida, "settles three debts as one; the last is too large.", batch, expect=422, code=code, index=2)
        stage.note("The third was refused, so the first two did not happen either.")
    with stage.balances({mia: "27.50", lena: "-27.50"}):
        done = stage.step(frida, "settles the two that can be paid.", _together(*outward), expect=200)
        states = [row["status"] for row in done.body["results"]]
        stage.require(states == ["COMPLETED", "COMPLETED"], f"both should be completed, they are {states}")
    with stage.balances({mia: "-27.50", lena: "27.50"}):
        back = transfer(mia, lena, "20.00", "Train tickets"), transfer(mia, lena, "7.50", "Coffee")
        stage.step(frida, "turns both around: it was only a demonstration.", _together(*back), expect=200)
