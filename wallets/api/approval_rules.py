"""`/v1/approval-rules`: when a second person is needed, and who that may be. Changing a rule needs one too."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import CurrencyField, FlagField, IdField, MoneyField, TextField, WholeNumberField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.ids import new_id
from ledger.money import plain
from ledger.selectors.assets import WALLET_CURRENCIES
from wallets.api.approval_views import ASKED_CODES, AskedAnswer, asked_for
from wallets.api.approval_views import EXAMPLE as APPROVAL_EXAMPLE
from wallets.core.approving import CHECKERS, MAKERS, MOST_BLOCKS, MOST_NEEDED, SOURCES
from wallets.models import ApprovalRule
from wallets.selectors.approvals import rules_visible_to
from wallets.services.approvals import OPERATIONS
from wallets.services.approvals.rule_setting import SetApprovalRule

KINDS = tuple(sorted({kind for operation in OPERATIONS.values() for kind in operation.kinds}))
EXAMPLE = {
    "rule_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0d1",
    "name": "Large adjustments",
    "operation": "adjustment.post",
    "blocks": [
        {
            "amount_gte": "500",
            "currency": "EUR",
            "maker_roles": ["FINANCE"],
            "sources": ["ADMIN", "API"],
            "kinds": ["CREDIT"],
        }
    ],
    "checkers": ["COMPLIANCE", "FINANCE"],
    "needed": 2,
    "is_active": True,
    "version": 1,
    "created_at": "2026-03-25T08:04:52.204711Z",
}
_BODY = {name: EXAMPLE[name] for name in ("name", "operation", "checkers", "needed", "is_active")}
_ASKED = {
    **APPROVAL_EXAMPLE,
    "operation": "approval_rule.set",
    "arguments": {name: EXAMPLE[name] for name in ("rule_id", "blocks", *_BODY)},
    "target_type": "approval_rule",
    "target_id": EXAMPLE["rule_id"],
    "subject_user_id": None,
    "amount": None,
    "currency": None,
    "impact": [{"label": "Needed", "before": "1", "after": "2"}],
    "reason": "Two people look at large ones.",
    "steps": [{"rule_id": None, "name": "Set an approval rule", "checkers": ["FINANCE", "COMPLIANCE"], "needed": 1}],
}


def _listed(words: frozenset[str] | tuple[str, ...], **kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=WordField(tuple(sorted(words))), max_length=len(words), **kwargs)


class RuleBlock(StrictSerializer):
    """All conditions of a block have to hold."""

    amounts = {"amount_gte": "currency"}

    amount_gte = MoneyField(required=False, help_text="From so much on.")
    currency = CurrencyField(required=False, among=WALLET_CURRENCIES)
    maker_roles = _listed(MAKERS, required=False, allow_empty=False)
    sources = _listed(SOURCES, required=False, allow_empty=False)
    kinds = _listed(KINDS, required=False, allow_empty=False, help_text="Cases of the operation, such as RAISE.")


class SetRule(StrictSerializer):
    rule_id = IdField(required=False, help_text="The rule to be changed; a new one without it.")
    name = TextField(max_length=100)
    operation = WordField(tuple(OPERATIONS))
    blocks = serializers.ListField(
        child=RuleBlock(), max_length=MOST_BLOCKS, required=False, help_text="One of them has to hold; none = always."
    )
    checkers = _listed(CHECKERS, allow_empty=False, help_text="Roles of those who may check.")
    needed = WholeNumberField(min_value=1, max_value=MOST_NEEDED, default=1)
    is_active = FlagField(default=True)
    reason = TextField(max_length=500, help_text="Why; kept for ever.")


class RuleAnswer(serializers.Serializer[Any]):
    rule_id = serializers.UUIDField()
    name = serializers.CharField()
    operation = serializers.CharField()
    blocks = serializers.ListField(child=serializers.DictField())
    checkers = serializers.ListField(child=serializers.CharField())
    needed = serializers.IntegerField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


def rule_view(rule: ApprovalRule) -> dict[str, Any]:
    return {
        "rule_id": str(rule.id),
        "name": rule.name,
        "operation": rule.operation,
        "blocks": rule.blocks,
        "checkers": rule.checkers,
        "needed": rule.needed,
        "is_active": rule.is_active,
        "version": rule.version,
        "created_at": rfc3339(rule.created_at),
    }


class ApprovalRulesView(ServiceView):
    policy = {"GET": allow(*PEOPLE - {"EMPLOYEE"}, scope="wallets:read"), "POST": allow(*PEOPLE)}

    @operation(
        "List approval rules",
        query=PageQuery,
        answer=page_of(RuleAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="The company's, those that are switched off too. Every active one that matches adds a step.",
    )
    def get(self, request: Request) -> Response:
        page = paginate(rules_visible_to(caller_of(request)), self.query(PageQuery))
        return Response(page.body(rule_view))

    @operation(
        "Ask for an approval rule",
        body=SetRule,
        answer=AskedAnswer,
        status=202,
        codes=(
            "money.invalid",
            "money.scale_exceeded",
            "currency.unsupported",
            "not_found",
            "lock.timeout",
            *ASKED_CODES,
        ),
        body_example={**_BODY, "blocks": EXAMPLE["blocks"], "reason": _ASKED["reason"]},
        example={"approval": _ASKED},
        takes_key="required",
        description="By whoever decides over access; the whole rule, as it shall be. It counts once somebody else has "
        "approved it, for what is asked for from then on. A rule is switched off with `is_active: false`, never "
        "deleted.",
    )
    def post(self, request: Request) -> HttpResponse:
        key, wanted = self.idempotency_key(), self.body(SetRule)
        reason = wanted.pop("reason")
        blocks = [_as_json(block) for block in wanted.get("blocks", [])]
        arguments = {**wanted, "blocks": blocks, "rule_id": str(wanted.get("rule_id") or new_id())}
        return asked_for(self, SetApprovalRule.name, arguments, reason=reason, key=key)


def _as_json(block: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) if name == "amount_gte" else value for name, value in block.items()}
