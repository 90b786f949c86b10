"""Keys, codes and how they lie in the database."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials
from compliance.models import AuditRecord, LoginFailure, SecondFactor
from compliance.services.desk_sessions import Arrival, sign_in
from compliance.services.one_time_codes import code_of, matching_step, new_key, setup_url, step_at
from compliance.services.second_factors import UnreadableKey, open_key, reencrypt_keys
from tests.compliance.desk import fresh_code, give_app
from tests.compliance.factories import Cast

RFC_KEY = b"12345678901234567890"
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}
"""RFC 6238, appendix B, SHA-1: the last six digits."""


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("seconds", RFC_CODES)
def test_codes_are_those_of_the_standard(seconds: int) -> None:
    step = step_at(at(seconds))
    assert code_of(RFC_KEY, step) == RFC_CODES[seconds]
    assert matching_step(RFC_KEY, RFC_CODES[seconds], after=0, now=at(seconds)) == step
    assert matching_step(RFC_KEY, RFC_CODES[seconds], after=step, now=at(seconds)) is None


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "٢٨٧٠٨٢", "28708x", "-87082", "287082\x00"])
def test_what_is_no_code_is_no_code(typed: str) -> None:
    assert matching_step(RFC_KEY, typed, after=0, now=at(59)) is None


def test_an_app_reads_who_it_is_for() -> None:
    url = setup_url(RFC_KEY, email="lena.o'neil+1@nordwind.example")
    assert url == (
        "otpauth://totp/Wallet%20service:lena.o%27neil%2B1%40nordwind.example"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Wallet%20service&digits=6&period=30"
    )


def test_keys_are_drawn() -> None:
    assert len({new_key() for _ in range(100)}) == 100
    assert len(new_key()) == 20


def test_a_key_opens_for_its_person_only(cast: Cast) -> None:
    for user in (cast.bob, cast.frida):
        give_app(user)
    stolen = SecondFactor.objects.get(user=cast.frida).encrypted_key
    with pytest.raises(UnreadableKey):
        open_key(cast.bob.id, stolen)
    SecondFactor.objects.filter(user=cast.bob).update(encrypted_key=stolen)
    arrival = Arrival(cast.bob.id, cast.bob.get_session_auth_hash())
    with pytest.raises(InvalidCredentials):
        sign_in(arrival=arrival, typed=fresh_code(cast.frida), origin=Origin())


def test_without_its_key_codes_are_refused_and_recovery_codes_work(cast: Cast, settings: Settings) -> None:
    recovery, *_ = give_app(cast.bob)
    typed = fresh_code(cast.bob)
    settings.SECOND_FACTOR_ENCRYPTION_KEYS = ["another installation's"]
    arrival = Arrival(cast.bob.id, cast.bob.get_session_auth_hash())
    with pytest.raises(InvalidCredentials):
        sign_in(arrival=arrival, typed=typed, origin=Origin())
    assert LoginFailure.objects.count() == 1
    session, _ = sign_in(arrival=arrival, typed=recovery, origin=Origin())
    assert session.user == cast.bob


def test_keys_are_encrypted_anew(cast: Cast, settings: Settings) -> None:
    give_app(cast.bob)
    before = open_key(cast.bob.id, SecondFactor.objects.get().encrypted_key)
    old = settings.SECOND_FACTOR_ENCRYPTION_KEYS
    settings.SECOND_FACTOR_ENCRYPTION_KEYS = ["a new key of this installation", *old]
    call_command("reencrypt_second_factors", stdout=StringIO())
    settings.SECOND_FACTOR_ENCRYPTION_KEYS = settings.SECOND_FACTOR_ENCRYPTION_KEYS[:1]
    assert open_key(cast.bob.id, SecondFactor.objects.get().encrypted_key) == before
    assert AuditRecord.objects.filter(event_type="user.second_factor_reencrypted", entity_id=cast.bob.id).exists()
    settings.SECOND_FACTOR_ENCRYPTION_KEYS = ["lost"]
    with pytest.raises(UnreadableKey):
        reencrypt_keys()
    with pytest.raises(CommandError, match="No key opens"):
        call_command("reencrypt_second_factors")


def test_the_server_resets_when_nobody_is_left(cast: Cast) -> None:
    give_app(cast.conny)
    out = StringIO()
    call_command("reset_second_factor", cast.conny.email.upper(), "--reason", "Nobody is left.", stdout=out)
    assert "sets up a new second factor" in out.getvalue()
    record = AuditRecord.objects.get(event_type="user.second_factor_reset")
    assert (record.actor_id, record.actor_role, record.reason) == (None, "SYSTEM", "Nobody is left.")
    for email, told in ((cast.conny.email, "no second factor"), ("nobody@nordwind.example", "no such person")):
        with pytest.raises(CommandError, match=told):
            call_command("reset_second_factor", email, "--reason", "Again.")
