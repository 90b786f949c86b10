from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from ledger.api.refusals import refused
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode
from tests.ledger.api.conftest import ASSETS

WALLET = uuid4()
FUNDS = Gate(GateKind.FUNDS, WALLET, RefusalCode.FUNDS_INSUFFICIENT, Decimal(90), Decimal("60.00"))
STATUS = Gate(GateKind.WALLET, WALLET)


def test_a_refusal_is_told_in_figures_and_in_words() -> None:
    error = refused(Refusal(FUNDS.code or RefusalCode.CLOSED, (STATUS, FUNDS)), ASSETS["EUR"], txn_id=WALLET)
    assert error.code == "funds.insufficient"
    assert error.detail == "Refused: 60.00 EUR available, this needs 90.00 EUR."
    assert error.data == {
        "gates": [
            {
                "gate": "funds",
                "id": str(WALLET),
                "name": None,
                "required": "90.00",
                "available": "60.00",
                "shortfall": "30.00",
                "resets_at": None,
            }
        ],
        "txn_id": str(WALLET),
    }


def test_every_failing_gate_is_told() -> None:
    frozen = Gate(GateKind.WALLET, WALLET, RefusalCode.FROZEN)
    error = refused(Refusal(RefusalCode.FROZEN, (frozen, FUNDS)), ASSETS["EUR"])
    assert [gate["gate"] for gate in error.data["gates"]] == ["wallet", "funds"]
    assert error.detail == "Refused: The wallet is frozen."


def test_a_version_is_no_amount() -> None:
    gate = Gate(GateKind.CONDITION, "version", RefusalCode.PRECONDITION_FAILED, Decimal(7), Decimal(8))
    error = refused(Refusal(RefusalCode.PRECONDITION_FAILED, (gate,)), ASSETS["EUR"])
    assert (error.data["gates"][0]["required"], error.data["gates"][0]["available"]) == ("7", "8")
    assert error.detail == "Refused: A condition of the request does not hold."


def test_what_blocks_the_closing_of_a_wallet_is_named() -> None:
    error = refused(Refusal(RefusalCode.NOT_EMPTY, blockers=(("AVAILABLE", Decimal("0.00000001")),)), ASSETS["BTC"])
    assert error.data["blockers"] == [{"bucket": "AVAILABLE", "amount": "0.00000001"}]


@pytest.mark.parametrize("code", RefusalCode)
def test_every_code_of_the_machine_has_a_sentence(code: RefusalCode) -> None:
    assert refused(Refusal(code), ASSETS["EUR"]).detail.startswith("Refused: ")
