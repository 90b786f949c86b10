"""What the back office's buttons have in common: they ask why, act as the interface would, and tell what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from compliance.admin import dialogs
from compliance.admin.forms import ReasonForm
from compliance.admin.staff import signed_in
from ledger.admin.gates import refusal_message
from ledger.api.fields import IDEMPOTENCY_KEY
from ledger.api.refusals import refused
from ledger.errors import ServiceError
from ledger.ids import new_id
from ledger.selectors.assets import get_asset
from ledger.services.accounts import digest
from ledger.services.journal import Outcome
from ledger.services.movements import Claim
from wallets.errors import LedgerRefused


class HistoryReasonForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Kept for ever in the history: write no names and nothing private."


class MoneyForm(HistoryReasonForm):
    """Of a button that moves money. Each dialog that is opened brings a key of its own: sent twice, it acts once."""

    key = forms.RegexField(rf"\A{IDEMPOTENCY_KEY.pattern}\Z", widget=forms.HiddenInput, initial=new_id)


def claim_of_dialog(request: HttpRequest, form: MoneyForm) -> Claim:
    """The claim of a dialog that was sent: its key belongs to whoever pressed."""
    asked = [request.path, *(str(form.cleaned_data[name]) for name in sorted(form.cleaned_data))]
    return Claim(
        scope=f"back-office:{signed_in(request).id}", key=form.cleaned_data["key"], request_hash=digest(*asked)
    )


def tell(request: HttpRequest, act: Callable[[], str], url: str) -> HttpResponse:
    """`compliance.admin.dialogs.tell`, with the gates of a refusal as a table."""
    return dialogs.tell(request, act, url, words=lambda error: refusal_message(error, plain_words(error)))


def require_accepted(outcome: Outcome, asset_code: str) -> None:
    """Raise what stands in the way, if anything does.

    Raises:
        Refused: the ledger said no.
        IdempotencyKeyReused: this dialog was sent before with other words.
    """
    outcome.raise_if_reused()
    if outcome.result is not None and outcome.result.refusal is not None:
        raise refused(outcome.result.refusal, get_asset(asset_code))


def plain_words(error: ServiceError) -> str:
    """A refusal for people, with what stands in the way."""
    if isinstance(error, LedgerRefused):
        error = refused(error.refusal, get_asset(error.asset_code))
    left = [f"{blocker['amount']} {blocker['bucket'].lower()}" for blocker in error.data.get("blockers", ())]
    return f"{error.detail} Left: {', '.join(left)}." if left else error.detail
