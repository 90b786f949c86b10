"""Who may add people with which role, and the first one who administers access (ADR 0037)."""

from __future__ import annotations

from django.db.transaction import atomic

from compliance.core.origin import SYSTEM_ROLE, Origin
from compliance.core.roles import roles_over_all
from compliance.locks import lock_user
from compliance.models import Caller, Role, User
from compliance.selectors.access import decides_over_access
from compliance.services.users import change_locked
from ledger.errors import Forbidden, NotFound

ADDERS = roles_over_all("people.create")


def require_may_add(caller: Caller, role: str) -> None:
    """Who adds whom: finance employees, who decides over access everybody, and programs whom their scope lets.

    Raises:
        Forbidden: not this caller, or not with this role.
    """
    if caller.role == SYSTEM_ROLE or decides_over_access(caller):
        return
    if caller.role not in ADDERS:
        raise Forbidden
    if role != Role.EMPLOYEE:
        raise Forbidden("Roles with rights over others are given by who administers access.")


def let_administer_access(*, email: str, administers: bool, reason: str) -> User:
    """Let somebody administer access, or not any more, on behalf of the installation: the first one of a company is
    named by nobody in it.

    Raises:
        NotFound: nobody has this address.
        InvalidInput: he has a role with rights over others.
    """
    with atomic():
        user_id = User.objects.filter(email=email.strip().lower()).values_list("id", flat=True).first()
        if user_id is None:
            raise NotFound("Nobody has this address.")
        lock_user(user_id)
        user = User.objects.get(id=user_id)
        change_locked(user, {"administers_access": administers}, origin=Origin(), reason=reason)
    return user
