"""Why something was refused, or would be: a plain sentence, and every gate that was asked. The page of a document, the
answer to "why can't this wallet pay?" and the message under a button say it in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ledger.admin.cells import EMPTY, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.api.refusals import refusal_sentence
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode
from ledger.errors import ServiceError
from ledger.money import plain
from ledger.selectors.assets import get_asset

GateCell = Callable[[Gate], Any]
"""Whose gate it is, as far as the reader may know."""
GOES_THROUGH = "Yes, it would go through: nothing stands in the way."
HEADERS = ("Asked", "Of", "Answer", "Required", "Left", "Short by", "Starts anew")
_QUESTIONS = {
    GateKind.WALLET: "May money move here?",
    GateKind.CURRENCY: "Is it the wallet's currency?",
    GateKind.FUNDS: "Is enough there?",
    GateKind.BUDGET: "Does the budget allow it?",
    GateKind.LIMIT: "Does the limit allow it?",
    GateKind.CONDITION: "Does the condition hold?",
}


def sentence(code: RefusalCode | None, gates: Iterable[Gate], asset_code: str) -> str:
    """The answer in one plain sentence."""
    if code is None:
        return GOES_THROUGH
    return refusal_sentence(Refusal(code, tuple(gates)), get_asset(asset_code))


def gates_table(title: str, gates: Iterable[Gate], asset_code: str, of: GateCell, *, note: str = "") -> Table:
    """Every gate, met or not, with the figures of that moment."""
    rows = [
        [
            _QUESTIONS[gate.kind],
            of(gate),
            label_cell(_answer(gate)),
            _figure(gate, gate.required, asset_code),
            _figure(gate, gate.available, asset_code),
            _figure(gate, gate.shortfall, asset_code),
            gate.resets_at or EMPTY,
        ]
        for gate in gates
    ]
    return Table(title, HEADERS, rows, note)


def refusal_message(error: ServiceError, words: str) -> SafeString | str:
    """What a button says that was refused: the words, and under them the gates that have figures."""
    told = [gate for gate in error.data.get("gates", ()) if gate["required"] is not None]
    if not told:
        return words
    rows = [
        [
            _QUESTIONS[GateKind(gate["gate"])],
            gate["name"] or (gate["id"] if gate["gate"] == GateKind.CONDITION else EMPTY),
            label_cell("NOT MET"),
            *(_number(gate[figure] or EMPTY) for figure in ("required", "available", "shortfall")),
            EMPTY if gate["resets_at"] is None else datetime.fromisoformat(gate["resets_at"]),
        ]
        for gate in told
    ]
    table = render_to_string("admin/gates.html", {"headers": HEADERS, "rows": rows, "numbers": Table.numbers})
    return format_html("{} {}", words, mark_safe(table))  # noqa: S308 - the template escapes


def _answer(gate: Gate) -> str:
    """A budget or limit that only warns lets more pass than it has left: that is no plain yes."""
    if not gate.ok:
        return "NOT MET"
    is_rule = gate.kind in (GateKind.BUDGET, GateKind.LIMIT)
    is_more = gate.required is not None and gate.available is not None and gate.required > gate.available
    return "ONLY WARNS" if is_rule and is_more else "MET"


def _number(text: str) -> SafeString:
    return format_html('<span class="money">{}</span>', text)


def _figure(gate: Gate, figure: Decimal | None, asset_code: str) -> str:
    """An amount, unless it is a version or a count."""
    if (gate.id == "version" or gate.unit) and figure is not None:
        return _number(plain(figure))
    return money_cell(figure, asset_code)
