"""Creating and changing users."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.db.transaction import atomic

from compliance.core.access import ACCESS_FIELDS, PROFILE_FIELDS, changeable_fields
from compliance.core.origin import Origin
from compliance.locks import lock_company, lock_user
from compliance.models import Caller, Role, SecondFactor, SessionEnding, Team, User, UserStatus
from compliance.selectors.access import decides_over_access, is_access_administrator
from compliance.selectors.users import get_user
from compliance.services.audit import record_change
from compliance.services.ending import end_sessions_of
from ledger.errors import Forbidden, InvalidInput, PreconditionFailed
from ledger.ids import new_id

MAX_FAILURES_IN_A_ROW = 100
"""NIST SP 800-63B, 5.2.2: after so many the account waits for a person, not for a clock."""

_AUDITED = ("role", "administers_access", "status", "team_id", "kyc_status", "risk_level")
_NOT_TOLD = "(personal)"


def normalise_email(email: str) -> str:
    """The one spelling under which an address is kept and looked up."""
    return email.strip().lower()


def create_user(
    *,
    email: str,
    first_name: str,
    last_name: str,
    company_id: UUID,
    origin: Origin,
    role: str = Role.EMPLOYEE,
    team_id: UUID | None = None,
    password: str | None = None,
    user_id: UUID | None = None,
    phone: str = "",
    date_of_birth: date | None = None,
    nationality: str = "",
    timezone: str = "",
    language: str = "en",
    currency: str = "",
    reason: str = "",
) -> User:
    """Create a user (R44, R121–R124, R227). Without a password nobody can log in as this user yet.

    Args:
        email: any spelling; unique in lower case.
        user_id: the id that another service has given the user already; None = a new one.
        phone: E.164. nationality: ISO 3166-1 alpha-2. timezone: IANA. language: BCP 47. currency: asset code.

    Raises:
        InvalidInput: taken or impossible e-mail or phone, unknown team, weak password; with `errors`.
    """
    email = normalise_email(email)
    _require_email(email)
    _require_team(team_id, company_id)
    user = User(
        id=user_id or new_id(),
        company_id=company_id,
        team_id=team_id,
        email=email,
        first_name=first_name,
        last_name=last_name,
        role=role,
        phone=phone,
        date_of_birth=date_of_birth,
        nationality=nationality,
        timezone=timezone,
        language=language,
        currency=currency,
    )
    set_checked_password(user, password)
    with atomic():
        _insert(user)
        after = _audited(user, _AUDITED)
        record_change(origin=origin, entity=user, event_type="user.created", after=after, reason=reason)
    return user


def require_may_change(*, caller: Caller, user: User) -> frozenset[str]:
    """The fields of this user that the caller may change.

    Raises:
        Forbidden: none at all.
    """
    is_own = caller.id == user.id
    fields = changeable_fields(caller.role, of_oneself=is_own)
    if not is_own and decides_over_access(caller):
        fields |= ACCESS_FIELDS
    if not is_own and is_access_administrator(caller):
        fields |= {"administers_access"}
    if not fields:
        raise Forbidden
    return fields


def update_user(
    *,
    caller: Caller,
    user_id: UUID,
    changes: dict[str, Any],
    expected_version: int | None,
    origin: Origin,
    reason: str = "",
) -> User:
    """Change some fields of a user (R249). Nothing new changes nothing, not even the version.

    A new role, to administer access or not any more, and every status but ACTIVE end all sessions of the user at once
    (SECURITY.md).

    Args:
        changes: field to new value; `changeable_fields` says which ones the caller may name.
        expected_version: the version that the caller has seen; None = any.

    Raises:
        NotFound: not in the caller's scope.
        Forbidden: visible, but these fields are not the caller's to change.
        PreconditionFailed: somebody else has changed the user since.
        InvalidInput: unknown team, with its pointer.
    """
    with atomic():
        if "administers_access" in changes:
            # Of two who take it from each other at once, the second has it no more: one is always left.
            lock_company(caller.company_id)
            caller.refresh_from_db()
        lock_user(user_id)
        user = get_user(caller=caller, user_id=user_id)
        if set(changes) - require_may_change(caller=caller, user=user):
            raise Forbidden
        if "team_id" in changes and user.role == Role.MANAGER and not decides_over_access(caller):
            raise Forbidden("Whoever manages a team looks after its people, so this is decided by who gives roles.")
        if expected_version not in (None, user.version):
            raise PreconditionFailed("Somebody has changed this user since you read it. Read it again.")
        if "team_id" in changes:
            _require_team(changes["team_id"], user.company_id)
        change_locked(user, changes, origin=origin, reason=reason)
    return user


def lock_after_failures(*, email: str) -> None:
    """Lock the account behind an address after too many failed log-ins in a row (R228). Staff unlock it."""
    due = User.objects.filter(email=email, failed_login_attempts__gte=MAX_FAILURES_IN_A_ROW, status=UserStatus.ACTIVE)
    user_id = due.values_list("id", flat=True).first()
    if user_id is None:
        return
    with atomic():
        lock_user(user_id)
        for user in due.all():
            lock_out(user, reason=f"{user.failed_login_attempts} failed log-ins in a row")


def lock_out(user: User, *, reason: str) -> None:
    """Give a user, whose row is locked, the status LOCKED (R228)."""
    change_locked(user, {"status": UserStatus.LOCKED}, origin=Origin(), reason=reason)


def set_checked_password(user: User, password: str | None) -> None:
    """Give an unsaved change of password to a user; None = no log-in by password.

    Raises:
        InvalidInput: the password validators object; at `/password`.
    """
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages), pointer="/password") from None
    user.set_password(password)


def change_locked(user: User, changes: dict[str, Any], *, origin: Origin, reason: str) -> None:
    """Change a locked user, audit it, and end his sessions where his access changes."""
    fields = [name for name, value in changes.items() if getattr(user, name) != value]
    if not fields:
        return
    before = _audited(user, fields)
    for name in fields:
        setattr(user, name, changes[name])
    if user.administers_access and user.role != Role.EMPLOYEE:
        raise InvalidInput("Who administers access has no other role: take one before you give one.", pointer="/role")
    if "status" in fields and user.is_active:
        user.failed_login_attempts = 0
        SecondFactor.objects.filter(user=user).update(failures=0)
    user.version += 1
    if {"role", "administers_access"} & set(fields) or ("status" in fields and not user.is_active):
        end_sessions_of(user, SessionEnding.ACCESS_CHANGED)
    user.save()
    after = _audited(user, fields)
    record_change(origin=origin, entity=user, event_type="user.changed", before=before, after=after, reason=reason)


def _audited(user: User, fields: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return {name: _NOT_TOLD if name in PROFILE_FIELDS else getattr(user, name) for name in fields}


def _insert(user: User) -> None:
    """Uniqueness is the database's to judge; which rule broke is told by its name, never by a text."""
    try:
        with atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint == "user_email_unique":
            raise InvalidInput("This e-mail address is taken.", pointer="/email") from None
        if constraint == "user_phone_unique":
            raise InvalidInput("This phone number is taken.", pointer="/phone") from None
        raise


def _require_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput("This is not an e-mail address.", pointer="/email") from None
    if not email.isascii():
        raise InvalidInput("Write the domain of the e-mail address in its ASCII form.", pointer="/email")


def _require_team(team_id: UUID | None, company_id: UUID) -> None:
    if team_id is not None and not Team.objects.filter(id=team_id, company_id=company_id).exists():
        raise InvalidInput("There is no such team.", pointer="/team_id")
