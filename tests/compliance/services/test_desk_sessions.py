"""Sessions of the back office are short, and few."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from compliance.models import LoginSession, User
from tests.compliance.desk import log_in, take_seat
from tests.compliance.factories import Cast


@pytest.fixture
def bob(cast: Cast) -> User:
    return cast.bob


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/security/").status_code == 200)


def is_in_after(client: Client, wait: timedelta) -> bool:
    with time_machine.travel(timezone.now() + wait, tick=False):
        return is_in(client)


def test_one_that_is_not_used_ends_after_half_an_hour(bob: User) -> None:
    client = log_in(bob)
    assert not is_in_after(client, timedelta(minutes=30, seconds=1))
    assert is_in_after(client, timedelta(minutes=29))


def test_use_puts_the_end_off_but_not_for_ever(bob: User) -> None:
    client, start = log_in(bob), timezone.now()
    for step in range(1, 24):
        with time_machine.travel(start + step * timedelta(minutes=20), tick=False):
            assert is_in(client), step
    with time_machine.travel(start + timedelta(hours=8, seconds=1), tick=False):
        assert not is_in(client)


def test_the_settings_say_how_long(bob: User, settings: Settings) -> None:
    settings.BACK_OFFICE_IDLE, settings.BACK_OFFICE_LIFETIME = timedelta(minutes=5), timedelta(minutes=12)
    client, start = log_in(bob), timezone.now()
    for minutes, expected in ((4, True), (8, True), (11, True), (13, False)):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert is_in(client) is expected, minutes


def test_use_is_noted_once_a_minute(bob: User) -> None:
    client = log_in(bob)
    session = LoginSession.objects.get(user=bob)
    assert is_in(client)
    same = LoginSession.objects.get(user=bob)
    assert (same.last_used_at, same.expires_at) == (session.last_used_at, session.expires_at)
    assert is_in_after(client, timedelta(seconds=61))
    later = LoginSession.objects.get(user=bob)
    assert later.last_used_at - session.last_used_at > timedelta(minutes=1)
    assert later.expires_at - session.expires_at == later.last_used_at - session.last_used_at


def test_the_oldest_ends_when_there_are_too_many(bob: User, settings: Settings) -> None:
    settings.BACK_OFFICE_SESSIONS_PER_PERSON = 2
    other = Client()
    take_seat(other, User.objects.get(first_name="Frida", company=bob.company))
    clients = [log_in(bob) for _ in range(4)]
    assert [is_in(client) for client in clients] == [False, False, True, True]
    ended = LoginSession.objects.filter(user=bob).exclude(revoked_at=None)
    assert set(ended.values_list("revoked_reason", flat=True)) == {"CROWDED_OUT"}
    assert is_in(other)


def test_ended_sessions_take_no_place(bob: User, settings: Settings) -> None:
    settings.BACK_OFFICE_SESSIONS_PER_PERSON = 2
    first, second = log_in(bob), log_in(bob)
    second.post("/admin/logout/")
    third = log_in(bob)
    assert (is_in(first), is_in(second), is_in(third)) == (True, False, True)


def test_the_interface_does_not_count(bob: User, settings: Settings) -> None:
    from tests.compliance.clients import api_as

    settings.BACK_OFFICE_SESSIONS_PER_PERSON = 1
    api = api_as(bob)
    first = log_in(bob)
    assert not is_in(first) or is_in(log_in(bob))
    assert api.get("/v1/me").status_code == 200
