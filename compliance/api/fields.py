from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ledger.api.fields import TextField


class EmailField(TextField):
    """An e-mail address in ASCII. It is kept in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            validate_email(text)
        except ValidationError:
            self.refuse("This is not an e-mail address.")
        if not text.isascii():
            self.refuse("Write the domain of the e-mail address in its ASCII form.")
        return text
