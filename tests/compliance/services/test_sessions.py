"""What ends a log-in, ends it at the next request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials, InvalidToken
from compliance.models import (
    AuditRecord,
    Caller,
    LoginSession,
    Role,
    ServiceAccount,
    ServiceAccountStatus,
    SessionEnding,
    User,
    UserStatus,
)
from compliance.services.passwords import set_password
from compliance.services.sessions import TokenPair, end_sessions, identify, log_in, log_in_service, log_out, refresh
from compliance.services.users import update_user
from tests.compliance.clients import tokens_of
from tests.compliance.factories import PASSWORD, SECRET, Cast


def is_good(pair: TokenPair) -> bool:
    try:
        identify(access_token=pair.access)
    except InvalidToken:
        return False
    return True


def test_logging_in_opens_a_session(alice: User) -> None:
    pair = log_in(email=alice.email.upper(), password=PASSWORD, address="192.0.2.7", user_agent="x" * 500)
    identity = identify(access_token=pair.access)
    assert identity.caller == alice
    assert pair.expires_in == 900
    session = LoginSession.objects.get(id=identity.session_id)
    assert (session.ip_address, len(session.user_agent)) == ("192.0.2.7", 300)
    alice.refresh_from_db()
    assert alice.last_login is not None
    assert alice.last_active_at is not None


def test_a_service_logs_in_without_refresh_token(cast: Cast) -> None:
    pair = tokens_of(cast.bookings)
    assert pair.refresh is None
    caller = identify(access_token=pair.access).caller
    assert isinstance(caller, ServiceAccount)
    assert caller.role == "SYSTEM"
    assert "transfers:write" in caller.scopes


def test_who_calls_costs_one_query(alice: User) -> None:
    pair = tokens_of(alice)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        caller = identify(access_token=pair.access).caller
        assert (caller.role, caller.company_id, caller.team_id, caller.scopes) == (
            "EMPLOYEE",
            alice.company_id,
            alice.team_id,
            frozenset(),
        )
    assert len(queries) == 1


@pytest.mark.parametrize("status", [status for status in UserStatus if status != UserStatus.ACTIVE])
def test_only_active_users_log_in(alice: User, status: str) -> None:
    User.objects.filter(id=alice.id).update(status=status)
    with pytest.raises(InvalidCredentials):
        tokens_of(alice)


def test_suspended_services_do_not_log_in(cast: Cast) -> None:
    ServiceAccount.objects.filter(id=cast.bookings.id).update(status=ServiceAccountStatus.SUSPENDED)
    with pytest.raises(InvalidCredentials):
        log_in_service(client_id=cast.bookings.client_id, client_secret=SECRET, address=None, user_agent="")


def test_users_without_password_do_not_log_in(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    for password in (PASSWORD, "", alice.password):
        with pytest.raises(InvalidCredentials):
            log_in(email=alice.email, password=password, address=None, user_agent="")


def change(cast: Cast, **changes: str) -> None:
    update_user(
        caller=cast.frida, user_id=cast.alice.id, changes=changes, expected_version=None, origin=Origin(cast.frida.id)
    )


def suspend_and_lift(cast: Cast) -> None:
    change(cast, status=UserStatus.SUSPENDED)
    change(cast, status=UserStatus.ACTIVE)


ENDINGS: dict[str, Callable[[Cast], object]] = {
    "role": lambda cast: change(cast, role=Role.AUDITOR),
    "suspended": lambda cast: change(cast, status=UserStatus.SUSPENDED),
    "suspended and back": suspend_and_lift,
    "password": lambda cast: set_password(user_id=cast.alice.id, password="another winter day", origin=Origin()),
    "ended by staff": lambda cast: end_sessions(user_id=cast.alice.id, origin=Origin(cast.frida.id), reason="lost"),
    "locked, past all services": lambda cast: User.objects.filter(id=cast.alice.id).update(status=UserStatus.LOCKED),
    "role, past all services": lambda cast: User.objects.filter(id=cast.alice.id).update(role=Role.FINANCE),
}


@pytest.mark.parametrize("end", [pytest.param(end, id=name) for name, end in ENDINGS.items()])
def test_ends_every_session_of_this_user_and_of_nobody_else(cast: Cast, end: Callable[[Cast], object]) -> None:
    first, second, others = tokens_of(cast.alice), tokens_of(cast.alice), tokens_of(cast.charlie)
    assert is_good(first)
    end(cast)
    for pair in (first, second):
        assert not is_good(pair)
    assert is_good(others)


@pytest.mark.parametrize("name", ["role", "suspended", "password", "ended by staff"])
def test_refresh_tokens_end_too(cast: Cast, name: str) -> None:
    pair = tokens_of(cast.alice)
    ENDINGS[name](cast)
    with pytest.raises(InvalidToken):
        refresh(refresh_token=pair.refresh or "")


def test_a_log_in_that_overlaps_with_a_password_change_is_born_dead(alice: User) -> None:
    """It has compared the old password; the row that it writes afterwards escapes the list of what to end."""
    pair = tokens_of(alice)
    set_password(user_id=alice.id, password="another winter day", origin=Origin())
    LoginSession.objects.update(revoked_at=None, revoked_reason="")
    assert not is_good(pair)


def test_new_names_and_teams_end_nothing(cast: Cast) -> None:
    pair = tokens_of(cast.alice)
    update_user(
        caller=cast.frida,
        user_id=cast.alice.id,
        changes={"first_name": "Alicia", "team_id": cast.charlie.team_id},
        expected_version=None,
        origin=Origin(cast.frida.id),
    )
    assert identify(access_token=pair.access).caller.team_id == cast.charlie.team_id


def test_taken_scopes_are_gone_at_once(cast: Cast) -> None:
    pair = tokens_of(cast.bookings)
    ServiceAccount.objects.filter(id=cast.bookings.id).update(scope_names=["users:read"])
    assert identify(access_token=pair.access).caller.scopes == {"users:read"}


def test_a_session_of_somebody_else_does_not_help(cast: Cast) -> None:
    pair = tokens_of(cast.alice)
    LoginSession.objects.filter(user=cast.alice).update(user=cast.charlie)
    assert not is_good(pair)


@pytest.mark.parametrize("holder", ["alice", "bookings"])
def test_sessions_expire(cast: Cast, holder: str) -> None:
    caller: Caller = getattr(cast, holder)
    pair = tokens_of(caller)
    past = timezone.now() - timedelta(seconds=1)
    LoginSession.objects.update(created_at=past - timedelta(days=14), expires_at=past)
    assert not is_good(pair)
    if pair.refresh:
        with pytest.raises(InvalidToken):
            refresh(refresh_token=pair.refresh)


def test_refreshing_goes_on_in_the_same_session(alice: User) -> None:
    first = tokens_of(alice)
    second = refresh(refresh_token=first.refresh or "")
    assert identify(access_token=second.access).session_id == identify(access_token=first.access).session_id
    assert second.refresh != first.refresh
    assert is_good(refresh(refresh_token=second.refresh or ""))


def test_a_used_refresh_token_ends_the_family(alice: User) -> None:
    first, other = tokens_of(alice), tokens_of(alice)
    second = refresh(refresh_token=first.refresh or "")
    with pytest.raises(InvalidToken):
        refresh(refresh_token=first.refresh or "")
    assert not is_good(first)
    assert not is_good(second)
    with pytest.raises(InvalidToken):
        refresh(refresh_token=second.refresh or "")
    assert is_good(other), "another log-in of the same person is another family"
    assert LoginSession.objects.get(revoked_reason=SessionEnding.REFRESH_REUSED).user == alice


def test_logging_out_ends_one_session(alice: User) -> None:
    here, elsewhere = tokens_of(alice), tokens_of(alice)
    log_out(refresh_token=here.refresh or "", everywhere=False, origin=Origin())
    assert not is_good(here)
    assert is_good(elsewhere)
    with pytest.raises(InvalidToken):
        log_out(refresh_token=here.refresh or "", everywhere=True, origin=Origin())
    assert is_good(elsewhere), "a token that is over can no longer end anything"


def test_logging_out_everywhere_ends_all_and_is_audited(alice: User) -> None:
    here, elsewhere = tokens_of(alice), tokens_of(alice)
    session_id = identify(access_token=here.access).session_id
    log_out(refresh_token=here.refresh or "", everywhere=True, origin=Origin(ip_address="192.0.2.7"))
    assert not is_good(here)
    assert not is_good(elsewhere)
    record = AuditRecord.objects.get(event_type="user.sessions_ended")
    assert (record.actor_id, record.actor_role, record.session_id) == (alice.id, "EMPLOYEE", session_id)
    assert record.ip_address == "192.0.2.7"


def test_a_token_of_no_session_is_refused(alice: User) -> None:
    pair = tokens_of(alice)
    LoginSession.objects.update(refresh_jti=uuid4())
    with pytest.raises(InvalidToken):
        refresh(refresh_token=pair.refresh or "")
    LoginSession.objects.all().delete()
    assert not is_good(pair)
    with pytest.raises(InvalidToken):
        refresh(refresh_token=pair.refresh or "")
