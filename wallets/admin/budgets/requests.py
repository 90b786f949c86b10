"""Requests for more than a budget allows: who asks for what and why, and the buttons that answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action

from budgets.models import BudgetRequest
from budgets.models.vocabulary import RequestKind, RequestState, Retry
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.core.roles import roles_that_approve
from ledger.admin.cells import EMPTY, id_cell, label_cell, money_cell
from ledger.admin.screens import ReadOnlyAdmin, Table
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.admin.budgets.filters import RequestTeamFilter
from wallets.admin.budgets.forms import may_set
from wallets.admin.budgets.pages import budget_link
from wallets.admin.dialogs import HistoryReasonForm, tell
from wallets.admin.form_fields import dialog
from wallets.admin.owners import owners_for
from wallets.selectors.budget_requests import get_visible_request, requests_visible_to
from wallets.services.budget_requests import Word, approve, reject
from wallets.services.retrying import retry_spends

KEEPERS = roles_that_approve("budgets.more")
EARLIER = 15
KINDS = {
    RequestKind.ONCE: "Once, for this spend",
    RequestKind.THIS_PERIOD: "In this period",
    RequestKind.PERMANENT: "For good",
}
EFFECTS = {
    RequestKind.ONCE: "The current period gets this much more, for the one refused spend.",
    RequestKind.THIS_PERIOD: "The current period gets this much more; the next starts with the usual amount.",
    RequestKind.PERMANENT: "Every period allows this much more from now on.",
}
RETRIES = {
    Retry.NONE: EMPTY,
    Retry.PARKED: "Waits for more",
    Retry.ACCEPTED: "Went through",
    Retry.REFUSED: "Refused again",
}


class AnswerForm(HistoryReasonForm):
    """`version` is the request that was looked at: one that has changed since is not answered."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = get_visible_request(signed_in(self.request), UUID(str(self.object_id)))
        self.fields["version"].initial = self.asked.version


class ApproveForm(AnswerForm):
    form_before_template = "admin/budgets/request.html"

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        asked, currency = self.asked, self.asked.budget.currency
        amount = f"{format_amount(asked.amount, get_asset(currency).cash_scale)} {currency}"
        return {"amount": amount, "effect": EFFECTS[RequestKind(asked.kind)]}


APPROVE = dialog(
    "Approve this request?", "A spend that waits for it is then tried again, once.", ApproveForm, "Approve"
)
REJECT = dialog("Reject this request?", "A spend that waits for it stays refused.", AnswerForm, "Reject")


@admin.register(BudgetRequest)
class BudgetRequestAdmin(ReadOnlyAdmin):
    list_display = ("amount_label", "kind_label", "person", "budget_label", "why", "spend", "state_label", "created_at")
    list_filter = ("state", "kind", RequestTeamFilter)
    search_ids = ("id", "budget_id", "requested_by", "txn_id")
    search_help_text = "Whole id of a request, a budget, a person or a transaction"
    ordering = ("-created_at", "-id")
    export_also = {"Currency": "budget.currency"}
    sortable_by = ()
    fields = (
        ("amount_label", "kind_label"),
        ("person", "budget_label"),
        ("reason",),
        ("spend", "retry_label"),
        ("state_label", "expires_at"),
        ("decider", "decided_at"),
        ("decision_reason",),
        ("id", "created_at"),
    )
    actions_detail = ("approve", "reject")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetRequest]:
        return requests_visible_to(signed_in(request))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        return _shown(request, rows)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        _shown(request, [options["obj"]])
        return super().render_change_form(request, context, **options)

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """What the same person has asked for before, as far as one may see it."""
        earlier = self.get_queryset(request).filter(requested_by=row.requested_by).exclude(id=row.id)
        rows: list[list[Any]] = [
            [
                one.created_at,
                budget_link(one.budget),
                money_cell(one.amount, one.budget.currency),
                KINDS[RequestKind(one.kind)],
                one.reason,
                label_cell(one.state),
                _link(one),
            ]
            for one in earlier.order_by("-created_at", "-id")[:EARLIER]
        ]
        headers = ("When", "Budget", "Amount", "For", "Why", "Answer", "Request")
        return [Table("Other requests of the same person", headers, rows)]

    @admin.display(description="Lacks")
    def amount_label(self, row: BudgetRequest) -> str:
        return money_cell(row.amount, row.budget.currency)

    @admin.display(description="For")
    def kind_label(self, row: BudgetRequest) -> str:
        return KINDS[RequestKind(row.kind)]

    @admin.display(description="Asked by")
    def person(self, row: Any) -> str:
        return str(row.owners.person(row.requested_by))

    @admin.display(description="Budget")
    def budget_label(self, row: BudgetRequest) -> str:
        return budget_link(row.budget)

    @admin.display(description="Why")
    def why(self, row: BudgetRequest) -> str:
        return row.reason

    @admin.display(description="Refused spend")
    def spend(self, row: BudgetRequest) -> str:
        return EMPTY if row.txn_id is None else _spend_link(row.txn_id)

    @admin.display(description="The spend now")
    def retry_label(self, row: BudgetRequest) -> str:
        words = RETRIES[Retry(row.retry)]
        return words if row.retry_txn_id is None else format_html("{}: {}", words, _spend_link(row.retry_txn_id))

    @admin.display(description="State")
    def state_label(self, row: BudgetRequest) -> str:
        return label_cell(row.state)

    @admin.display(description="Answered by")
    def decider(self, row: Any) -> str:
        return EMPTY if row.decided_by is None else str(row.owners.person(row.decided_by))

    # -- What is done. Each has a dialog: without one, Unfold runs actions on GET.

    def has_answer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a request that is visible. Whether it is this person's to answer, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """None on what is answered, on what one has asked for oneself, and on budgets that are not one's to change."""
        asked, caller = self.visible(request, object_id), signed_in(request)
        is_mine_to_answer = asked.requested_by != caller.id and may_set(caller, asked.budget)
        buttons: list[Any] = self._get_base_actions_detail()
        return buttons if asked.state == RequestState.PENDING and is_mine_to_answer else []

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Approve", permissions=["answer"], dialog=APPROVE, icon="check"
    )
    def approve(self, request: HttpRequest, form: AnswerForm, object_id: str) -> HttpResponse:
        def approve_and_retry(asked: BudgetRequest, word: Word) -> None:
            approve(asked, word)
            retry_spends(asked.budget_id)

        return self._answer(request, form, object_id, approve_and_retry, "approved")

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Reject", permissions=["answer"], dialog=REJECT, icon="close"
    )
    def reject(self, request: HttpRequest, form: AnswerForm, object_id: str) -> HttpResponse:
        return self._answer(request, form, object_id, reject, "rejected")

    def _answer(
        self,
        request: HttpRequest,
        form: AnswerForm,
        object_id: str,
        say: Callable[[BudgetRequest, Word], object],
        done: str,
    ) -> HttpResponse:
        asked = self.visible(request, object_id)

        def act() -> str:
            word = Word(
                caller=signed_in(request),
                reason=form.cleaned_data["reason"],
                origin=origin_of_admin(request),
                expected_version=form.cleaned_data["version"],
            )
            say(asked, word)
            asked.refresh_from_db(fields=["retry"])
            tried = {Retry.ACCEPTED: " The spend went through.", Retry.REFUSED: " The spend was refused again."}
            return f"The request is {done}.{tried.get(Retry(asked.retry), '')}"

        return tell(request, act, reverse("admin:budgets_budgetrequest_change", args=[asked.id]))


def _shown(request: HttpRequest, rows: list[Any]) -> list[Any]:
    people = {id for row in rows for id in (row.requested_by, row.decided_by)}
    owners = owners_for(request, people)
    for row in rows:
        row.owners = owners
    return rows


def _link(row: BudgetRequest) -> str:
    return id_cell(row.id, reverse("admin:budgets_budgetrequest_change", args=[row.id]))


def _spend_link(txn_id: UUID) -> str:
    return id_cell(txn_id, reverse("admin:ledger_transaction_change", args=[txn_id]))
