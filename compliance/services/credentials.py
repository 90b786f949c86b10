"""Who is this? Passwords and secrets are checked here and nowhere else; the admin's log-in comes through here too.

An unknown account costs the same work and gets the same answer as a wrong password (SECURITY.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache

import structlog
from django.contrib.auth.hashers import check_password, is_password_usable, make_password
from django.db.models import F
from django.utils import timezone

from compliance.errors import InvalidCredentials
from compliance.models import ServiceAccount, User
from compliance.services.throttle import Attempt, attempt_by, forget_failures, record_failure, require_room
from compliance.services.users import lock_after_failures, normalise_email

logger = structlog.get_logger(__name__)


def verify_user(*, email: str, password: str, address: str | None) -> User:
    """The active user with this e-mail and password.

    Args:
        address: the client's address, None outside a request.

    Raises:
        RateLimited: too many failures, of this account or from this address; the password was not looked at.
        InvalidCredentials: unknown, wrong password, or not ACTIVE; not told which.
    """
    email = normalise_email(email)
    attempt = attempt_by(email, address)
    require_room(attempt)
    user = User.objects.filter(email=email).first()
    if not _matches(password, user.password if user else None, _upgrade(user)) or user is None or not user.is_active:
        _refuse(attempt)
        _count_against(email)
        raise InvalidCredentials
    now = timezone.now()
    User.objects.filter(id=user.id).update(last_login=now, last_active_at=now, failed_login_attempts=0)
    _welcome(attempt, user)
    return user


def verify_service_account(*, client_id: str, client_secret: str, address: str | None) -> ServiceAccount:
    """The active service account with this id and secret. Raises as `verify_user` does."""
    attempt = attempt_by(client_id, address)
    require_room(attempt)
    account = ServiceAccount.objects.filter(client_id=client_id).first()
    if (
        not _matches(client_secret, account.secret_hash if account else None)
        or account is None
        or not account.is_active
    ):
        _refuse(attempt)
        raise InvalidCredentials
    ServiceAccount.objects.filter(id=account.id).update(last_used_at=timezone.now())
    _welcome(attempt, account)
    return account


def _matches(secret: str, encoded: str | None, upgrade: Callable[[str], None] | None = None) -> bool:
    """Compare in constant work: one hash of the usual cost, whether there is an account or not."""
    if encoded is None or not is_password_usable(encoded):
        check_password(secret, _nobodys_hash())
        return False
    return check_password(secret, encoded, upgrade)


@cache
def _nobodys_hash() -> str:
    return make_password(secrets.token_urlsafe())


def _upgrade(user: User | None) -> Callable[[str], None] | None:
    """Re-hash with today's parameters. It is the same password, so sessions stay."""
    if user is None:
        return None

    def save(password: str) -> None:
        User.objects.filter(id=user.id, password=user.password).update(password=make_password(password))

    return save


def _refuse(attempt: Attempt) -> None:
    logger.warning("login_refused", account_key=attempt.account_key, network=attempt.network)
    record_failure(attempt)


def _welcome(attempt: Attempt, holder: User | ServiceAccount) -> None:
    logger.info("login_succeeded", holder_id=str(holder.id), role=holder.role, network=attempt.network)
    forget_failures(attempt)


def _count_against(email: str) -> None:
    """The same statement for accounts that do not exist, or the time would tell."""
    User.objects.filter(email=email).update(failed_login_attempts=F("failed_login_attempts") + 1)
    lock_after_failures(email=email)
