"""Buttons that may need a second person (ADR 0035): their dialogs say beforehand what will change and whether somebody
else has to agree, then it is done at once or sent for approval. Every such button goes through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.models import User
from ledger.errors import ServiceError
from ledger.services.accounts import digest
from wallets.admin.approvals.pages import approval_url
from wallets.admin.approvals.words import steps_words
from wallets.admin.dialogs import HistoryReasonForm, MoneyForm, claim_of_dialog, plain_words, tell
from wallets.core.approving import step_data
from wallets.models import Source
from wallets.services.approvals import needs_approval, request_approval
from wallets.services.approvals.previews import changes_of, needed_steps


@dataclass(frozen=True, slots=True)
class Intent:
    """What a button is pressed for: an operation of `wallets.services.approvals` and its arguments."""

    operation: str
    arguments: Mapping[str, Any]

    @property
    def proof(self) -> str:
        """That somebody was shown what this does."""
        told = (f"{name}={self.arguments[name]}" for name in sorted(self.arguments))
        return digest(self.operation, *told).hex()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What pressing a button would do.

    Attributes:
        changes: what would be different, each with `label`, `before` and `after`.
        needs: who has to agree, in words; empty when nobody has to.
        refused: why it cannot be done now; nothing else is known then.
        is_to_confirm: it was not yet sent for good.
    """

    changes: Sequence[Any] = ()
    needs: str = ""
    refused: str = ""
    is_to_confirm: bool = False


def foresee(caller: User, intent: Intent, *, is_to_confirm: bool = False) -> Foreseen:
    """Look ahead: what it would change, and who would have to agree. Nothing is changed and nobody is asked."""
    try:
        changes = changes_of(intent.operation, maker=caller, arguments=intent.arguments)
        return Foreseen(changes, needs_of(caller, intent), is_to_confirm=is_to_confirm)
    except ServiceError as error:
        return Foreseen(refused=plain_words(error))


def needs_of(caller: User, intent: Intent) -> str:
    """Who would have to agree, in words; empty when nobody has to.

    Raises:
        InvalidInput, NotFound, Forbidden: the caller could not do it at all.
    """
    steps = needed_steps(intent.operation, maker=caller, arguments=intent.arguments, source=Source.ADMIN)
    return steps_words(map(step_data, steps))


class FourEyesForm(HistoryReasonForm):
    """A dialog that shows on opening what will change and who has to agree."""

    form_before_template = "admin/approvals/foreseen.html"

    def intent(self) -> Intent:
        """What the button is pressed for."""
        raise NotImplementedError

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        return {"foreseen": foresee(signed_in(self.request), self.intent())}


class ConfirmedForm(FourEyesForm):
    """The same for a dialog in which something is filled in first: where somebody else has to agree, it shows what is
    asked for, and the same sent once more asks for it."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    foreseen: Foreseen | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if self.errors:
            return cleaned
        intent = self.intent()
        if cleaned["seen"] == intent.proof:
            return cleaned
        self.foreseen = foresee(signed_in(self.request), intent, is_to_confirm=True)
        if self.foreseen.refused:
            raise ValidationError(self.foreseen.refused, code="refused")
        if not self.foreseen.needs:
            return cleaned
        self.data = self.request.POST.copy()
        self.data["seen"] = intent.proof
        raise ValidationError("Look at what changes, then send it again.", code="not_seen")

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        return {"foreseen": self.foreseen}


def do_or_ask(
    request: HttpRequest, form: HistoryReasonForm, intent: Intent, act: Callable[[], str], url: str
) -> HttpResponse:
    """Do at once what a button is pressed for, or ask for it where a second person has to agree; say which on the next
    page.

    Args:
        act: does it and returns the sentence for a success.
        url: the next page.
    """

    def decide() -> str:
        maker = signed_in(request)
        if needs_approval(intent.operation, maker=maker, arguments=intent.arguments, source=Source.ADMIN):
            return _asked(request, form, intent)
        return act()

    return tell(request, decide, url)


def ask(request: HttpRequest, form: HistoryReasonForm, intent: Intent, url: str) -> HttpResponse:
    """Ask for what always needs a second person, and go on to a page that says so."""
    return tell(request, lambda: _asked(request, form, intent), url)


def _asked(request: HttpRequest, form: HistoryReasonForm, intent: Intent) -> str:
    """Where the request has gone, with the way to it."""
    claim = claim_of_dialog(request, form) if isinstance(form, MoneyForm) else None
    approval = request_approval(
        intent.operation,
        maker=signed_in(request),
        arguments=dict(intent.arguments),
        reason=form.cleaned_data["reason"],
        origin=origin_of_admin(request),
        source=Source.ADMIN,
        claim=claim,
    )
    needs, url = steps_words(approval.steps), approval_url(approval.id)
    return format_html('Sent for approval: it needs {}. <a class="text-link" href="{}">See the request</a>', needs, url)
