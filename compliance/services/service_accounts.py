"""Service accounts in the back office: whoever has seen a secret does not put it to work (ADR 0037)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all
from compliance.models import ServiceAccount, ServiceAccountStatus, User
from compliance.selectors.access import decides_over_access
from compliance.services.audit import record_change
from compliance.services.companies import create_service_account, renew_service_secret
from ledger.errors import Forbidden, NotFound, PreconditionFailed

ACTIVATORS = roles_over_all("programs.activate")


def may_decide_on_programs(caller: User) -> bool:
    """Whether a caller puts programs to work and stops them. To prepare one takes `decides_over_access`."""
    return caller.role in ACTIVATORS or decides_over_access(caller)


def prepare_service_account(
    *, caller: User, name: str, scopes: Iterable[str], reason: str, origin: Origin
) -> tuple[ServiceAccount, str]:
    """Create a log-in for another program, which sleeps until somebody else activates it.

    Returns:
        The account and its secret, which is not kept and cannot be shown again.

    Raises:
        Forbidden: who does not decide over access.
        InvalidInput: a scope that does not exist.
    """
    if not decides_over_access(caller):
        raise Forbidden
    return create_service_account(
        company_id=caller.company_id, name=name, scopes=scopes, origin=origin, prepared_by=caller, reason=reason
    )


def renew_secret(*, caller: User, account_id: UUID, reason: str, origin: Origin) -> str:
    """Give a service account a new secret and end its log-ins; it sleeps until somebody else activates it.

    Raises:
        NotFound: no such account in the caller's company.
        Forbidden: who does not decide over access.
    """
    account = _account(caller, account_id)
    if not decides_over_access(caller):
        raise Forbidden
    return renew_service_secret(account_id=account.id, origin=origin, prepared_by=caller, reason=reason)


def activate_service_account(*, caller: User, account_id: UUID, reason: str, origin: Origin) -> ServiceAccount:
    """Put a service account to work. What works already stays as it is.

    Raises:
        NotFound: no such account in the caller's company.
        Forbidden: not the caller's to do, or he knows its secret.
        PreconditionFailed: it has been given another secret just now.
    """
    account = _account(caller, account_id)
    if not may_decide_on_programs(caller):
        raise Forbidden
    if account.prepared_by_id == caller.id:
        raise Forbidden("You were shown its secret, so somebody else has to put it to work.")
    return _set_status(account, ServiceAccountStatus.ACTIVE, reason, origin)


def suspend_service_account(*, caller: User, account_id: UUID, reason: str, origin: Origin) -> ServiceAccount:
    """Stop a service account: its next request is refused. What is stopped already stays as it is.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `activate_service_account`.
    """
    account = _account(caller, account_id)
    if not may_decide_on_programs(caller):
        raise Forbidden
    return _set_status(account, ServiceAccountStatus.SUSPENDED, reason, origin)


def _set_status(account: ServiceAccount, status: ServiceAccountStatus, reason: str, origin: Origin) -> ServiceAccount:
    """Only of the account as it was looked at: a secret that was given meanwhile was given to somebody."""
    before = account.status
    if before == status:
        return account
    with atomic():
        same = ServiceAccount.objects.filter(id=account.id, status=before, token_version=account.token_version)
        if not same.update(status=status):
            raise PreconditionFailed("Somebody has changed this service account since you read it. Read it again.")
        account.refresh_from_db()
        record_change(
            origin=origin,
            entity=account,
            event_type="service_account.status_changed",
            before={"status": before},
            after={"status": status},
            reason=reason,
        )
    return account


def _account(caller: User, account_id: UUID) -> ServiceAccount:
    account = ServiceAccount.objects.filter(id=account_id, company_id=caller.company_id).first()
    if account is None:
        raise NotFound
    return account
