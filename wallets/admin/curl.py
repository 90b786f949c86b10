"""The calls of the interface that show a document, and that make one like it, to be pasted into a terminal. They hold
no secret: the token is `$TOKEN`, and each new key is made where the call is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from shlex import quote
from typing import Any

from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.holds import Reservation
from ledger.selectors.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Call:
    """A call as one pastes it, and what it does."""

    title: str
    text: str


def calls_for(document: Transaction, hold: Reservation | None, *, base: str) -> list[Call]:
    """What shows a document, and what would make the like where the interface has a route for it.

    Args:
        base: where this service answers, without a slash at the end.
    """
    shown = Call("Show it", _get(f"{base}/v1/transactions/{document.id}"))
    decision = Call("Show why", _get(f"{base}/v1/transactions/{document.id}/decision"))
    like = _like(document, hold)
    if like is None:
        return [shown, decision]
    path, body = like
    return [shown, decision, Call("Make the like", _post(f"{base}{path}", body))]


def _like(document: Transaction, hold: Reservation | None) -> tuple[str, dict[str, Any]] | None:
    """Path and body of the request; None where only the service itself makes such documents."""
    if document.type in {"REFUND", "REVERSAL"}:
        return _undoing(document)
    if hold is not None:
        return "/v1/reservations", _reservation(document, hold)
    if document.type == "TRANSFER":
        sides = {
            "from_wallet_id": str(document.source_wallet_id),
            "to_wallet_id": str(document.destination_wallet_id),
        }
        return "/v1/transfers", {**sides, **_money(document), **_words(document)}
    if document.reference_type == "wallet":
        return None  # the opening balance of a wallet
    wallet_id = document.source_wallet_id or document.destination_wallet_id
    type = "CREDIT" if document.source_wallet_id is None else "DEBIT"
    reference = {"reference_id": document.reference_id, "reference_type": document.reference_type}
    told = {name: value for name, value in reference.items() if value}
    return f"/v1/wallets/{wallet_id}/transactions", {"type": type, **_money(document), **_words(document), **told}


def _undoing(document: Transaction) -> tuple[str, dict[str, Any]]:
    path = f"/v1/transactions/{document.original_transaction_id}"
    reason = {"reason": document.description or "As agreed."}
    if document.type == "REVERSAL":
        return f"{path}/reversals", reason
    return f"{path}/refunds", {"amount": _amount(document), **reason}


def _reservation(document: Transaction, hold: Reservation) -> dict[str, Any]:
    amount = format_amount(hold.amount, get_asset(hold.asset_id).cash_scale)
    body = {"wallet_id": str(hold.wallet_id), "amount": amount, "currency": hold.asset_id}
    told = {
        "purpose": hold.purpose,
        "reference_id": document.reference_id,
        "destination_wallet_id": hold.destination_wallet_id and str(hold.destination_wallet_id),
        "metadata": document.metadata,
    }
    return body | {name: value for name, value in told.items() if value}


def _money(document: Transaction) -> dict[str, str]:
    return {"amount": _amount(document), "currency": document.asset_id}


def _amount(document: Transaction) -> str:
    return format_amount(document.amount, get_asset(document.asset_id).cash_scale)


def _words(document: Transaction) -> dict[str, Any]:
    told = {"description": document.description, "metadata": document.metadata}
    return {name: value for name, value in told.items() if value}


def _get(url: str) -> str:
    return f'curl --header "Authorization: Bearer $TOKEN" {quote(url)}'


def _post(url: str, body: dict[str, Any]) -> str:
    lines = (
        'curl --header "Authorization: Bearer $TOKEN"',
        '--header "Idempotency-Key: $(uuidgen)"',
        "--json",
    )
    return " \\\n    ".join([*lines[:2], f"{lines[2]} {quote(json.dumps(body, ensure_ascii=False))}", quote(url)])
