"""What is asked of members of staff who prove that it is they."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import BASE_INPUT_CLASSES

from compliance.errors import InvalidCredentials
from ledger.errors import RateLimited, ServiceError

_LOOK = {"class": " ".join(BASE_INPUT_CLASSES), "spellcheck": "false", "autocapitalize": "none"}


def _code_field(label: str, help_text: str, **attributes: str) -> forms.CharField:
    widget = forms.TextInput({**_LOOK, "autofocus": "", **attributes})
    return forms.CharField(label=label, max_length=40, help_text=help_text, widget=widget)


class CodeForm(forms.Form):
    """A code of the app. Phones offer their digits, and password managers theirs."""

    code = _code_field(
        "Code", "The six digits that the app shows now.", autocomplete="one-time-code", inputmode="numeric"
    )

    def refuse(self, error: ServiceError) -> None:
        """Say why a code was not taken."""
        self.add_error(None, refusal_of(error))


class RecoveryCodeForm(CodeForm):
    code = _code_field(
        "Recovery code", "Twelve letters and digits from your list. Each works once.", autocomplete="off"
    )


class ConfirmForm(CodeForm):
    """Both again: a session that somebody left open must not be enough."""

    password = forms.CharField(
        strip=False, widget=forms.PasswordInput({**_LOOK, "autocomplete": "current-password", "autofocus": ""})
    )
    code = _code_field("Code", "A code of the app that you have not used yet, or a recovery code.", autocomplete="off")
    field_order: Any = ("password", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"].widget.attrs["autofocus"]

    def refuse(self, error: ServiceError) -> None:
        is_wrong = isinstance(error, InvalidCredentials)
        self.add_error(None, "Password or code is wrong. Each code works once." if is_wrong else refusal_of(error))


def refusal_of(error: ServiceError) -> str:
    """What went wrong, in words for the person at the screen."""
    if isinstance(error, RateLimited):
        return f"Too many failed attempts. Try again in {-(-error.retry_after_seconds // 60)} min."
    if isinstance(error, InvalidCredentials):
        return "This code is wrong, or was used already. Each works once: wait for the next one."
    return error.detail
