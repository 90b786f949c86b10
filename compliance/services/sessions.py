"""Log-ins: opening, using, refreshing and ending them (docs/interface.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from django.db.transaction import atomic
from django.utils import timezone

from compliance.core.origin import Origin
from compliance.errors import InvalidToken
from compliance.locks import lock_login_session, lock_user
from compliance.models import Caller, LoginSession, SessionEnding, User
from compliance.selectors.log_ins import find_log_in
from compliance.services.audit import MAX_USER_AGENT, record_change
from compliance.services.credentials import verify_service_account, verify_user
from compliance.services.ending import end_sessions_of
from compliance.services.tokens import Claims, TokenType, lifetime_of, read_token, write_token

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a log-in hands out. Services log in again instead of refreshing (RFC 6749, 4.4.3).

    Attributes:
        expires_in: seconds that the access token lives.
    """

    access: str
    refresh: str | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is behind an access token, as the database has it now."""

    caller: Caller
    session_id: UUID


def log_in(*, email: str, password: str, address: str | None, user_agent: str) -> TokenPair:
    """Log a person in. Raises RateLimited or InvalidCredentials as `verify_user` does."""
    user = verify_user(email=email, password=password, address=address)
    now = timezone.now()
    session = LoginSession(
        user=user, refresh_jti=uuid4(), created_at=now, expires_at=now + lifetime_of(TokenType.REFRESH)
    )
    return _open(session, address, user_agent, now)


def log_in_service(*, client_id: str, client_secret: str, address: str | None, user_agent: str) -> TokenPair:
    """Log a service account in. Raises RateLimited or InvalidCredentials likewise."""
    account = verify_service_account(client_id=client_id, client_secret=client_secret, address=address)
    now = timezone.now()
    session = LoginSession(service_account=account, created_at=now, expires_at=now + lifetime_of(TokenType.ACCESS))
    return _open(session, address, user_agent, now)


def identify(*, access_token: str) -> Identity:
    """Who calls with this token. One query; nothing that has changed since the log-in is overlooked.

    Raises:
        InvalidToken: wrong in any way, or ended: by expiry, log-out, another password, role or status.
    """
    claims = read_token(access_token, TokenType.ACCESS)
    session = find_log_in(claims.session_id)
    if session is None or not session.is_live(timezone.now()):
        raise InvalidToken
    caller = session.holder
    if (claims.subject, claims.role, claims.company_id) != (caller.id, caller.role, caller.company_id):
        raise InvalidToken
    return Identity(caller, session.id)


def refresh(*, refresh_token: str) -> TokenPair:
    """Trade a refresh token for a new pair; of parallel attempts with one token at most one succeeds.

    Raises:
        InvalidToken: wrong in any way. If it was good once, its whole family ends: either this is a thief,
            or a thief was here before (RFC 9700, 4.14.2).
    """
    claims = read_token(refresh_token, TokenType.REFRESH)
    now = timezone.now()
    with atomic():
        session = _take_up(claims, now)
        if session is not None:
            session.refresh_jti = uuid4()
            session.last_used_at = now
            session.save(update_fields=["refresh_jti", "last_used_at"])
            User.objects.filter(id=claims.subject).update(last_active_at=now)
    if session is None:
        raise InvalidToken
    return _tokens(session, now)


def log_out(*, refresh_token: str, everywhere: bool, origin: Origin) -> None:
    """End the log-in that a refresh token belongs to, or all log-ins of its user.

    Args:
        origin: from where; who it is, the token says.

    Raises:
        InvalidToken: not a good refresh token (any more).
    """
    claims = read_token(refresh_token, TokenType.REFRESH)
    now = timezone.now()
    with atomic():
        session = _take_up(claims, now)
        if session is not None and everywhere:
            actor = replace(origin, actor_id=claims.subject, actor_role=session.holder.role, session_id=session.id)
            _end_all(claims.subject, SessionEnding.LOGGED_OUT, actor, reason="logged out everywhere")
        elif session is not None:
            _revoke(session, SessionEnding.LOGGED_OUT, now)
    if session is None:
        raise InvalidToken


def end_sessions(*, user_id: UUID, origin: Origin, reason: str) -> None:
    """End all sessions of a user at once, on somebody else's demand (SECURITY.md)."""
    with atomic():
        _end_all(user_id, SessionEnding.ENDED_BY_STAFF, origin, reason)


def end_own_sessions(*, user_id: UUID, keep: UUID | None, origin: Origin) -> User:
    """End one's own sessions, at the back office and of the interface.

    Args:
        keep: the one that goes on; None = all end.

    Returns:
        The user as he is now; the cookie of the session that goes on has to be renewed with him.
    """
    with atomic():
        return _end_all(user_id, SessionEnding.LOGGED_OUT, origin, "logged out elsewhere", keep=keep)


def _open(session: LoginSession, address: str | None, user_agent: str, now: datetime) -> TokenPair:
    session.token_version = session.holder.token_version
    session.ip_address = address
    session.user_agent = user_agent[:MAX_USER_AGENT]
    session.last_used_at = now
    session.save(force_insert=True)
    return _tokens(session, now)


def _tokens(session: LoginSession, now: datetime) -> TokenPair:
    caller = session.holder
    access_ends = min(now + lifetime_of(TokenType.ACCESS), session.expires_at)
    claims = Claims(
        subject=caller.id,
        token_id=uuid4(),
        session_id=session.id,
        role=caller.role,
        company_id=caller.company_id,
        scope=" ".join(sorted(caller.scopes)),
    )
    access = write_token(claims, TokenType.ACCESS, issued_at=now, expires_at=access_ends)
    expires_in = int((access_ends - now).total_seconds())
    if session.refresh_jti is None:
        return TokenPair(access, None, expires_in)
    claims = Claims(subject=caller.id, token_id=session.refresh_jti, session_id=session.id)
    written = write_token(claims, TokenType.REFRESH, issued_at=now, expires_at=session.expires_at)
    return TokenPair(access, written, expires_in)


def _take_up(claims: Claims, now: datetime) -> LoginSession | None:
    """Lock and return the live session whose newest refresh token this is; None when there is none such.

    A live session that is shown an older token ends here. The caller must let this commit before it refuses.
    """
    lock_login_session(user_id=claims.subject, session_id=claims.session_id)
    sessions = LoginSession.objects.select_related("user")
    session = sessions.filter(id=claims.session_id, user_id=claims.subject).first()
    if session is None or not session.is_live(now):
        return None
    if session.refresh_jti != claims.token_id:
        logger.warning("refresh_token_reused", session_id=str(session.id), user_id=str(claims.subject))
        _revoke(session, SessionEnding.REFRESH_REUSED, now)
        return None
    return session


def _revoke(session: LoginSession, ending: SessionEnding, now: datetime) -> None:
    session.revoked_at, session.revoked_reason = now, ending
    session.save(update_fields=["revoked_at", "revoked_reason"])


def _end_all(user_id: UUID, ending: SessionEnding, origin: Origin, reason: str, *, keep: UUID | None = None) -> User:
    lock_user(user_id)
    user = User.objects.get(id=user_id)
    end_sessions_of(user, ending, keep=keep)
    user.save(update_fields=["token_version"])
    record_change(origin=origin, entity=user, event_type="user.sessions_ended", after={"ending": ending}, reason=reason)
    return user
