"""`approval_rule.set`: make a rule, change it, or switch it off. Rules change by four eyes as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import Caller
from compliance.selectors.access import decides_over_access
from compliance.services.audit import record_change
from ledger.errors import Forbidden, InvalidInput, NotFound
from ledger.selectors.assets import WALLET_CURRENCIES
from ledger.services.movements import Claim
from wallets.core.approving import CHECKERS, MOST_NEEDED, fault_of
from wallets.locks import lock_approval_rule
from wallets.models import ApprovalRule
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument, text_argument

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWanted:
    """A rule as it shall be, whole."""

    rule_id: UUID
    name: str
    operation: str
    blocks: list[dict[str, Any]]
    checkers: list[str]
    needed: int
    is_active: bool


_FIELDS = ("name", "operation", "blocks", "checkers", "needed", "is_active")


class SetApprovalRule(Operation[RuleWanted]):
    """Args: every operation by name, this one too: rules about rules are rules."""

    name = "approval_rule.set"
    title = "Set an approval rule"
    always = True
    checkers = ("FINANCE", "COMPLIANCE")

    def __init__(self, operations: Mapping[str, Operation[Any]]) -> None:
        self._operations = operations

    def read(self, arguments: Arguments) -> RuleWanted:
        wanted = RuleWanted(
            rule_id=id_argument(arguments, "rule_id"),
            name=text_argument(arguments, "name").strip(),
            operation=text_argument(arguments, "operation"),
            blocks=arguments.get("blocks", []),
            checkers=sorted(set(_words(arguments.get("checkers")))),
            needed=int(arguments.get("needed", 1)),
            is_active=bool(arguments.get("is_active", True)),
        )
        self._check(wanted)
        return wanted

    def _check(self, wanted: RuleWanted) -> None:
        operation = self._operations.get(wanted.operation)
        if operation is None:
            raise InvalidInput("There is no such operation.", pointer="/operation")
        if len(wanted.name) > LONGEST_NAME:
            raise InvalidInput(f"A name has at most {LONGEST_NAME} characters.", pointer="/name")
        if fault := fault_of(wanted.blocks, currencies=WALLET_CURRENCIES, kinds=operation.kinds):
            raise InvalidInput(fault, pointer="/blocks")
        if not wanted.checkers or not CHECKERS.issuperset(wanted.checkers):
            raise InvalidInput(f"Checkers are some of {', '.join(sorted(CHECKERS))}.", pointer="/checkers")
        if not 1 <= wanted.needed <= MOST_NEEDED:
            raise InvalidInput(f"One to {MOST_NEEDED} people check.", pointer="/needed")

    def authorise(self, maker: Caller, asked: RuleWanted) -> None:
        if not decides_over_access(maker):
            raise Forbidden
        rule = ApprovalRule.objects.filter(id=asked.rule_id).first()
        if rule is not None and rule.company_id != maker.company_id:
            raise NotFound

    def target(self, asked: RuleWanted) -> Target:
        rule = ApprovalRule.objects.filter(id=asked.rule_id).first()
        version = "new" if rule is None else f"v{rule.version}"
        return Target(type="approval_rule", id=asked.rule_id, version=version)

    def impact(self, maker: Caller, asked: RuleWanted) -> list[Change]:
        self._require_free_name(maker, asked)
        before = _values(ApprovalRule.objects.filter(id=asked.rule_id).first())
        after = _shown(asdict(asked))
        return [
            Change(name.replace("_", " ").capitalize(), before.get(name, ""), after[name])
            for name in _FIELDS
            if before.get(name) != after[name]
        ]

    def lock(self, asked: RuleWanted) -> None:
        lock_approval_rule(asked.rule_id)

    def run(self, maker: Caller, asked: RuleWanted, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        self._require_free_name(maker, asked)
        values = {name: getattr(asked, name) for name in _FIELDS}
        rule = lock_approval_rule(asked.rule_id)
        before = _values(rule)
        if rule is None:
            rule = ApprovalRule.objects.create(id=asked.rule_id, company_id=maker.company_id, **values)
        else:
            for name, value in values.items():
                setattr(rule, name, value)
            rule.version += 1
            rule.save(update_fields=[*values, "version"])
        record_change(
            origin=origin, entity=rule, event_type="approval_rule.set", before=before, after=_shown(asdict(asked))
        )
        return {"rule_id": str(rule.id), "version": rule.version}

    def _require_free_name(self, maker: Caller, asked: RuleWanted) -> None:
        others = ApprovalRule.objects.filter(company_id=maker.company_id, name=asked.name).exclude(id=asked.rule_id)
        if others.exists():
            raise InvalidInput("Another rule has this name.", pointer="/name")


def _words(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def _values(rule: ApprovalRule | None) -> dict[str, str]:
    return {} if rule is None else _shown({name: getattr(rule, name) for name in _FIELDS})


def _shown(values: Mapping[str, Any]) -> dict[str, str]:
    """As one reads it, and as it is compared."""
    return {name: _text(values[name]) for name in _FIELDS}


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list() if all(isinstance(one, str) for one in value):
            return ", ".join(sorted(value)) if value else "always"
        case list():
            return json.dumps(value, sort_keys=True)
        case _:
            return str(value)
