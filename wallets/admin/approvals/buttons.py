"""The buttons of approvals: approve, reject, withdraw, and several of one type at once. Each has a dialog: without one,
Unfold runs actions on GET."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.admin.screens import ReadOnlyAdmin
from ledger.errors import ServiceError
from wallets.admin.approvals.pages import approval_url, title_of
from wallets.admin.approvals.words import amount_words
from wallets.admin.dialogs import HistoryReasonForm, plain_words, tell
from wallets.admin.form_fields import choice, dialog
from wallets.core.approving import CHECKERS
from wallets.models import Approval, ApprovalStatus
from wallets.selectors.approvals import approvals_visible_to, waiting_for
from wallets.services.approvals import approve, reject, withdraw
from wallets.services.approvals.registry import OPERATIONS

MOST_AT_ONCE = 50
ANSWERED = {
    ApprovalStatus.PENDING: "Your approval counts. It waits for somebody else's too.",
    ApprovalStatus.APPROVED: "It is approved, and it is done.",
}


class VoteForm(HistoryReasonForm):
    """`version` is the approval that was looked at: one that has changed since is not answered."""

    form_before_template = "admin/approvals/vote.html"
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = approvals_visible_to(signed_in(self.request)).get(id=self.object_id)
        self.fields["version"].initial = self.asked.version

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        return {"title": title_of(self.asked), "reason": self.asked.reason, "changes": self.asked.impact}


class ManyForm(HistoryReasonForm):
    """Asks twice: first for the type, then it shows the rows of it, of which some may be left out."""

    operation = choice((), label="Of which type")
    rows = forms.MultipleChoiceField(
        label="Approve these", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, choices=()
    )
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    field_order = ("operation", "rows", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = waiting_for(signed_in(self.request)).order_by("created_at", "id")[:MOST_AT_ONCE]
        self.waiting = {f"{row.id}:{row.version}": row for row in found}
        count = Counter(row.operation for row in self.waiting.values())
        titles = {name: OPERATIONS[name].title for name in count}
        self.fields["operation"].choices = [(name, f"{titles[name]} ({count[name]})") for name in sorted(titles)]
        chosen = self.data.get("operation", "") if self.is_bound else ""
        self.fields["rows"].choices = [(key, f"{_line(row)}: {row.reason}") for key, row in self._of(chosen).items()]
        if not chosen:
            self.fields["rows"].widget = forms.MultipleHiddenInput()

    def _of(self, operation: str) -> dict[str, Approval]:
        return {key: row for key, row in self.waiting.items() if row.operation == operation}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if self.errors:
            return cleaned
        if cleaned["seen"] != cleaned["operation"]:
            self.data = self.request.POST.copy()
            self.data["seen"] = cleaned["operation"]
            self.data.setlist("rows", list(self._of(cleaned["operation"])))
            raise ValidationError("Look at each of them, then send it again.", code="not_seen")
        if not cleaned["rows"]:
            raise ValidationError({"rows": "None is left."}, code="required")
        return cleaned

    @property
    def chosen(self) -> list[Approval]:
        return [self.waiting[key] for key in self.cleaned_data["rows"]]


APPROVE = dialog("Approve this?", "It is done at once when nobody else's approval is missing.", VoteForm, "Approve")
REJECT = dialog(
    "Reject this?", "It is not done. Who has asked is told why, and the rejection is kept.", VoteForm, "Reject"
)
WITHDRAW = dialog("Withdraw this?", "It is not done, and nobody is asked any more.", VoteForm, "Withdraw")
MANY = dialog(
    "Approve several of one type?",
    "Each is approved for itself: one that cannot be done does not hold up the others.",
    ManyForm,
    "Go on",
)


class ApprovalButtons(ReadOnlyAdmin):
    actions_list = ("approve_several",)
    actions_detail = ("approve", "reject", "withdraw")

    def has_vote_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on an approval that is visible. Whether this person counts for it, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in CHECKERS

    def has_withdraw_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """For who has asked for it himself."""
        return object_id is None or self.visible(request, object_id).requested_by == signed_in(request).id

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """None on what is decided; to withdraw for the maker, to answer for whoever still counts."""
        asked, caller = self.visible(request, object_id), signed_in(request)
        if asked.status != ApprovalStatus.PENDING:
            return []
        names = {"withdraw"} if asked.requested_by == caller.id else set()
        names |= {"approve", "reject"} if waiting_for(caller).filter(id=asked.id).exists() else set()
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Approve", permissions=["vote"], dialog=APPROVE, icon="check", variant=ActionVariant.PRIMARY
    )
    def approve(self, request: HttpRequest, form: VoteForm, object_id: str) -> HttpResponse:
        asked = self.visible(request, object_id)
        _approve(request, asked, reason=form.cleaned_data["reason"], version=form.cleaned_data["version"])
        return HttpResponse(headers={"HX-Redirect": approval_url(asked.id)})

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Reject", permissions=["vote"], dialog=REJECT, icon="close"
    )
    def reject(self, request: HttpRequest, form: VoteForm, object_id: str) -> HttpResponse:
        return self._close(request, form, object_id, reject, "It is rejected, and stays in the log.")

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Withdraw", permissions=["withdraw"], dialog=WITHDRAW, icon="undo"
    )
    def withdraw(self, request: HttpRequest, form: VoteForm, object_id: str) -> HttpResponse:
        return self._close(request, form, object_id, withdraw, "It is withdrawn.")

    def _close(
        self, request: HttpRequest, form: VoteForm, object_id: str, close: Callable[..., Approval], done: str
    ) -> HttpResponse:
        asked = self.visible(request, object_id)

        def act() -> str:
            close(
                asked.id,
                caller=signed_in(request),
                reason=form.cleaned_data["reason"],
                origin=origin_of_admin(request),
                expected_version=form.cleaned_data["version"],
            )
            return done

        return tell(request, act, approval_url(asked.id))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Approve several", permissions=["vote"], dialog=MANY, icon="done_all"
    )
    def approve_several(self, request: HttpRequest, form: ManyForm) -> HttpResponse:
        """Each for itself, in the order in which they were asked for; what became of each is told."""
        for asked in form.chosen:
            _approve(request, asked, reason=form.cleaned_data["reason"], version=asked.version, line=_line(asked))
        return HttpResponse(headers={"HX-Redirect": reverse("admin:wallets_approval_changelist")})


def _approve(request: HttpRequest, asked: Approval, *, reason: str, version: int | None, line: str = "") -> None:
    """Approve one, and say on the next page what came of it."""
    before = f"{line}: " if line else ""
    try:
        voted = approve(
            asked.id,
            caller=signed_in(request),
            reason=reason,
            origin=origin_of_admin(request),
            expected_version=version,
        )
    except ServiceError as error:
        messages.error(request, f"{before}{plain_words(error)}")
        return
    if voted.status == ApprovalStatus.STALE:
        messages.error(request, f"{before}It was approved, but not done: {voted.outcome['detail']}")
    else:
        messages.success(request, f"{before}{ANSWERED[ApprovalStatus(voted.status)]}")


def _line(asked: Approval) -> str:
    """One of several, short: `Reverse a transaction …1a2b3c4d, 10.00 EUR`."""
    amount = f", {amount_words(asked.amount, asked.currency)}" if asked.amount is not None else ""
    return f"{title_of(asked)} …{asked.target_id.hex[-8:]}{amount}"
