"""What the dialogs of approval rules ask: what a rule is about, when it counts, and who has to agree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from compliance.admin.staff import signed_in
from ledger.ids import new_id
from ledger.money import plain
from ledger.selectors.assets import WALLET_CURRENCIES
from wallets.admin.approvals.four_eyes import ConfirmedForm, FourEyesForm, Intent
from wallets.admin.approvals.words import CHECKING, KINDS, MAKERS, SOURCES, block_words, listed
from wallets.admin.form_fields import AmountField, choice
from wallets.core import approving
from wallets.models import ApprovalRule
from wallets.selectors.approvals import rules_visible_to
from wallets.services.approvals.registry import OPERATIONS

SET_RULE = "approval_rule.set"
CONDITIONS = ("kinds", "maker_roles", "currency", "sources")


def several(words: Mapping[str, str], keys: Collection[str], **kwargs: Any) -> forms.MultipleChoiceField:
    choices = [(key, words[key].capitalize()) for key in sorted(keys)]
    return forms.MultipleChoiceField(choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)


def intent_for(rule_id: UUID, **values: Any) -> Intent:
    """A rule as it shall be, whole."""
    return Intent(SET_RULE, {"rule_id": str(rule_id), **values})


class RuleForm(ConfirmedForm):
    """One set of conditions; the interface can set several of which one has to hold."""

    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget, help_text="What the step is called.")
    operation = choice((), label="What it is about")
    kinds = several(KINDS, KINDS, label="Only for", required=False, help_text="Nothing marked: for all of it.")
    maker_roles = several(MAKERS, approving.MAKERS, label="Asked by", required=False, help_text="Nobody: by anybody.")
    amount_gte = AmountField(label="From which amount on", required=False, help_text="Empty: whatever the amount.")
    currency = choice((("", "Any"), *((code, code) for code in WALLET_CURRENCIES)), label="Currency", required=False)
    sources = several(SOURCES, SOURCES, label="Asked where", required=False, help_text="Nothing marked: anywhere.")
    checkers = several(CHECKING, approving.CHECKERS, label="Who may approve")
    needed = choice([(str(n), str(n)) for n in range(1, approving.MOST_NEEDED + 1)], label="How many of them have to")
    rule_id = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)
    own = ("name", "operation", "kinds", "maker_roles", "amount_gte", "currency", "sources", "checkers", "needed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.own)
        self.fields["operation"].choices = [(name, OPERATIONS[name].title) for name in sorted(OPERATIONS)]

    def block(self) -> dict[str, Any]:
        """The conditions that were said."""
        said = self.cleaned_data
        named = {name: said[name] for name in CONDITIONS if said[name]}
        return named | ({"amount_gte": plain(said["amount_gte"])} if said["amount_gte"] is not None else {})

    def blocks(self) -> list[dict[str, Any]]:
        block = self.block()
        return [block] if block else []

    def intent(self) -> Intent:
        said = self.cleaned_data
        named = {name: said[name] for name in ("name", "operation", "checkers")}
        return intent_for(said["rule_id"], **named, blocks=self.blocks(), needed=int(said["needed"]), is_active=True)


class ChangeRuleForm(RuleForm):
    """Begins with the rule as it is. What it is about stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = _rule(self)
        operation = OPERATIONS[self.rule.operation]
        self.fields["operation"].choices = [(operation.name, operation.title)]
        first = self.rule.blocks[0] if self.rule.blocks else {}
        own = {name: getattr(self.rule, name) for name in ("name", "checkers", "needed")}
        for name, value in {**own, **first, "rule_id": self.rule.id}.items():
            self.fields[name].initial = value
        if self.rule.blocks[1:]:
            others = listed([block_words(operation.name, block) for block in self.rule.blocks[1:]], last="and")
            self.fields["operation"].help_text = f"It is also about {others}: that stays as it is."

    def blocks(self) -> list[dict[str, Any]]:
        block = self.block()
        return [block, *self.rule.blocks[1:]] if block else []

    def intent(self) -> Intent:
        state = {"rule_id": str(self.rule.id), "is_active": self.rule.is_active}
        return Intent(SET_RULE, {**super().intent().arguments, **state})


class SwitchForm(FourEyesForm):
    """Off, or on again; all else of the rule stays."""

    def intent(self) -> Intent:
        rule = _rule(self)
        kept = {name: getattr(rule, name) for name in ("name", "operation", "blocks", "checkers", "needed")}
        return intent_for(rule.id, **kept, is_active=not rule.is_active)


def _rule(form: Any) -> ApprovalRule:
    return rules_visible_to(signed_in(form.request)).get(id=form.object_id)
