"""Log-ins to the back office: opened by password and second factor, kept short, and few at a time (ADR 0036).

The cookie names a row of `LoginSession`; without a live one it is worth nothing. So everything that ends a log-in, its
rules and its screens are those of the interface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.transaction import atomic
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials
from compliance.locks import lock_user
from compliance.models import Channel, LoginSession, SessionEnding, User
from compliance.services.audit import MAX_USER_AGENT, record_change
from compliance.services.credentials import verify_user
from compliance.services.second_factors import Proof, enrol, take_code
from ledger.ids import new_id

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known. A page of the back office would otherwise always write."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whose password was right, and who has shown no second factor yet.

    Attributes:
        auth_hash: his `get_session_auth_hash` then: a new password or ended sessions end his arrival too.
    """

    user_id: UUID
    auth_hash: str


def sign_in(*, arrival: Arrival, typed: str, origin: Origin) -> tuple[LoginSession, Proof]:
    """Open a session for somebody who shows a code of his app, or a recovery code.

    Raises:
        RateLimited: too many wrong codes; this one was not looked at.
        InvalidCredentials: the code is wrong or was used, or he may not come in any more.
    """
    with atomic():
        user = _arrived(arrival)
        proof = take_code(user, typed, origin=_by(user, origin))
        session = None if proof is None else _open(user, origin, proof.value)
    if session is None or proof is None:
        raise InvalidCredentials
    return session, proof


def enrol_and_sign_in(*, arrival: Arrival, key: bytes, typed: str, origin: Origin) -> tuple[LoginSession, list[str]]:
    """Set up the second factor of somebody who has none yet, and open his session.

    Returns:
        The session, and the recovery codes to show this once.

    Raises:
        InvalidCredentials: not what an app with this key shows, or he may not come in any more.
        Forbidden: he has a second factor already.
    """
    with atomic():
        user = _arrived(arrival)
        codes = enrol(user_id=user.id, key=key, typed=typed, origin=_by(user, origin))
        return _open(user, origin, Proof.APP.value), codes


def use_session(*, session_id: UUID, user_id: UUID) -> LoginSession | None:
    """The live session of the back office that a request of this user comes in, and that it was used. None: log in.

    One query, its holder included, and once a minute another one that puts off its end.
    """
    sessions = LoginSession.objects.select_related("user").filter(channel=Channel.BACK_OFFICE)
    session, now = sessions.filter(id=session_id, user_id=user_id).first(), timezone.now()
    if session is None or not session.is_live(now):
        return None
    if now - session.last_used_at >= NOTED_EVERY:
        session.last_used_at, session.expires_at = now, _end(session.created_at, now)
        still_live = LoginSession.objects.filter(id=session.id, revoked_at=None)
        still_live.update(last_used_at=now, expires_at=session.expires_at)
    return session


def confirm(*, session: LoginSession, password: str, typed: str, origin: Origin) -> None:
    """Let somebody prove again that it is he, before what is most delicate.

    Raises:
        RateLimited: too many failures of either kind.
        InvalidCredentials: wrong password or code; not told which.
    """
    user = verify_user(email=_holder(session).email, password=password, address=origin.ip_address)
    with atomic():
        lock_user(user.id)
        user = User.objects.get(id=user.id)
        proof = take_code(user, typed, origin=origin)
        if proof is not None:
            LoginSession.objects.filter(id=session.id).update(confirmed_at=timezone.now())
    if proof is None:
        raise InvalidCredentials


def leave(session: LoginSession) -> None:
    """Log out of the back office."""
    live = LoginSession.objects.filter(id=session.id, revoked_at=None)
    live.update(revoked_at=timezone.now(), revoked_reason=SessionEnding.LOGGED_OUT)


def _arrived(arrival: Arrival) -> User:
    """Lock somebody on his way in. Raises InvalidCredentials if he may not go on."""
    lock_user(arrival.user_id)
    user = User.objects.filter(id=arrival.user_id).first()
    if user is None or not is_still_welcome(user, arrival):
        raise InvalidCredentials
    return user


def is_still_welcome(user: User, arrival: Arrival) -> bool:
    """Whether nothing has happened since the password was right that would end a session."""
    return user.is_active and user.is_staff and constant_time_compare(user.get_session_auth_hash(), arrival.auth_hash)


def _open(user: User, origin: Origin, proof: str) -> LoginSession:
    """A session of a locked user. Whoever has as many as he may loses the oldest."""
    now = timezone.now()
    mine = LoginSession.objects.filter(user=user, channel=Channel.BACK_OFFICE, revoked_at=None, expires_at__gt=now)
    newest_first = mine.order_by("-created_at", "-id").values_list("id", flat=True)
    crowded = list(newest_first[settings.BACK_OFFICE_SESSIONS_PER_PERSON - 1 :])
    mine.filter(id__in=crowded).update(revoked_at=now, revoked_reason=SessionEnding.CROWDED_OUT)
    session = LoginSession.objects.create(
        id=new_id(),
        user=user,
        channel=Channel.BACK_OFFICE,
        token_version=user.token_version,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent[:MAX_USER_AGENT],
        created_at=now,
        last_used_at=now,
        expires_at=_end(now, now),
    )
    opened = replace(_by(user, origin), session_id=session.id)
    record_change(origin=opened, entity=user, event_type="user.desk_opened", after={"by": proof})
    logger.info("desk_opened", user_id=str(user.id), role=user.role, proof=proof)
    return session


def _end(opened_at: datetime, used_at: datetime) -> datetime:
    """Too long unused, or as old as a session may become: whichever comes first."""
    return min(opened_at + settings.BACK_OFFICE_LIFETIME, used_at + settings.BACK_OFFICE_IDLE)


def _by(user: User, origin: Origin) -> Origin:
    return replace(origin, actor_id=user.id, actor_role=user.role)


def _holder(session: LoginSession) -> User:
    assert session.user is not None, "a session of the back office"
    return session.user
