"""How requests to the back office prove who they are: by a cookie that names a live log-in (ADR 0036)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from compliance.models import LoginSession, User
from compliance.services.desk_sessions import Arrival, is_still_welcome, leave, use_session

ARRIVAL_SECONDS = 10 * 60
"""How long somebody may take between the password and the second factor."""
_SESSION, _ARRIVAL = "log_in", "arrival"


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """Somebody whose password was right, and where he wants to go."""

    user: User
    arrival: Arrival
    next_url: str


class DeskMiddleware(AuthenticationMiddleware):
    """`request.user` is somebody only while the log-in that his cookie names is live. It is asked when somebody looks,
    so that the interface, which has no cookies, does not pay for it."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        kept: Any = request
        kept.user = SimpleLazyObject(lambda: _user_at_desk(request))
        del kept.auser  # it would believe the cookie alone

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """What the page shows of people is written down before it leaves."""
        if hasattr(request, "looks"):
            request.looks.write()
        return response


def desk_session_of(request: HttpRequest) -> LoginSession:
    """The log-in behind a request that the back office has let through."""
    session = _looked_up(request)
    assert session is not None, "the admin lets nobody else through"
    return session


def arrive(request: HttpRequest, user: User, *, next_url: str) -> None:
    """Remember in the cookie's session that the password of this user was right, and nothing else: nobody is logged in.

    Args:
        next_url: where to go afterwards, checked to be of this site.
    """
    log_out(request)
    request.session[_ARRIVAL] = {
        "user": str(user.id),
        "hash": user.get_session_auth_hash(),
        "at": int(timezone.now().timestamp()),
        "next": next_url,
    }


def at_the_door(request: HttpRequest) -> AtTheDoor | None:
    """Whose password was right in this browser a moment ago; None when he has to begin anew."""
    kept = request.session.get(_ARRIVAL)
    if kept is None or timezone.now().timestamp() - kept["at"] > ARRIVAL_SECONDS:
        return None
    user = User.objects.filter(id=kept["user"]).first()
    arrival = Arrival(UUID(kept["user"]), kept["hash"])
    if user is None or not is_still_welcome(user, arrival):
        return None
    return AtTheDoor(user, arrival, kept["next"])


def let_in(request: HttpRequest, session: LoginSession) -> None:
    """Give the browser a cookie that names this session. Its old one is worth nothing any more."""
    assert session.user is not None, "a session of the back office"
    request.session.flush()
    auth.login(request, session.user)
    request.session[_SESSION] = str(session.id)
    _remember(request, session)


def log_out(request: HttpRequest) -> None:
    """End the log-in that the cookie names, if it names one, and forget everything about this browser."""
    session = _looked_up(request)
    if session is not None:
        leave(session)
    _remember(request, None)
    request.session.flush()


def _user_at_desk(request: HttpRequest) -> User | AnonymousUser:
    session = _looked_up(request)
    user: User | AnonymousUser = AnonymousUser() if session is None or session.user is None else session.user
    request._cached_user = user  # type: ignore[attr-defined]  # where the log looks for who it was
    return user


def _looked_up(request: HttpRequest) -> LoginSession | None:
    """Once a request."""
    kept: Any = request
    if not hasattr(kept, "desk_session"):
        _remember(request, _named_by(request.session))
    found: LoginSession | None = kept.desk_session
    return found


def _named_by(cookie: SessionBase) -> LoginSession | None:
    """The live log-in that a cookie's session names, if it is his whom Django's own part of it names, and nothing has
    changed that his log-ins hang on. Django would read the user once more to find that out."""
    session_id, user_id = cookie.get(_SESSION), cookie.get(auth.SESSION_KEY)
    if session_id is None or user_id is None:
        return None
    session = use_session(session_id=UUID(session_id), user_id=UUID(user_id))
    if session is None or session.user is None:
        return None
    is_current = constant_time_compare(cookie.get(auth.HASH_SESSION_KEY, ""), session.user.get_session_auth_hash())
    return session if is_current else None


def _remember(request: HttpRequest, session: LoginSession | None) -> None:
    kept: Any = request
    kept.desk_session = session
