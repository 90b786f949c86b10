"""Two people of finance at the back office, and what one asks of the other."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.test import Client

from compliance.models import User
from ledger.ids import new_id
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.admin.staff import at_desk, page, wallet_path
from tests.wallets.scene import Scene, send, transfer_body
from wallets.models import Approval
from wallets.services.approvals import create_default_rules

APPROVALS, RULES = "/admin/wallets/approval/", "/admin/wallets/approvalrule/"


def with_rules(scene: Scene) -> User:
    """Give the company its first rules, and frida a colleague in finance: felix."""
    create_default_rules(scene.cast.company)
    felix: User = UserFactory(company=scene.cast.company, role="FINANCE", first_name="Felix")
    return felix


def approval_path(approval: Approval, name: str = "change") -> str:
    return f"{APPROVALS}{approval.id}/{name}/"


def document_path(txn_id: Any, name: str = "change") -> str:
    return f"/admin/ledger/transaction/{txn_id}/{name}/"


def pay(scene: Scene, amount: str = "10.00", *, key: str = "pay") -> UUID:
    """Alice pays charlie."""
    body = transfer_body(scene.alices, scene.charlies, amount)
    return UUID(send(api_as(scene.cast.alice), "/v1/transfers", body, key=key).json()["txn_id"])


def submit(client: Client, path: str, **form: Any) -> Any:
    """Send a dialog."""
    return client.post(path, {"reason": "Asked for.", "_form_submitted": "True", **form})


def confirm(client: Client, path: str, **form: Any) -> Any:
    """Send a dialog that shows first what it does, and then send it as it came back."""
    shown = submit(client, path, **form)
    assert "HX-Redirect" not in shown.headers, shown.content
    seen = re.search(r'name="seen" value="([^"]+)"', shown.content.decode())
    assert seen is not None, shown.content
    return submit(client, path, **form, seen=seen[1])


def ask_reversal(scene: Scene, txn_id: UUID, *, by: User | None = None) -> Approval:
    """Frida asks for a payment to be reversed."""
    submit(at_desk(by or scene.cast.frida), document_path(txn_id, "reverse"), key=str(new_id()))
    return Approval.objects.get(target_id=txn_id, status="PENDING")


def ask_adjustment(scene: Scene, amount: str = "25", *, wallet: Any = None, direction: str = "CREDIT") -> Approval:
    """Frida asks for a wallet to be put right."""
    target = wallet or scene.alices
    confirm(at_desk(scene.cast.frida), wallet_path(target, "adjust"), direction=direction, amount=amount)
    return Approval.objects.get(target_id=target.id, operation="adjustment.post", status="PENDING")


def answer(user: User, approval: Approval, button: str, **form: Any) -> Client:
    """Press a button of an approval; the client tells what came of it."""
    client = at_desk(user)
    seen = {"version": str(approval.version)} | form
    assert "HX-Redirect" in submit(client, approval_path(approval, button), **seen).headers
    approval.refresh_from_db()
    return client


def buttons_on(user: User, path: str) -> set[str]:
    return set(re.findall(r'hx-get="/admin/[^"]+/([a-z_]+)/"', page(at_desk(user), path)))


def listed(user: User, query: str = "") -> list[UUID]:
    response: Any = at_desk(user).get(f"{APPROVALS}{query}")
    assert response.status_code == 200
    return [row.id for row in response.context["cl"].result_list]
