"""How the machine's no is told to a client: a sentence for people, figures for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.api.rule_texts import rule_sentence
from ledger.api.times import rfc3339
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode
from ledger.errors import Refused
from ledger.money import format_amount
from ledger.selectors.assets import Asset

_SENTENCES = {
    RefusalCode.SAME_WALLET: "Source and destination are the same wallet.",
    RefusalCode.ALREADY_EXISTS: "This wallet exists already.",
    RefusalCode.INVALID_TRANSITION: "A closed wallet stays closed.",
    RefusalCode.NOT_EMPTY: "The wallet still holds money or open reservations. Empty it first.",
    RefusalCode.HOLD_NOT_OPEN: "The reservation has ended: it was captured or released.",
    RefusalCode.HOLD_EXPIRED: "The deadline of the reservation has passed.",
    RefusalCode.NOT_REVERSIBLE: "Only a completed transaction that was not undone before can be undone.",
    RefusalCode.CAPTURE_EXCEEDS: "More than what is left of the reservation.",
    RefusalCode.REFUND_EXCEEDS: "More than what is left to refund.",
    RefusalCode.CLOSED: "The wallet is closed.",
    RefusalCode.FROZEN: "The wallet is frozen.",
    RefusalCode.SUSPENDED: "The wallet is suspended: nothing may leave it.",
    RefusalCode.CURRENCY_MISMATCH: "The wallet holds another currency.",
    RefusalCode.FUNDS_INSUFFICIENT: "Not enough money is available.",
    RefusalCode.BUDGET_NOT_EVALUABLE: "A budget or limit that binds cannot be asked just now.",
    RefusalCode.BUDGET_EXCEEDED: "A budget would be exceeded.",
    RefusalCode.LIMIT_EXCEEDED: "A limit would be exceeded.",
    RefusalCode.PRECONDITION_FAILED: "A condition of the request does not hold.",
}


def refused(refusal: Refusal, asset: Asset, *, txn_id: UUID | None = None) -> Refused:
    """The error that answers a refusal.

    Args:
        refusal: what the machine decided.
        asset: in whose units the gates' figures are.
        txn_id: the failed document, when one was kept.

    Returns:
        An error with every failing gate: `required`, `available` and `shortfall` as decimal strings.
    """
    data: dict[str, Any] = {"gates": [gate_view(gate, asset) for gate in refusal.gates if not gate.ok]}
    if txn_id is not None:
        data["txn_id"] = str(txn_id)
    if refusal.blockers:
        data["blockers"] = [
            {"bucket": bucket, "amount": format_amount(amount, asset.cash_scale)} for bucket, amount in refusal.blockers
        ]
    return Refused(refusal_sentence(refusal, asset), code=refusal.code.value, **data)


def gate_view(gate: Gate, asset: Asset) -> dict[str, Any]:
    """One gate as docs/interface.md shows it. A version is a number, every other figure an amount."""
    scale = 0 if _is_version(gate) or gate.unit else asset.cash_scale
    return {
        "gate": gate.kind.value,
        "id": str(gate.id),
        "name": gate.name or None,
        "required": _figure(gate.required, scale),
        "available": _figure(gate.available, scale),
        "shortfall": _figure(gate.shortfall, scale),
        "resets_at": rfc3339(gate.resets_at),
    }


def decided_gate_view(gate: Gate, asset: Asset) -> dict[str, Any]:
    """One gate of a decision, whether it was passed or not."""
    return {"gate": gate.kind.value, "id": str(gate.id), "ok": gate.ok} | gate_view(gate, asset)


_CONDITIONS = {
    "state": "The stage that its transaction has reached does not allow this step.",
    "destination": "The reservation is for another wallet already.",
}
"""Sentences for conditions that have no figures, by the gate's id."""


def refusal_sentence(refusal: Refusal, asset: Asset) -> str:
    """What a refusal says to people."""
    leading = next((gate for gate in refusal.gates if gate.code is refusal.code), None)
    if leading is not None and leading.name:
        return f"Refused: {rule_sentence(leading, asset)}"
    plain = _CONDITIONS.get(str(leading.id) if leading else "", _SENTENCES[refusal.code])
    if leading is None or leading.required is None or leading.available is None or _is_version(leading):
        return f"Refused: {plain}"
    available, required = (format_amount(figure, asset.cash_scale) for figure in (leading.available, leading.required))
    return f"Refused: {available} {asset.code} available, this needs {required} {asset.code}."


def _is_version(gate: Gate) -> bool:
    return gate.kind is GateKind.CONDITION and gate.id == "version"


def _figure(figure: Decimal | None, scale: int) -> str | None:
    return None if figure is None else format_amount(figure, scale)
