"""Fields of the back office's dialogs, and what a dialog is made of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ledger.errors import MoneyInvalid
from ledger.money import parse_amount
from wallets.admin.dialogs import HistoryReasonForm


class AmountField(forms.CharField):
    """An amount as it is written in the interface."""

    def __init__(self, *, zero_allowed: bool = False, **kwargs: Any) -> None:
        self.zero_allowed = zero_allowed
        super().__init__(max_length=40, widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text, zero_allowed=self.zero_allowed)
        except MoneyInvalid as error:
            raise ValidationError(error.detail, code=error.code) from None


def choice(choices: Iterable[tuple[str, str]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **kwargs)


def whole_number(maximum: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=maximum, widget=UnfoldAdminIntegerFieldWidget, **kwargs)


def dialog(title: str, description: str, form: type[HistoryReasonForm], button: str) -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": form, "form_submit_text": button}
