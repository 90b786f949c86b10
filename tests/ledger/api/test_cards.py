from __future__ import annotations

import pytest

from ledger.api.cards import contains_card_number

NUMBERS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
    "6200000000000005",
    "card: 4111111111111111, thanks",
]
NOT_NUMBERS = [
    "",
    "4111111111111112",  # wrong check digit
    "1732190000000",  # milliseconds
    "20261121093000",  # a time
    "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "x4111111111111111",
    "41111111111111111111111",
    "invoice 1234 5678 9012 3456",
    "DE89370400440532013000",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_it_sees_a_card_number(text: str) -> None:
    assert contains_card_number(text)


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_it_leaves_other_digits_alone(text: str) -> None:
    assert not contains_card_number(text)
