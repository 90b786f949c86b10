"""The client's own notes on what he does."""

from __future__ import annotations

import re
from typing import Any

from ledger.api.fields import StrictField, require_plain
from ledger.api.parsing import JSONNumber

_FRACTION = re.compile(r"-?\d+\.\d+", re.ASCII)
_KEPT_DIGITS = 15


class MetadataField(StrictField):
    """The client's own notes: a flat object of at most 50 strings, numbers, booleans and nulls."""

    max_keys, max_key_length, max_value_length = 50, 40, 500

    def json_schema(self) -> dict[str, Any]:
        value = {"type": ["string", "number", "boolean", "null"], "maxLength": self.max_value_length}
        names = {"minLength": 1, "maxLength": self.max_key_length}
        return {
            "type": "object",
            "maxProperties": self.max_keys,
            "propertyNames": names,
            "additionalProperties": value,
        }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or len(data) > self.max_keys:
            self.refuse(f"Metadata is an object of at most {self.max_keys} keys.")
        return {self._key(key): self._value(key, value) for key, value in data.items()}

    def _key(self, key: str) -> str:
        if not 1 <= len(key) <= self.max_key_length:
            self.refuse(f"Keys of metadata have 1 to {self.max_key_length} characters.")
        require_plain(self, key)
        return key

    def _value(self, key: str, value: Any) -> Any:
        if value is None or isinstance(value, bool | int):
            require_plain(self, str(value))
            return value
        if isinstance(value, JSONNumber):
            return self._fraction(value)
        if not isinstance(value, str) or len(value) > self.max_value_length:
            self.refuse(f"{key}: a string of at most {self.max_value_length} characters, a number, a boolean or null.")
        require_plain(self, value)
        return value

    def _fraction(self, number: JSONNumber) -> float:
        """Notes are no money, so a float may hold one that comes back as it was written: 15 digits always do."""
        require_plain(self, number.text)
        if not _FRACTION.fullmatch(number.text) or sum(map(str.isdigit, number.text)) > _KEPT_DIGITS:
            self.refuse("This number has an exponent or more digits than JSON readers keep: send it as a string.")
        return float(number.text)
