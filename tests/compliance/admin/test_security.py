"""“My security”, and what asks for password and code again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from compliance.errors import InvalidToken
from compliance.models import AuditRecord, LoginSession, RecoveryCode, SecondFactor, User
from compliance.services.one_time_codes import code_of
from compliance.services.sessions import identify
from tests.compliance.admin.test_signing_in import shown_codes
from tests.compliance.clients import tokens_of
from tests.compliance.desk import fresh_code, give_app, log_in, now_step, take_seat
from tests.compliance.factories import PASSWORD, Cast, UserFactory

SECURITY, CONFIRM = "/admin/security/", "/admin/security/confirm/"
REPLACE, CODES, NEW_CODES = f"{SECURITY}device/", f"{SECURITY}recovery-codes/", f"{SECURITY}recovery-codes/new/"
END = f"{SECURITY}end-sessions/"


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def confirm(client: Client, user: User, *, password: str = PASSWORD, code: str = "", next_url: str = REPLACE) -> Any:
    return client.post(f"{CONFIRM}?next={next_url}", {"password": password, "code": code or fresh_code(user)})


def records(kind: str) -> Any:
    return AuditRecord.objects.filter(event_type=kind)


def test_it_shows_what_is_ones_own(cast: Cast) -> None:
    client, page = log_in(cast.bob), ""
    tokens_of(cast.bob)
    log_in(cast.frida, client=Client(REMOTE_ADDR="198.51.100.77"))
    page = client.get(SECURITY).content.decode()
    assert "10 not used" in page
    assert page.count("this one") == 2, "a row, and the button that ends it too"
    assert page.count("<td>Interface") == 1
    assert "198.51.100.77" not in page


def test_the_rest_of_the_world_stays_out(cast: Cast) -> None:
    for client in (Client(), log_in(cast.alice)):
        for path in (SECURITY, CONFIRM, REPLACE, CODES, NEW_CODES, END):
            for answer in (client.get(path), client.post(path)):
                assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", [REPLACE, CODES])
def test_a_log_in_alone_is_not_enough(cast: Cast, path: str) -> None:
    client = log_in(cast.bob)
    assert client.get(path)["Location"] == f"{CONFIRM}?next={path.replace('/', '%2F')}"
    assert confirm(client, cast.bob, next_url=path)["Location"] == path
    assert client.get(path).status_code == 200
    old = timezone.now() - timedelta(minutes=5, seconds=1)
    LoginSession.objects.filter(user=cast.bob).update(confirmed_at=old)
    assert client.get(path).status_code == 302


def test_what_was_not_confirmed_changes_nothing(cast: Cast) -> None:
    client = log_in(cast.bob)
    before = [*SecondFactor.objects.values(), *RecoveryCode.objects.values()]
    client.get(REPLACE)
    assert client.post(REPLACE, {"code": "123456"}).status_code == 302
    assert client.post(NEW_CODES)["Location"] == SECURITY
    assert [*SecondFactor.objects.values(), *RecoveryCode.objects.values()] == before


@pytest.mark.parametrize(("password", "code"), [("wrong", ""), (PASSWORD, "000000"), (PASSWORD, "")])
def test_confirming_needs_both_and_a_code_that_is_new(cast: Cast, password: str, code: str) -> None:
    client = log_in(cast.bob)
    used = code or (fresh_code(cast.bob) if password != PASSWORD else "")
    if not used:  # the one of the log-in
        used = code_of_last_log_in(cast.bob)
    answer = client.post(CONFIRM, {"password": password, "code": used})
    assert b"Password or code is wrong" in answer.content
    assert LoginSession.objects.get(user=cast.bob).confirmed_at is None


def code_of_last_log_in(user: User) -> str:
    from compliance.services.second_factors import open_key

    factor = SecondFactor.objects.get(user=user)
    return code_of(open_key(user.id, factor.encrypted_key), factor.last_step)


def test_confirming_is_throttled(cast: Cast) -> None:
    client = log_in(cast.bob)
    for _ in range(10):
        client.post(CONFIRM, {"password": PASSWORD, "code": "000000"})
    assert b"Too many failed attempts" in confirm(client, cast.bob).content


def test_confirming_leads_nowhere_else(cast: Cast) -> None:
    client = log_in(cast.bob)
    assert confirm(client, cast.bob, next_url="https://elsewhere.example/")["Location"] == SECURITY


def test_another_phone(cast: Cast) -> None:
    here, elsewhere, token = log_in(cast.bob), log_in(cast.bob), tokens_of(cast.bob)
    old = SecondFactor.objects.get(user=cast.bob).encrypted_key
    old_codes = set(RecoveryCode.objects.filter(user=cast.bob).values_list("code_hash", flat=True))
    confirm(here, cast.bob)
    page: Any = here.get(REPLACE)
    key = key_on(page)
    assert b"This code is wrong" in here.post(REPLACE, {"code": "000000"}).content
    assert SecondFactor.objects.get(user=cast.bob).encrypted_key == old
    answer = here.post(REPLACE, {"code": code_of(key, now_step())})
    assert len(shown_codes(answer)) == 10
    assert not old_codes & set(RecoveryCode.objects.filter(user=cast.bob).values_list("code_hash", flat=True))
    assert is_in(here)
    assert not is_in(elsewhere)
    with pytest.raises(InvalidToken):
        identify(access_token=token.access)
    record = records("user.second_factor_replaced").get()
    assert (record.actor_id, record.session_id) == (cast.bob.id, LoginSession.objects.earliest("created_at").id)
    assert is_in(log_in(cast.bob))


def key_on(page: Any) -> bytes:
    from base64 import b32decode

    text: str = page.context["key"]
    return b32decode(text.replace(" ", ""))


def test_new_recovery_codes(cast: Cast) -> None:
    old = give_app(cast.bob)
    client = log_in(cast.bob)
    confirm(client, cast.bob, next_url=CODES)
    assert client.get(CODES).status_code == 200
    new = shown_codes(client.post(NEW_CODES))
    assert len(set(new) - set(old)) == 10
    assert RecoveryCode.objects.filter(user=cast.bob).count() == 10
    assert records("user.recovery_codes_renewed").get().actor_id == cast.bob.id
    for typed, is_good in ((old[0], False), (new[0], True)):
        browser = Client()
        browser.post("/admin/login/", {"username": cast.bob.email, "password": PASSWORD})
        browser.post("/admin/login/code/", {"code": typed})
        assert is_in(browser) is is_good


def test_ending_the_others(cast: Cast) -> None:
    here, elsewhere, frida, token = log_in(cast.bob), log_in(cast.bob), log_in(cast.frida), tokens_of(cast.bob)
    assert here.post(END, {"others": "1"})["Location"] == SECURITY
    assert (is_in(here), is_in(elsewhere), is_in(frida)) == (True, False, True)
    with pytest.raises(InvalidToken):
        identify(access_token=token.access)
    assert records("user.sessions_ended").get().after == {"ending": "LOGGED_OUT"}
    assert is_in(here), "and it stays so"


def test_ending_all(cast: Cast) -> None:
    here, elsewhere = log_in(cast.bob), log_in(cast.bob)
    assert here.post(END, {"all": "1"})["Location"] == "/admin/login/"
    assert (is_in(here), is_in(elsewhere)) == (False, False)
    assert set(LoginSession.objects.values_list("revoked_reason", flat=True)) == {"LOGGED_OUT"}


def reset(client: Client, user: User, *, reason: str = "Phone lost, seen in person.") -> Any:
    path = f"/admin/compliance/user/{user.id}/reset_second_factor/"
    return client.post(path, {"reason": reason, "_form_submitted": "True"})


@pytest.mark.parametrize("name", ["frida", "conny"])
def test_who_decides_over_access_resets_a_second_factor(cast: Cast, name: str) -> None:
    bob, officer = log_in(cast.bob), getattr(cast, name)
    client = Client()
    take_seat(client, officer)
    assert "HX-Redirect" in reset(client, cast.bob).headers
    assert not is_in(bob)
    assert not SecondFactor.objects.filter(user=cast.bob).exists()
    assert not RecoveryCode.objects.filter(user=cast.bob).exists()
    record = records("user.second_factor_reset").get()
    assert (record.actor_id, record.entity_id) == (officer.id, cast.bob.id)
    assert record.reason == "Phone lost, seen in person."
    again = Client()
    again.post("/admin/login/", {"username": cast.bob.email, "password": PASSWORD})
    assert again.get("/admin/login/code/")["Location"] == "/admin/login/set-up/"


def test_resetting_asks_again(cast: Cast) -> None:
    give_app(cast.bob)
    client = log_in(cast.conny)
    page = f"/admin/compliance/user/{cast.bob.id}/change/"
    for answer in (client.get(page.replace("change", "reset_second_factor")), reset(client, cast.bob)):
        assert answer.headers["HX-Redirect"] == f"{CONFIRM}?next={page.replace('/', '%2F')}"
    assert SecondFactor.objects.filter(user=cast.bob).exists()
    assert confirm(client, cast.conny, next_url=page)["Location"] == page
    reset(client, cast.bob)
    assert not SecondFactor.objects.filter(user=cast.bob).exists()


@pytest.mark.parametrize(("name", "status"), [("bob", 404), ("audrey", 403)])
def test_others_reset_nothing(cast: Cast, name: str, status: int) -> None:
    give_app(cast.charlie)
    client = Client()
    take_seat(client, getattr(cast, name))
    assert reset(client, cast.charlie).status_code == status
    assert SecondFactor.objects.filter(user=cast.charlie).exists()


def test_nobody_resets_his_own_nor_that_of_another_company(cast: Cast) -> None:
    stranger = UserFactory(role="MANAGER")
    for user in (cast.frida, stranger):
        give_app(user)
    client = Client()
    take_seat(client, cast.frida)
    reset(client, cast.frida)
    assert reset(client, stranger).status_code == 404
    assert reset(client, cast.bob, reason="").status_code == 200, "the dialog, again"
    assert SecondFactor.objects.count() == 2
    assert not records("user.second_factor_reset").exists()
    assert is_in(client)


def test_sessions_of_the_back_office_are_on_their_screen(cast: Cast) -> None:
    log_in(cast.bob, client=Client(REMOTE_ADDR="198.51.100.7"))
    tokens_of(cast.alice)
    page = log_in(cast.audrey).get("/admin/compliance/loginsession/?channel__exact=BACK_OFFICE").content.decode()
    assert "198.51.100.7" in page
    assert "BACK OFFICE" in page
    assert cast.alice.email not in page
