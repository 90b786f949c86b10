"""Many at one door at the same time: a code opens it once, and a crowd of guesses gets no more tries than a queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from pytest_django import Settings

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials
from compliance.models import LoginFailure, LoginSession, RecoveryCode, User
from compliance.services.desk_sessions import Arrival, enrol_and_sign_in, sign_in
from compliance.services.one_time_codes import code_of, new_key
from ledger.errors import Forbidden, RateLimited
from tests.compliance.desk import fresh_code, give_app, now_step
from tests.compliance.factories import UserFactory

pytestmark = pytest.mark.usefixtures("committed_db")
THREADS = 8


def at_once(act: Callable[[int], object]) -> list[str]:
    """What became of each, when all begin together."""
    start = Barrier(THREADS)

    def one(number: int) -> str:
        start.wait()
        try:
            act(number)
        except (InvalidCredentials, Forbidden, RateLimited) as error:
            return type(error).__name__
        else:
            return "in"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(pool.map(one, range(THREADS)))


def manager() -> tuple[User, Arrival]:
    user = UserFactory(first_name="Bob", role="MANAGER")
    return user, Arrival(user.id, user.get_session_auth_hash())


def from_somewhere(number: int) -> Origin:
    """Addresses that no other test fails from."""
    return Origin(ip_address=f"203.0.113.{100 + number}")


def test_a_code_lets_one_in(settings: Settings) -> None:
    settings.BACK_OFFICE_SESSIONS_PER_PERSON = THREADS
    user, arrival = manager()
    give_app(user)
    typed = fresh_code(user)
    found = at_once(lambda number: sign_in(arrival=arrival, typed=typed, origin=from_somewhere(number)))
    assert found == ["InvalidCredentials"] * (THREADS - 1) + ["in"]
    assert LoginSession.objects.filter(user=user).count() == 1


def test_a_recovery_code_lets_one_in() -> None:
    user, arrival = manager()
    recovery, *_ = give_app(user)
    found = at_once(lambda number: sign_in(arrival=arrival, typed=recovery, origin=from_somewhere(number)))
    assert found == ["InvalidCredentials"] * (THREADS - 1) + ["in"]
    assert RecoveryCode.objects.filter(user=user, used_at=None).count() == 9


def test_different_recovery_codes_let_all_in_and_leave_as_many_as_allowed(settings: Settings) -> None:
    settings.BACK_OFFICE_SESSIONS_PER_PERSON = 3
    user, arrival = manager()
    codes = give_app(user)
    assert at_once(lambda n: sign_in(arrival=arrival, typed=codes[n], origin=from_somewhere(n))) == ["in"] * THREADS
    assert LoginSession.objects.filter(user=user, revoked_at=None).count() == 3


def test_a_crowd_of_guesses_gets_no_more_tries_than_a_queue(settings: Settings) -> None:
    """Not even when one of them is right: after the limit nobody looks at a code."""
    settings.LOGIN_FAILURES_PER_ACCOUNT = 3
    user, arrival = manager()
    give_app(user)
    found = at_once(lambda n: sign_in(arrival=arrival, typed=f"{n:06}", origin=from_somewhere(n)))
    assert found.count("InvalidCredentials") == 3
    assert found.count("RateLimited") == THREADS - 3
    with pytest.raises(RateLimited):
        sign_in(arrival=arrival, typed=fresh_code(user), origin=from_somewhere(0))
    LoginFailure.objects.filter(network__startswith="203.0.113.").delete()


def test_one_browser_of_many_sets_an_app_up() -> None:
    user, arrival = manager()
    keys = [new_key() for _ in range(THREADS)]

    def set_up(number: int) -> None:
        typed = code_of(keys[number], now_step())
        enrol_and_sign_in(arrival=arrival, key=keys[number], typed=typed, origin=from_somewhere(number))

    assert at_once(set_up) == ["Forbidden"] * (THREADS - 1) + ["in"]
    assert RecoveryCode.objects.filter(user=user).count() == 10
