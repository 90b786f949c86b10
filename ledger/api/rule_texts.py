"""What a budget or limit that says no says to people."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.core.refusals import Gate, GateKind, RefusalCode
from ledger.money import ZERO, format_amount
from ledger.selectors.assets import Asset


def rule_sentence(gate: Gate, asset: Asset) -> str:
    """What is left, what is needed, and when there will be more: "Weekly budget has 60.00 EUR left, this needs 90.00.
    Resets Monday 6 April 00:00 Berlin."

    Args:
        gate: a failed one with a name. asset: in whose units its figures are, unless it counts.
    """
    if gate.code is RefusalCode.BUDGET_NOT_EVALUABLE or gate.required is None or gate.available is None:
        return f"{gate.name} binds, and cannot be asked about this just now."
    said = _count(gate) if gate.unit else _amounts(gate, asset)
    return said if gate.resets_at is None else f"{said} Resets {_moment(gate.resets_at, gate.zone)}."


def _count(gate: Gate) -> str:
    """Counts are whole, though the ledger hands them over with the decimals of its columns."""
    required, available = _asked(gate)
    left = format_amount(max(available, ZERO), 0)
    return f"{gate.name} has {left} of its transactions left, this needs {format_amount(required, 0)}."


def _amounts(gate: Gate, asset: Asset) -> str:
    asked = _asked(gate)
    required, left = (format_amount(abs(figure), asset.cash_scale) for figure in asked)
    if gate.kind is GateKind.LIMIT and gate.resets_at is None:
        return f"{gate.name} is {left} {asset.code}, this is {required}."
    if asked[1] < 0:
        return f"{gate.name} is exceeded by {left} {asset.code} already, this needs {required}."
    return f"{gate.name} has {left} {asset.code} left, this needs {required}."


def _asked(gate: Gate) -> tuple[Decimal, Decimal]:
    """What was needed, and what was left."""
    assert gate.required is not None, "it was asked"
    assert gate.available is not None, "it was asked"
    return gate.required, gate.available


def _moment(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    place = zone.rpartition("/")[2].replace("_", " ")
    return f"{local:%A} {local.day} {local:%B} {local:%H:%M} {place}"
