"""How often a log-in may fail. All of it in Postgres: nothing here touches Redis (SECURITY.md)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.db import connections
from django.db.models.functions import Now
from pytest_django import Settings

from compliance.errors import InvalidCredentials
from compliance.models import LoginFailure, User
from compliance.services import credentials
from compliance.services.credentials import verify_service_account, verify_user
from compliance.services.throttle import purge_failures
from ledger.errors import RateLimited
from ledger.ids import new_id
from tests.compliance.factories import PASSWORD, SECRET, Cast, UserFactory

HERE, THERE = "192.0.2.7", "198.51.100.9"


def fail(email: str, times: int = 1, *, address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            verify_user(email=email, password="not the password", address=address)


def age_failures(by: timedelta) -> None:
    LoginFailure.objects.update(at=Now() - by)


def test_ten_failures_close_the_account_for_fifteen_minutes(alice: User) -> None:
    fail(alice.email, 10)
    with pytest.raises(RateLimited) as refusal:
        verify_user(email=alice.email, password=PASSWORD, address=THERE)
    assert 890 <= refusal.value.retry_after_seconds <= 900
    age_failures(timedelta(minutes=14, seconds=30))
    with pytest.raises(RateLimited) as refusal:
        verify_user(email=alice.email, password=PASSWORD, address=THERE)
    assert 20 <= refusal.value.retry_after_seconds <= 30
    age_failures(timedelta(minutes=15, seconds=1))
    assert verify_user(email=alice.email, password=PASSWORD, address=THERE) == alice


def test_refused_attempts_do_not_lengthen_the_wait(alice: User) -> None:
    fail(alice.email, 10)
    for _ in range(3):
        with pytest.raises(RateLimited):
            verify_user(email=alice.email, password=PASSWORD, address=HERE)
    assert LoginFailure.objects.count() == 10


def test_other_spellings_are_the_same_account(alice: User) -> None:
    for spelling in (alice.email, alice.email.upper(), f"  {alice.email.title()} "):
        fail(spelling, 3)
    fail(alice.email)
    with pytest.raises(RateLimited):
        verify_user(email=alice.email, password=PASSWORD, address=HERE)


def test_a_success_starts_the_count_afresh(alice: User) -> None:
    fail(alice.email, 9)
    verify_user(email=alice.email, password=PASSWORD, address=HERE)
    fail(alice.email, 10)
    with pytest.raises(RateLimited):
        verify_user(email=alice.email, password=PASSWORD, address=HERE)


def test_others_are_not_hindered(cast: Cast) -> None:
    fail(cast.alice.email, 10)
    assert verify_user(email=cast.bob.email, password=PASSWORD, address=HERE) == cast.bob


def test_unknown_accounts_are_throttled_alike(db: None) -> None:
    fail("nobody@nordwind.example", 10)
    with pytest.raises(RateLimited):
        verify_user(email="nobody@nordwind.example", password=PASSWORD, address=HERE)


def test_services_are_throttled_alike(cast: Cast) -> None:
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            verify_service_account(client_id=cast.bookings.client_id, client_secret="wrong", address=HERE)
    with pytest.raises(RateLimited):
        verify_service_account(client_id=cast.bookings.client_id, client_secret=SECRET, address=THERE)


def test_fifty_failures_close_the_address_for_an_hour(alice: User) -> None:
    for number in range(50):
        fail(f"user{number}@nordwind.example")
    with pytest.raises(RateLimited) as refusal:
        verify_user(email=alice.email, password=PASSWORD, address=HERE)
    assert 3590 <= refusal.value.retry_after_seconds <= 3600
    assert verify_user(email=alice.email, password=PASSWORD, address=THERE) == alice
    age_failures(timedelta(hours=1, seconds=1))
    assert verify_user(email=alice.email, password=PASSWORD, address=HERE) == alice


def test_one_success_does_not_open_the_address(cast: Cast) -> None:
    """Or a thief with an account of his own could go on for ever."""
    for number in range(49):
        fail(f"user{number}@nordwind.example")
    verify_user(email=cast.alice.email, password=PASSWORD, address=HERE)
    fail("user49@nordwind.example")
    with pytest.raises(RateLimited):
        verify_user(email=cast.alice.email, password=PASSWORD, address=HERE)


def test_a_whole_ipv6_network_counts_as_one_address(alice: User) -> None:
    for number in range(50):
        fail(f"user{number}@nordwind.example", address=f"2001:db8::{number:x}")
    with pytest.raises(RateLimited):
        verify_user(email=alice.email, password=PASSWORD, address="2001:db8::ffff:1")
    assert verify_user(email=alice.email, password=PASSWORD, address="2001:db8:0:1::1") == alice


def test_what_was_typed_is_not_kept(db: None) -> None:
    fail("my secret password")
    row = LoginFailure.objects.values().get()
    assert "secret" not in str(row)


def test_old_failures_are_purged(alice: User) -> None:
    fail(alice.email, 3)
    age_failures(timedelta(hours=1, seconds=1))
    fail(alice.email)
    assert purge_failures() == 3
    assert LoginFailure.objects.count() == 1


def test_a_hundred_failures_in_a_row_lock_the_account_until_somebody_looks(alice: User) -> None:
    User.objects.filter(id=alice.id).update(failed_login_attempts=99)
    fail(alice.email)
    alice.refresh_from_db()
    assert (alice.status, alice.failed_login_attempts) == ("LOCKED", 100)
    age_failures(timedelta(hours=2))
    with pytest.raises(InvalidCredentials):
        verify_user(email=alice.email, password=PASSWORD, address=HERE)


def test_failures_in_a_row_are_forgotten_after_a_success(alice: User) -> None:
    fail(alice.email, 3)
    alice.refresh_from_db()
    assert alice.failed_login_attempts == 3
    verify_user(email=alice.email, password=PASSWORD, address=HERE)
    alice.refresh_from_db()
    assert alice.failed_login_attempts == 0


@pytest.mark.usefixtures("committed_db")
def test_a_crowd_of_guesses_gets_no_more_answers_than_a_queue() -> None:
    email, threads = f"{new_id().hex}@nordwind.example", 16
    start = Barrier(threads)

    def guess(number: int) -> bool:
        start.wait()
        try:
            verify_user(email=email, password=f"guess {number}", address=f"203.0.113.{number}")
        except InvalidCredentials:
            return True
        except RateLimited:
            return False
        finally:
            connections.close_all()
        raise AssertionError("nobody is there")

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(guess, range(threads))) == 10


@pytest.mark.usefixtures("committed_db")
def test_a_crowd_of_right_log_ins_is_welcome() -> None:
    alice, threads = UserFactory(), 16
    start = Barrier(threads)

    def enter(_: int) -> bool:
        start.wait()
        try:
            return verify_user(email=alice.email, password=PASSWORD, address=HERE) == alice
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        assert all(pool.map(enter, range(threads)))


WHO: dict[str, Callable[[User], str]] = {
    "wrong password": lambda alice: alice.email,
    "unknown": lambda alice: "nobody@nordwind.example",
    "suspended": lambda alice: alice.email,
    "without password": lambda alice: alice.email,
}


@pytest.mark.parametrize("who", WHO)
def test_every_refusal_costs_one_hash(
    alice: User, who: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Argon2 dominates the time of a log-in; counting it is what can be tested on a busy machine (SECURITY.md)."""
    settings.PASSWORD_HASHERS = ["compliance.services.hashers.ModestArgon2"]
    hashed = make_password(PASSWORD)
    changes = {"suspended": {"status": "SUSPENDED"}, "without password": {"password": "!"}}.get(who, {})
    User.objects.filter(id=alice.id).update(**{"password": hashed, **changes})
    credentials._nobodys_hash.cache_clear()
    credentials._nobodys_hash()
    checked: list[str] = []

    def counting(password: str, encoded: str, setter: object = None) -> bool:
        checked.append(encoded.split("$")[0])
        return check_password(password, encoded)

    monkeypatch.setattr(credentials, "check_password", counting)
    with pytest.raises(InvalidCredentials):
        verify_user(email=WHO[who](alice), password="not the password", address=HERE)
    credentials._nobodys_hash.cache_clear()
    assert checked == ["argon2"]


def test_old_hashes_are_renewed_and_sessions_stay(alice: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [
        "compliance.services.hashers.ModestArgon2",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = alice.token_version
    verify_user(email=alice.email, password=PASSWORD, address=HERE)
    alice.refresh_from_db()
    assert alice.password.startswith("argon2$argon2id$")
    assert alice.token_version == before
    verify_user(email=alice.email, password=PASSWORD, address=HERE)
