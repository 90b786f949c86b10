"""Whom a request concerns, told in the inbox and by e-mail as each wishes, in the transaction of what is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from compliance.models import User
from compliance.selectors.deputies import deputies_of
from ledger.money import plain
from wallets.core.notification_kinds import Kind
from wallets.models import Approval
from wallets.services.notifications.writing import tell_people


def tell_checkers(
    approval: Approval, title: str, people: Sequence[User], *, spoken: Collection[UUID] = (), is_reminder: bool = False
) -> None:
    """Tell those who may check that something waits, and those who stand in for them now.

    Args:
        title: what people call the operation.
        people: who may check in their own right. spoken: who has, in person or by a deputy.
    """
    silent = {approval.requested_by, approval.subject_user_id, *spoken}
    waiting = [person for person in people if person.id not in silent]
    standing_in = [user for users in deputies_of(person.id for person in waiting).values() for user in users]
    told = list(dict.fromkeys([*waiting, *(user for user in standing_in if user.id not in silent)]))
    which = "reminder" if is_reminder else "requested"
    facts = {**_facts(approval, title), **({"reminder": "yes"} if is_reminder else {})}
    tell_people(told, kind=Kind.APPROVAL_REQUESTED, cause=f"approval:{approval.id}:{which}", facts=facts)


def tell_maker(approval: Approval, title: str) -> None:
    """Tell whoever has asked what came of it; a service reads it itself."""
    facts = {**_facts(approval, title), "status": approval.status}
    if "detail" in approval.outcome:
        facts["detail"] = approval.outcome["detail"]
    people = User.objects.filter(id=approval.requested_by).select_related("company")
    tell_people(list(people), kind=Kind.APPROVAL_DECIDED, cause=f"approval:{approval.id}:decided", facts=facts)


def _facts(approval: Approval, title: str) -> dict[str, str]:
    facts = {"approval_id": str(approval.id), "operation": approval.operation, "title": title}
    if approval.amount is not None:
        facts |= {"amount": plain(approval.amount), "currency": approval.currency}
    return facts
