"""Card numbers are never accepted, not even by accident in a description (PCI DSS 3.5.1)."""

from __future__ import annotations

import re

_CANDIDATE = re.compile(r"(?<![0-9A-Za-z-])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z-])", re.ASCII)
_ISSUED = re.compile(
    r"4(\d{12}|\d{15}|\d{18})"  # Visa
    r"|(5[1-5]|2[2-7])\d{14}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(6011|65\d\d|64[4-9]\d)\d{12}"  # Discover
    r"|35[2-8]\d{13}"  # JCB
    r"|3(0[0-5]|[68]\d)\d{11}"  # Diners Club
    r"|62\d{14,17}",  # UnionPay
    re.ASCII,
)


HIDDEN = "[card number]"


def contains_card_number(text: str) -> bool:
    """Whether the text holds digits that an issuer could have put on a card: known prefix, length, check digit."""
    return any(_is_card_number(match.group()) for match in _CANDIDATE.finditer(text))


def hide_card_numbers(text: str) -> str:
    """The text without them, for where nothing can be refused: a stranger's words in a log."""
    return _CANDIDATE.sub(lambda match: HIDDEN if _is_card_number(match.group()) else match.group(), text)


def _is_card_number(written: str) -> bool:
    digits = re.sub(r"[ -]", "", written)
    return bool(_ISSUED.fullmatch(digits)) and _passes_luhn(digits)


def _passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
