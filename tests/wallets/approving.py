"""A company whose rules want a second person, and its people: for tests of approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.core.origin import Origin
from compliance.models import Caller, Role, User
from tests.compliance.factories import UserFactory
from tests.wallets.scene import Scene, make_scene
from wallets.models import Approval, ApprovalRule, Source, Wallet
from wallets.services.approvals import approve, create_default_rules, request_approval


@dataclass(frozen=True, slots=True)
class Office:
    """The scene with fiona, a second person of finance. frida is the first, bob alice's manager, conny compliance."""

    scene: Scene
    fiona: User

    @property
    def frida(self) -> User:
        return self.scene.cast.frida


def make_office(*, with_rules: bool = False) -> Office:
    scene = make_scene()
    company = scene.cast.company
    if with_rules:
        create_default_rules(company)
    return Office(scene, UserFactory(company=company, first_name="Fiona", role=Role.FINANCE))


def origin_of(caller: Caller) -> Origin:
    return Origin(actor_id=caller.id, actor_role=caller.role)


def adjustment(wallet: Wallet, amount: str = "25.00", direction: str = "CREDIT") -> dict[str, Any]:
    return {"wallet_id": str(wallet.id), "direction": direction, "amount": amount, "currency": "EUR"}


def ask(operation: str, maker: Caller, arguments: Mapping[str, Any], **more: Any) -> Approval:
    """Ask for something, as the interface does."""
    return request_approval(
        operation,
        maker=maker,
        arguments=arguments,
        reason="The provider erred.",
        origin=origin_of(maker),
        source=Source.API,
        **more,
    )


def agree(approval: Approval, checker: Caller) -> Approval:
    return approve(approval.id, caller=checker, reason="Seen.", origin=origin_of(checker))


def rule(company_id: Any, operation: str, checkers: list[str], **more: Any) -> ApprovalRule:
    """A rule as if it had been set."""
    return ApprovalRule.objects.create(
        company_id=company_id,
        name=more.pop("name", f"Rule for {operation}"),
        operation=operation,
        checkers=checkers,
        **more,
    )
