"""What managers, finance and auditors do with wallets that are not theirs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from walletsite.demo.journeys.booking import booking
from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.paying import transfer
from walletsite.demo.journeys.stage import Actor, Stage


def set_status(wallet: Actor, status: str, reason: str) -> Request:
    """The request that freezes, reopens or closes a wallet."""
    return Request("PUT", f"/v1/wallets/{wallet.wallet_id}/status", {"status": status, "reason": reason})


def lose_a_phone(stage: Stage, cast: Cast) -> None:
    """Freeze, refuse, unfreeze, accept, refund."""
    mia, lena, bookings = cast.mia, cast.lena, cast.bookings
    freeze = set_status(mia, "FROZEN", "Phone lost on the train.")
    stage.step(lena, "freezes Mia's wallet: the phone is gone.", freeze, expect=200, status="FROZEN")
    with stage.balances({mia: "0"}):
        taxi = booking(mia, "DEBIT", "23.40", new_key(), "Taxi to the station")
        stage.step(bookings, "tries to debit a taxi.", taxi, expect=422, code="wallet.frozen")
        pay = Request("POST", "/v1/transfers", transfer(mia, lena, "5.00", "Coffee"), new_key())
        stage.step(mia, "cannot pay either.", pay, expect=422, code="wallet.frozen")
        reopen = set_status(mia, "ACTIVE", "Found it.")
        stage.step(mia, "may not lift the freeze herself.", reopen, expect=403, code="auth.forbidden")
    found = set_status(mia, "ACTIVE", "The phone was handed in.")
    stage.step(lena, "lifts it: the phone was handed in.", found, expect=200, status="ACTIVE")
    reference = new_key()
    with stage.balances({mia: "-23.40"}):
        taxi = booking(mia, "DEBIT", "23.40", reference, "Taxi to the station")
        stage.step(bookings, "debits the next taxi.", taxi, expect=201, status="COMPLETED")
    with stage.balances({mia: "23.40"}):
        refund = booking(mia, "CREDIT", "23.40", reference, "Refund: Taxi to the station")
        stage.step(bookings, "refunds it: it never came.", refund, expect=201, status="COMPLETED")


def audit_a_wallet(stage: Stage, cast: Cast) -> None:
    """The auditor reads everything and moves nothing; a colleague does not even learn that the wallet exists."""
    mia, lena, audrey = cast.mia, cast.lena, cast.audrey
    recent = Request("GET", f"/v1/wallets/{mia.wallet_id}/transactions?limit=1&status=completed")
    (last,) = stage.step(audrey, "reads Mia's last transaction.", recent, expect=200).body["transactions"]
    entries = Request("GET", f"/v1/transactions/{last['txn_id']}/entries")
    lines = stage.step(audrey, "asks for its entries.", entries, expect=200).body["data"]
    total = sum(Decimal(line["amount"]) for line in lines)
    stage.require(len(lines) >= 2 and total == 0, f"entries add up to zero, these to {total}")
    stage.note(f"{len(lines)} entries that add up to zero.")
    _check_statement(stage, audrey, mia)
    with stage.balances({mia: "0", lena: "0"}):
        pay = Request("POST", "/v1/transfers", transfer(mia, lena, "1.00", "Test"), new_key())
        stage.step(audrey, "tries to move a euro.", pay, expect=403, code="auth.forbidden")
        freeze = set_status(mia, "FROZEN", "Test.")
        stage.step(audrey, "tries to freeze the wallet.", freeze, expect=403, code="auth.forbidden")
    peek = Request("GET", f"/v1/wallets/{lena.wallet_id}/balance")
    stage.step(mia, "tries to peek into her manager's wallet.", peek, expect=404, code="not_found")


def _check_statement(stage: Stage, auditor: Actor, owner: Actor) -> None:
    look = Request("GET", f"/v1/wallets/{owner.wallet_id}/balance")
    now = stage.step(auditor, f"looks at {owner.name}'s balance.", look, expect=200).body
    start = date.fromisoformat(now["as_of"][:10]) - timedelta(days=90)
    draw = Request("GET", f"/v1/wallets/{owner.wallet_id}/statement?from={start}")
    statement = stage.step(auditor, "draws the statement of the last ninety days.", draw, expect=200).body
    moved = sum(Decimal(line["amount"]) for line in statement["lines"])
    opening, closing = Decimal(statement["opening_balance"]), Decimal(statement["closing_balance"])
    stage.require(opening + moved == closing, f"{opening} and {moved:+} should make {closing}")
    stage.require(closing == Decimal(now["available"]), f"{closing} should be the balance, {now['available']}")
    stage.note(f"{opening} opening {moved:+} in {len(statement['lines'])} lines = {closing} closing = the balance.")
