"""What a budget or limit that says no says to people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from ledger.api.refusals import refused
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode
from tests.ledger.api.conftest import ASSETS

RULE = uuid4()
WEEKLY = Gate(
    GateKind.BUDGET,
    RULE,
    RefusalCode.BUDGET_EXCEEDED,
    Decimal(90),
    Decimal(60),
    name="Weekly budget",
    resets_at=datetime(2026, 4, 5, 22, tzinfo=UTC),
    zone="Europe/Berlin",
)
PAYMENTS = replace(
    WEEKLY,
    kind=GateKind.LIMIT,
    code=RefusalCode.LIMIT_EXCEEDED,
    required=Decimal(1),
    available=Decimal(0),
    name="Payments a day",
    unit="COUNT",
    zone="America/Argentina/Buenos_Aires",
)
SINGLE = Gate(GateKind.LIMIT, RULE, RefusalCode.LIMIT_EXCEEDED, Decimal("40.01"), Decimal(40), name="Single payment")
MOVED = Gate(GateKind.BUDGET, RULE, RefusalCode.BUDGET_EXCEEDED, Decimal("70.01"), Decimal(70), name="Travel")
SILENT = Gate(GateKind.BUDGET, RULE, RefusalCode.BUDGET_NOT_EVALUABLE, name="Team budget")

TEXTS = [
    (WEEKLY, "Weekly budget has 60.00 EUR left, this needs 90.00. Resets Monday 6 April 00:00 Berlin."),
    (
        replace(WEEKLY, available=Decimal("-12.5")),
        "Weekly budget is exceeded by 12.50 EUR already, this needs 90.00. Resets Monday 6 April 00:00 Berlin.",
    ),
    (
        PAYMENTS,
        "Payments a day has 0 of its transactions left, this needs 1. Resets Sunday 5 April 19:00 Buenos Aires.",
    ),
    (
        replace(PAYMENTS, required=Decimal("1E0"), available=Decimal("0E-18")),
        "Payments a day has 0 of its transactions left, this needs 1. Resets Sunday 5 April 19:00 Buenos Aires.",
    ),
    (
        replace(PAYMENTS, available=Decimal("-2.000000000000000000")),
        "Payments a day has 0 of its transactions left, this needs 1. Resets Sunday 5 April 19:00 Buenos Aires.",
    ),
    (SINGLE, "Single payment is 40.00 EUR, this is 40.01."),
    (MOVED, "Travel has 70.00 EUR left, this needs 70.01."),
    (replace(MOVED, available=Decimal(-1)), "Travel is exceeded by 1.00 EUR already, this needs 70.01."),
    (SILENT, "Team budget binds, and cannot be asked about this just now."),
]


@pytest.mark.parametrize(
    ("gate", "text"),
    TEXTS,
    ids=[
        "budget",
        "exceeded",
        "count",
        "stored count",
        "lowered count",
        "ceiling",
        "move",
        "move of nothing",
        "silent",
    ],
)
def test_a_rule_is_told_in_plain_language(gate: Gate, text: str) -> None:
    assert gate.code is not None
    assert refused(Refusal(gate.code, (gate,)), ASSETS["EUR"]).detail == f"Refused: {text}"


def test_the_first_in_order_is_told_in_words_and_all_in_figures() -> None:
    error = refused(Refusal(RefusalCode.BUDGET_EXCEEDED, (PAYMENTS, WEEKLY)), ASSETS["EUR"])
    assert error.detail.startswith("Refused: Weekly budget has 60.00 EUR left")
    assert error.data["gates"] == [
        {
            "gate": "limit", "id": str(RULE), "name": "Payments a day", "required": "1", "available": "0",
            "shortfall": "1", "resets_at": "2026-04-05T22:00:00.000000Z",
        },
        {
            "gate": "budget", "id": str(RULE), "name": "Weekly budget", "required": "90.00", "available": "60.00",
            "shortfall": "30.00", "resets_at": "2026-04-05T22:00:00.000000Z",
        },
    ]  # fmt: skip
