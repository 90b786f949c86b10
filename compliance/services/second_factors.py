"""The second factor of the back office: setting it up, asking for it, replacing and resetting it (ADR 0036).

What is asked here is asked of a locked user, so that of two uses of one code at the same time one counts, and a crowd
of guesses waits in a queue.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db.transaction import atomic
from django.utils import timezone

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials
from compliance.locks import lock_user
from compliance.models import LoginSession, RecoveryCode, SecondFactor, SessionEnding, User
from compliance.services.audit import record_change
from compliance.services.encryption import box_with
from compliance.services.ending import end_sessions_of
from compliance.services.one_time_codes import matching_step
from compliance.services.recovery_codes import give_recovery_codes, take_recovery_code
from compliance.services.throttle import attempt_by, forget_failures, record_failure, require_room
from compliance.services.users import MAX_FAILURES_IN_A_ROW, lock_out, require_may_change
from ledger.errors import Forbidden, PreconditionFailed

CONFIRMED_FOR = timedelta(minutes=5)
"""How long a session may do what is most delicate after password and code were asked for again."""

logger = structlog.get_logger(__name__)


class Proof(StrEnum):
    """What somebody has shown besides the password."""

    APP = "app"
    RECOVERY_CODE = "recovery code"


class UnreadableKey(Exception):
    """None of SECOND_FACTOR_ENCRYPTION_KEYS opens it."""


def enrol(*, user_id: UUID, key: bytes, typed: str, origin: Origin, typed_at: datetime | None = None) -> list[str]:
    """Set up the second factor of a user who has none. The app has to show that it has the key.

    Args:
        typed_at: None = now. Who makes the code himself says for which instant, so that no step ends in between.

    Returns:
        The recovery codes. They cannot be shown again.

    Raises:
        InvalidCredentials: not what an app with this key shows now.
        Forbidden: he has one already.
    """
    with atomic():
        lock_user(user_id)
        user = User.objects.get(id=user_id)
        if SecondFactor.objects.filter(user=user).exists():
            raise Forbidden("Your second factor is set up already. Log in with it.")
        step = _first_step(key, typed, typed_at or timezone.now())
        SecondFactor.objects.create(user=user, encrypted_key=seal_key(user.id, key), last_step=step)
        record_change(origin=origin, entity=user, event_type="user.second_factor_set_up")
        return give_recovery_codes(user)


def take_code(user: User, typed: str, *, origin: Origin) -> Proof | None:
    """Use up a code, of the app or from paper, of a locked user.

    Let the transaction commit before you refuse: failures are counted in it, and the hundredth in a row locks the
    account (R228).

    Args:
        typed: as it came from a person; spaces, hyphens and capitals do not matter.

    Returns:
        What it was; None when it is wrong, was used before, or there is no second factor.

    Raises:
        RateLimited: too many wrong codes, of this account or from this address; the code was not looked at.
    """
    attempt = attempt_by(f"second factor of {user.id}", origin.ip_address)
    require_room(attempt)
    factor = SecondFactor.objects.filter(user=user).first()
    proof = None if factor is None else _proof(factor, user, typed)
    if proof is None:
        logger.warning("second_factor_refused", user_id=str(user.id), network=attempt.network)
        record_failure(attempt)
        _count_against(factor, user)
        return None
    SecondFactor.objects.filter(user=user).update(failures=0, last_used_at=timezone.now())
    if proof is Proof.RECOVERY_CODE:
        left = RecoveryCode.objects.filter(user=user, used_at=None).count()
        record_change(origin=origin, entity=user, event_type="user.recovery_code_used", after={"left": left})
    forget_failures(attempt)
    return proof


def replace_factor(*, session: LoginSession, key: bytes, typed: str, origin: Origin) -> list[str]:
    """Change to another app, from a confirmed session. Recovery codes are new too, and every other session ends.

    Returns:
        The recovery codes.

    Raises:
        Forbidden: nobody has confirmed lately that it is really he.
        InvalidCredentials: not what an app with this key shows now.
    """
    with atomic():
        user = _locked_holder(session)
        step = _first_step(key, typed, timezone.now())
        changed = {"encrypted_key": seal_key(user.id, key), "last_step": step, "enrolled_at": timezone.now()}
        SecondFactor.objects.filter(user=user).update(**changed, failures=0, last_used_at=None)
        end_sessions_of(user, SessionEnding.FACTOR_CHANGED, keep=session.id)
        user.save(update_fields=["token_version"])
        record_change(origin=origin, entity=user, event_type="user.second_factor_replaced")
        return give_recovery_codes(user)


def renew_recovery_codes(*, session: LoginSession, origin: Origin) -> list[str]:
    """New recovery codes, from a confirmed session. Raises Forbidden as `replace_factor`."""
    with atomic():
        user = _locked_holder(session)
        record_change(origin=origin, entity=user, event_type="user.recovery_codes_renewed")
        return give_recovery_codes(user)


def reset_factor(*, session: LoginSession, user_id: UUID, reason: str, origin: Origin) -> None:
    """Take somebody's second factor away, from a confirmed session of who decides over his access. All his sessions
    end; at his next log-in he sets one up anew.

    Raises:
        Forbidden: not confirmed lately; not the caller's to decide; oneself.
        PreconditionFailed: there is none.
    """
    with atomic():
        caller, user = _confirmed_holder(session), User.objects.get(id=user_id)
        if caller.company_id != user.company_id or "status" not in require_may_change(caller=caller, user=user):
            raise Forbidden
        clear_factor(user_id=user_id, reason=reason, origin=origin)


def clear_factor(*, user_id: UUID, reason: str, origin: Origin) -> None:
    """The same by the installation itself, which nobody asks who he is.

    Raises:
        PreconditionFailed: there is none.
    """
    with atomic():
        lock_user(user_id)
        user = User.objects.get(id=user_id)
        if not SecondFactor.objects.filter(user=user).exists():
            raise PreconditionFailed("This person has no second factor.")
        RecoveryCode.objects.filter(user=user).delete()
        SecondFactor.objects.filter(user=user).delete()
        end_sessions_of(user, SessionEnding.FACTOR_CHANGED)
        user.save(update_fields=["token_version"])
        record_change(origin=origin, entity=user, event_type="user.second_factor_reset", reason=reason)


def is_confirmed(session: LoginSession) -> bool:
    """Whether password and code were asked for again within the last minutes."""
    return session.confirmed_at is not None and timezone.now() - session.confirmed_at < CONFIRMED_FOR


def reencrypt_keys() -> int:
    """Encrypt every app's key with the first of SECOND_FACTOR_ENCRYPTION_KEYS, so that the others can go, and record
    it of each person. Safe to repeat.

    Raises:
        UnreadableKey: a key does not open; none has changed.
    """
    with atomic():
        user_ids = list(SecondFactor.objects.order_by("user_id").values_list("user_id", flat=True))
        for user_id in user_ids:
            lock_user(user_id)
            factor = SecondFactor.objects.select_related("user").get(user_id=user_id)
            factor.encrypted_key = seal_key(user_id, open_key(user_id, factor.encrypted_key))
            factor.save(update_fields=["encrypted_key"])
            record_change(origin=Origin(), entity=factor.user, event_type="user.second_factor_reencrypted")
    return len(user_ids)


def seal_key(user_id: UUID, key: bytes) -> str:
    """A key encrypted for one person: copied to somebody else's row, or session, it does not open."""
    return box_with(settings.SECOND_FACTOR_ENCRYPTION_KEYS).encrypt(user_id.bytes + key).decode()


def open_key(user_id: UUID, sealed: str) -> bytes:
    """Raises UnreadableKey."""
    try:
        opened = box_with(settings.SECOND_FACTOR_ENCRYPTION_KEYS).decrypt(sealed)
    except InvalidToken:
        raise UnreadableKey(f"No key opens the second factor of {user_id}.") from None
    if not opened.startswith(user_id.bytes):
        raise UnreadableKey(f"The key is not that of {user_id}.")
    return opened.removeprefix(user_id.bytes)


def _first_step(key: bytes, typed: str, now: datetime) -> int:
    step = matching_step(key, _plain(typed), after=0, now=now)
    if step is None:
        raise InvalidCredentials
    return step


def _proof(factor: SecondFactor, user: User, typed: str) -> Proof | None:
    code = _plain(typed)
    if take_recovery_code(user, code):
        return Proof.RECOVERY_CODE
    try:
        key = open_key(user.id, factor.encrypted_key)
    except UnreadableKey as error:
        logger.error("second_factor_unreadable", user_id=str(user.id), error=str(error))
        return None
    step = matching_step(key, code, after=factor.last_step, now=timezone.now())
    if step is None:
        return None
    factor.last_step = step
    factor.save(update_fields=["last_step"])
    return Proof.APP


def _count_against(factor: SecondFactor | None, user: User) -> None:
    """Right passwords start their own count afresh, so the codes have one of theirs."""
    if factor is None:
        return
    factor.failures += 1
    factor.save(update_fields=["failures"])
    if factor.failures >= MAX_FAILURES_IN_A_ROW:
        lock_out(user, reason=f"{factor.failures} wrong codes in a row")


def _locked_holder(session: LoginSession) -> User:
    assert session.user_id is not None, "a session of the back office"
    lock_user(session.user_id)
    return _confirmed_holder(session)


def _confirmed_holder(session: LoginSession) -> User:
    """Asked of the row: it may have ended since the request began."""
    fresh = LoginSession.objects.select_related("user").get(id=session.id)
    if fresh.user is None or not fresh.is_live(timezone.now()) or not is_confirmed(fresh):
        raise Forbidden("Confirm first that it is you: your password and a code.")
    return fresh.user


def _plain(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").lower()
