"""The rules that say what needs a second person, in plain words; changed by four eyes themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action

from compliance.admin.staff import signed_in
from compliance.selectors.access import decides_over_access
from ledger.admin.cells import id_cell, label_cell
from ledger.admin.screens import Table
from wallets.admin.approvals.four_eyes import ask
from wallets.admin.approvals.pages import approval_url, names_for, person_cell
from wallets.admin.approvals.pending import ShowsPending
from wallets.admin.approvals.rule_forms import SET_RULE, ChangeRuleForm, RuleForm, SwitchForm
from wallets.admin.approvals.words import listed, need_words, rule_words
from wallets.admin.form_fields import dialog
from wallets.models import ApprovalRule
from wallets.selectors.approvals import approvals_visible_to, rules_visible_to
from wallets.services.approvals.registry import OPERATIONS

LAST_CHANGES = 25
_COUNTS = "Somebody else has to approve it. It counts for what is asked for afterwards."
NEW = dialog("Ask for a new rule?", _COUNTS, RuleForm, "Go on")
CHANGE = dialog("Ask for another rule?", _COUNTS, ChangeRuleForm, "Go on")
SWITCH_OFF = dialog("Switch this rule off?", _COUNTS, SwitchForm, "Ask for it")
SWITCH_ON = dialog("Switch this rule on?", _COUNTS, SwitchForm, "Ask for it")


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(ShowsPending):
    list_display = ("name", "sentence", "status_label")
    list_filter = ("is_active",)
    search_ids = ("id",)
    search_parts = ("name",)
    search_help_text = "Name or whole id of a rule"
    ordering = ("name", "id")
    sortable_by = ("name",)
    fields = (
        ("name", "status_label"),
        ("sentence",),
        ("title", "needs"),
        ("id", "version"),
        ("created_at",),
    )
    actions_list = ("new_rule",)
    actions_detail = ("change_rule", "switch_off", "switch_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRule]:
        return rules_visible_to(signed_in(request))

    def tables(self, request: HttpRequest, row: ApprovalRule) -> list[Table]:
        """Every request to change it, rejected ones too."""
        asked = approvals_visible_to(signed_in(request)).filter(operation=SET_RULE, target_id=row.id)
        found = list(asked.order_by("-created_at", "-id")[:LAST_CHANGES])
        owners = names_for(request, found)
        rows: list[list[Any]] = [
            [
                one.created_at,
                person_cell(owners, one.requested_role, one.requested_by),
                listed([change["label"] for change in one.impact], last="and"),
                one.reason,
                label_cell(one.status),
                id_cell(one.id, approval_url(one.id)),
            ]
            for one in found
        ]
        return [Table("Changes asked for", ("When", "By", "What", "Why", "Status", "Request"), rows)]

    @admin.display(description="In words")
    def sentence(self, row: ApprovalRule) -> str:
        return rule_words(row.operation, row.blocks, row.checkers, row.needed)

    @admin.display(description="About")
    def title(self, row: ApprovalRule) -> str:
        return OPERATIONS[row.operation].title

    @admin.display(description="Needs")
    def needs(self, row: ApprovalRule) -> str:
        return need_words(row.needed, row.checkers)

    @admin.display(description="Status", ordering="is_active")
    def status_label(self, row: ApprovalRule) -> str:
        return label_cell("ACTIVE" if row.is_active else "INACTIVE")

    # -- What is asked for, by finance. Each has a dialog: without one, Unfold runs actions on GET.

    def has_set_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a rule that is visible: Unfold hands over any id that was typed."""
        if object_id is not None:
            self.visible(request, object_id)
        return decides_over_access(signed_in(request))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        rule = self.visible(request, object_id)
        if not self.has_set_permission(request):
            return []
        names = {"change_rule", "switch_off" if rule.is_active else "switch_on"}
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(description="New rule", permissions=["set"], dialog=NEW, icon="add")  # type: ignore[untyped-decorator]
    def new_rule(self, request: HttpRequest, form: RuleForm) -> HttpResponse:
        return ask(request, form, form.intent(), reverse("admin:wallets_approvalrule_changelist"))

    @action(description="Change", permissions=["set"], dialog=CHANGE, icon="edit")  # type: ignore[untyped-decorator]
    def change_rule(self, request: HttpRequest, form: ChangeRuleForm, object_id: str) -> HttpResponse:
        return ask(request, form, form.intent(), _url(self.visible(request, object_id)))

    @action(description="Switch off", permissions=["set"], dialog=SWITCH_OFF, icon="block")  # type: ignore[untyped-decorator]
    def switch_off(self, request: HttpRequest, form: SwitchForm, object_id: str) -> HttpResponse:
        return ask(request, form, form.intent(), _url(self.visible(request, object_id)))

    @action(description="Switch on", permissions=["set"], dialog=SWITCH_ON, icon="check")  # type: ignore[untyped-decorator]
    def switch_on(self, request: HttpRequest, form: SwitchForm, object_id: str) -> HttpResponse:
        return ask(request, form, form.intent(), _url(self.visible(request, object_id)))


def _url(rule: ApprovalRule) -> str:
    return reverse("admin:wallets_approvalrule_change", args=[rule.id])
