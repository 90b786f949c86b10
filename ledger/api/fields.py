"""Fields that take exactly what the interface defines, where REST framework's own guess what was meant.

(Its BooleanField takes "yes", its IntegerField "1" and true, its CharField numbers, its UUIDField URNs.)
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

from rest_framework import serializers

from ledger.api.cards import contains_card_number
from ledger.errors import ServiceError
from ledger.money import parse_amount
from ledger.selectors.assets import get_asset

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
MAX_CODE_LENGTH = 16
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class StrictField(serializers.Field[Any, Any, Any, Any]):
    """A field whose `to_internal_value` says no in one sentence. Everything read is written as it is."""

    def json_schema(self) -> dict[str, Any]:
        """What the field takes, for the OpenAPI document."""
        return {"type": "string"}

    def refuse(self, detail: str, code: str = "request.validation") -> NoReturn:
        raise serializers.ValidationError(detail, code=code)

    def to_representation(self, value: Any) -> Any:
        return value


class MoneyField(StrictField):
    """An amount as a decimal string. How fine it may be depends on its asset: see `StrictSerializer.amounts`.

    Args:
        zero_allowed: whether "0" is an amount here.
    """

    def __init__(self, *, zero_allowed: bool = False, **kwargs: Any) -> None:
        self.zero_allowed = zero_allowed
        super().__init__(**kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-9]{1,20}(\.[0-9]{1,18})?$", "examples": ["12.50"]}

    def to_representation(self, value: Decimal) -> str:
        return f"{value:f}"

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return parse_amount(data, zero_allowed=self.zero_allowed)
        except ServiceError as error:
            self.refuse(error.detail, error.code)


class CurrencyField(StrictField):
    """The code of an asset that exists.

    Args:
        among: the only codes that are welcome here; None = every asset.
    """

    def __init__(self, *, among: tuple[str, ...] | None = None, **kwargs: Any) -> None:
        self.among = among
        super().__init__(**kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.among)} if self.among else {"type": "string", "examples": ["EUR"]}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.refuse("A currency is a code such as EUR.")
        if len(data) > MAX_CODE_LENGTH:
            self.refuse("There is no asset with such a long code.", "currency.unsupported")
        if self.among is not None and data not in self.among:
            self.refuse(f"The currency is one of {', '.join(self.among)}.", "currency.unsupported")
        try:
            get_asset(data)
        except ServiceError as error:
            self.refuse(error.detail, error.code)
        return data


class IdField(StrictField):
    """A UUID in its usual form of 36 characters."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.refuse("An id is a UUID such as 0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001.")
        return UUID(data)


class TextField(StrictField):
    """One line of text, kept byte for byte: no control characters, nothing trimmed, no card numbers.

    Args:
        max_length, min_length: in characters.
    """

    def __init__(self, *, max_length: int, min_length: int = 1, **kwargs: Any) -> None:
        self.max_length, self.min_length = max_length, min_length
        super().__init__(**kwargs)

    def json_schema(self) -> dict[str, Any]:
        length = {"minLength": self.min_length, "maxLength": self.max_length}
        return {"type": "string", **length, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.refuse("This must be a string.")
        if not self.min_length <= len(data) <= self.max_length:
            self.refuse(f"This must have {self.min_length} to {self.max_length} characters.")
        require_plain(self, data)
        return data


class KeyField(StrictField):
    """An idempotency key: 1 to 255 visible ASCII characters."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[!-~]{1,255}$"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not IDEMPOTENCY_KEY.fullmatch(data):
            self.refuse("An idempotency key has 1 to 255 visible ASCII characters.")
        return data


class SecretField(StrictField):
    """A password or token: any text, compared and never shown."""

    def __init__(self, *, max_length: int = 4096, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(write_only=True, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.max_length, "format": "password"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not 1 <= len(data) <= self.max_length:
            self.refuse(f"This must be a string of 1 to {self.max_length} characters.")
        return data


class WordField(StrictField):
    """One of a few words, in exactly that spelling."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        self.words = words
        super().__init__(**kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.words:
            self.refuse(f"This must be one of {', '.join(self.words)}.")
        return data


class WholeNumberField(StrictField):
    """A JSON integer within bounds, both inclusive; in a query its decimal digits."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        self.min_value, self.max_value = min_value, max_value
        super().__init__(**kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.min_value, "maximum": self.max_value}

    def to_internal_value(self, data: Any) -> int:
        number = _digits(data) if self.context.get("is_query") else data
        if type(number) is not int or not self.min_value <= number <= self.max_value:
            self.refuse(f"This must be a whole number from {self.min_value} to {self.max_value}.")
        return number


class FlagField(StrictField):
    """JSON true or false; in a query those two words."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def to_internal_value(self, data: Any) -> bool:
        flag = {"true": True, "false": False}.get(data) if self.context.get("is_query") else data
        if not isinstance(flag, bool):
            self.refuse("This must be true or false.")
        return flag


def require_plain(field: StrictField, text: str) -> None:
    """Refuse control characters, which forge log lines and terminals, and card numbers."""
    if any(unicodedata.category(character) == "Cc" for character in text):
        field.refuse("Control characters and line breaks are not accepted.")
    if contains_card_number(text):
        field.refuse("This looks like a card number. Card numbers are never accepted here.")


def _digits(text: Any) -> int | None:
    is_number = isinstance(text, str) and re.fullmatch(r"-?\d{1,18}", text, re.ASCII)
    return int(text) if is_number else None
