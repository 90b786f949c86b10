"""The buttons of a budget's page. Each has a dialog: without one, Unfold runs actions on GET."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action

from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus, PeriodType
from budgets.services.changing import Changed
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.core.roles import roles_over_others
from ledger.services.claims import Reply
from ledger.services.replies import Wish, answer_once
from wallets.admin.approvals.four_eyes import do_or_ask
from wallets.admin.approvals.pending import ShowsPending
from wallets.admin.budgets.copying import CopyForm
from wallets.admin.budgets.forms import (
    ChangeAmountForm,
    ChangeForm,
    EndForm,
    ModeForm,
    MoveForm,
    ReactivateForm,
    SuspendForm,
    may_set,
)
from wallets.admin.budgets.setting import NEW_TEAM_BUDGET, NewTeamBudgetForm, set_from_dialog
from wallets.admin.dialogs import claim_of_dialog, tell
from wallets.admin.form_fields import dialog
from wallets.admin.origin import origin_of_staff
from wallets.services.budget_copies import follow_budget
from wallets.services.budgets import KEEPERS_OF_ALL, alter_budget, move_budget

KEEPERS = roles_over_others("budgets.set")
CHANGE_AMOUNT = dialog(
    "Raise or lower this budget?",
    "First it is shown what would change; nothing happens yet.",
    ChangeAmountForm,
    "Go on",
)
MOVE = dialog("Move what is left to another budget?", "In their current periods, at once.", MoveForm, "Move")
CHANGE_MODE = dialog("Change what it does?", "From the next spend on.", ModeForm, "Change")
SUSPEND = dialog(
    "Suspend this budget?", "It is not asked about spends until it is reactivated.", SuspendForm, "Suspend"
)
REACTIVATE = dialog(
    "Reactivate this budget?", "It is asked again from the next spend on.", ReactivateForm, "Reactivate"
)
COPY = dialog("Copy it to the next period?", "Nothing changes in this one.", CopyForm, "Copy")
END = dialog("End this budget?", "It expires after its last day, and that is final.", EndForm, "End")
_COPIED = "The next period is like this one."


class BudgetButtons(ShowsPending):
    actions_list = ("new_budget",)
    actions_detail = ("change_amount", "move", "copy_on", "change_mode", "suspend", "reactivate", "end")

    def has_keep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a budget that is visible. Whether it is this person's to change, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def has_keep_all_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).role in KEEPERS_OF_ALL

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this budget, for who may change it."""
        budget = self.visible(request, object_id)
        if budget.status == BudgetStatus.EXPIRED or not may_set(signed_in(request), budget):
            return []
        is_active = budget.status == BudgetStatus.ACTIVE
        names = {"change_amount", "change_mode", "end", "suspend" if is_active else "reactivate"}
        names |= {"move", "copy_on"} if is_active else set()
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="New team or company budget", permissions=["keep_all"], dialog=NEW_TEAM_BUDGET, icon="add"
    )
    def new_budget(self, request: HttpRequest, form: NewTeamBudgetForm) -> HttpResponse:
        team = form.cleaned_data["team"]
        back = reverse("admin:budgets_budget_changelist")
        return set_from_dialog(request, form, wallet_id=None, team_id=UUID(team) if team else None, back=back)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Raise or lower", permissions=["keep"], dialog=CHANGE_AMOUNT, icon="swap_vert"
    )
    def change_amount(self, request: HttpRequest, form: ChangeAmountForm, object_id: str) -> HttpResponse:
        return self._alter(request, form, object_id, _told_amount)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Change mode", permissions=["keep"], dialog=CHANGE_MODE, icon="rule"
    )
    def change_mode(self, request: HttpRequest, form: ModeForm, object_id: str) -> HttpResponse:
        return self._alter(request, form, object_id, lambda c: f"The budget is now {c.budget.enforcement}.")

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Suspend", permissions=["keep"], dialog=SUSPEND, icon="pause_circle"
    )
    def suspend(self, request: HttpRequest, form: SuspendForm, object_id: str) -> HttpResponse:
        return self._alter(request, form, object_id, lambda _: "The budget is suspended.")

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Reactivate", permissions=["keep"], dialog=REACTIVATE, icon="play_circle"
    )
    def reactivate(self, request: HttpRequest, form: ReactivateForm, object_id: str) -> HttpResponse:
        return self._alter(request, form, object_id, lambda _: "The budget is active.")

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="End", permissions=["keep"], dialog=END, icon="event_busy"
    )
    def end(self, request: HttpRequest, form: EndForm, object_id: str) -> HttpResponse:
        last_day = form.cleaned_data["last_day"]
        return self._alter(request, form, object_id, lambda _: f"The budget ends after {last_day:%-d %B %Y}.")

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Move to …", permissions=["keep"], dialog=MOVE, icon="move_down"
    )
    def move(self, request: HttpRequest, form: MoveForm, object_id: str) -> HttpResponse:
        giver, caller, wanted = self.visible(request, object_id), signed_in(request), form.cleaned_data
        receiver, _ = form.receivers[UUID(wanted["receiver"])]

        def work() -> Reply:
            move_budget(
                caller=caller,
                giver=giver,
                receiver=receiver,
                amount=wanted["amount"],
                reason=wanted["reason"],
                origin=origin_of_admin(request),
            )
            return Reply(200, json.dumps({"from_budget_id": str(giver.id), "to_budget_id": str(receiver.id)}))

        def act() -> str:
            wish = Wish(claim=claim_of_dialog(request, form), origin=origin_of_staff(request), type="MoveBudget")
            answer_once(wish, work).raise_if_reused()
            return f"Moved to {receiver.name}."

        return tell(request, act, _url(giver))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Copy to next period", permissions=["keep"], dialog=COPY, icon="content_copy"
    )
    def copy_on(self, request: HttpRequest, form: CopyForm, object_id: str) -> HttpResponse:
        budget = self.visible(request, object_id)
        if budget.period_type != PeriodType.CUSTOM:
            return self._alter(request, form, object_id, lambda _: _COPIED)

        def act() -> str:
            reason, origin = form.cleaned_data["reason"], origin_of_admin(request)
            follow_budget(caller=signed_in(request), budget=budget, reason=reason, origin=origin)
            return _COPIED

        return tell(request, act, _url(budget))

    def _alter(
        self,
        request: HttpRequest,
        form: ChangeForm,
        object_id: str,
        told: Callable[[Changed], str],
    ) -> HttpResponse:
        budget = self.visible(request, object_id)

        def act() -> str:
            changed = alter_budget(
                caller=signed_in(request),
                budget=budget,
                change=form.change,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
                origin=origin_of_admin(request),
            )
            return told(changed) if changed.has_changed else "It was so already: nothing has changed."

        return do_or_ask(request, form, form.intent(), act, _url(budget))


def _told_amount(changed: Changed) -> str:
    blocked = " It refuses every spend now." if changed.blocked_now else ""
    return f"The budget is changed.{blocked}"


def _url(budget: Budget) -> str:
    return reverse("admin:budgets_budget_change", args=[budget.id])
