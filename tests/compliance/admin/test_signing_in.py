"""Coming into the back office: password, then a code of the app; who has no app sets one up first."""

from __future__ import annotations

import re
from base64 import b32decode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from compliance.models import AuditRecord, LoginFailure, LoginSession, RecoveryCode, SecondFactor, User
from compliance.services.one_time_codes import code_of
from tests.compliance.clients import tokens_of
from tests.compliance.desk import code, fresh_code, give_app, log_in, now_step
from tests.compliance.factories import PASSWORD, Cast

LOG_IN, CODE, SET_UP, HOME = "/admin/login/", "/admin/login/code/", "/admin/login/set-up/", "/admin/"


def give_password(user: User, *, client: Client | None = None, next_url: str = "") -> Client:
    """As far as the first step leads."""
    client = client or Client()
    query = f"?next={next_url}" if next_url else ""
    answer: Any = client.post(f"{LOG_IN}{query}", {"username": user.email, "password": PASSWORD})
    assert answer["Location"] == CODE
    return client


def type_code(client: Client, typed: str) -> Any:
    return client.post(CODE, {"code": typed})


def is_in(client: Client) -> bool:
    return bool(client.get(HOME).status_code == 200)


def shown_key(client: Client) -> bytes:
    """What an app reads from the page that sets it up."""
    answer: Any = client.get(SET_UP)
    url = parse_qs(urlsplit(answer.context["setup_url"]).query)
    return b32decode(url["secret"][0])


def shown_codes(answer: Any) -> list[str]:
    return re.findall(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>", answer.content.decode())


def test_password_and_code_let_in(cast: Cast) -> None:
    give_app(cast.bob)
    client = give_password(cast.bob, next_url="/admin/wallets/wallet/")
    assert not is_in(client)
    assert (
        type_code(client, f" {fresh_code(cast.bob)[:3]} {code(cast.bob)[3:]}")["Location"] == "/admin/wallets/wallet/"
    )
    assert is_in(client)
    opened = AuditRecord.objects.get(event_type="user.desk_opened")
    session = LoginSession.objects.get(user=cast.bob, channel="BACK_OFFICE")
    assert (opened.actor_id, opened.session_id, opened.after) == (cast.bob.id, session.id, {"by": "app"})
    assert (session.ip_address, session.confirmed_at) == ("127.0.0.1", None)


def test_a_password_alone_opens_nothing(cast: Cast) -> None:
    give_app(cast.bob)
    client = give_password(cast.bob)
    assert not is_in(client)
    assert client.get(SET_UP)["Location"] == CODE, "nor does it set up another app"
    assert client.post(SET_UP, {"code": "123456"})["Location"] == CODE
    assert type_code(client, "").status_code == 200
    assert not AuditRecord.objects.filter(event_type="user.desk_opened").exists()
    assert not LoginSession.objects.exists()


@pytest.mark.parametrize("path", [CODE, SET_UP])
def test_the_second_step_needs_the_first(cast: Cast, path: str) -> None:
    give_app(cast.bob)
    for answer in (Client().get(path), Client().post(path, {"code": fresh_code(cast.bob)})):
        assert answer["Location"] == LOG_IN


def test_a_code_is_good_once(cast: Cast) -> None:
    give_app(cast.bob)
    typed = fresh_code(cast.bob)
    assert type_code(give_password(cast.bob), typed).status_code == 302
    client = give_password(cast.bob)
    assert b"was used already" in type_code(client, typed).content
    assert not is_in(client)
    assert type_code(client, code(cast.bob, steps=1)).status_code == 302, "a later one is good"
    assert is_in(client)


def test_older_codes_than_the_last_one_are_not_good(cast: Cast) -> None:
    give_app(cast.bob)
    assert type_code(give_password(cast.bob), code(cast.bob, steps=1)).status_code == 302
    client = give_password(cast.bob)
    for steps in (-1, 0, 1):
        assert type_code(client, code(cast.bob, steps=steps)).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_codes_of_other_times_are_not_good(cast: Cast, steps: int) -> None:
    give_app(cast.bob)
    SecondFactor.objects.update(last_step=0)
    client = give_password(cast.bob)
    assert type_code(client, code(cast.bob, steps=steps)).status_code == 200
    assert not is_in(client)


def test_somebody_elses_code_is_not_good(cast: Cast) -> None:
    for user in (cast.bob, cast.frida):
        give_app(user)
    client = give_password(cast.bob)
    assert type_code(client, fresh_code(cast.frida)).status_code == 200
    assert not is_in(client)


def test_a_recovery_code_is_good_once_and_counted(cast: Cast) -> None:
    first, second, *_ = give_app(cast.bob)
    client = give_password(cast.bob)
    assert type_code(client, first.upper().replace("-", " ")).status_code == 302
    assert b"9 are left" in client.get(HOME).content
    again = give_password(cast.bob)
    assert type_code(again, first).status_code == 200
    assert not is_in(again)
    assert type_code(again, second).status_code == 302
    used = AuditRecord.objects.filter(event_type="user.recovery_code_used").order_by("id")
    assert [record.after for record in used] == [{"left": 9}, {"left": 8}]
    assert first not in str(list(RecoveryCode.objects.values()))


def test_wrong_codes_are_throttled_per_account(cast: Cast) -> None:
    """Right passwords between them, new browsers and other addresses do not help."""
    give_app(cast.bob)
    for number in range(10):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        assert b"is wrong" in type_code(give_password(cast.bob, client=client), "000000").content
    client = give_password(cast.bob, client=Client(REMOTE_ADDR="203.0.113.5"))
    assert b"Too many failed attempts. Try again in 15 min." in type_code(client, fresh_code(cast.bob)).content
    assert not is_in(client)
    assert LoginFailure.objects.count() == 10
    LoginFailure.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert type_code(client, fresh_code(cast.bob)).status_code == 302


def test_a_hundred_wrong_codes_in_a_row_lock_the_account(cast: Cast) -> None:
    give_app(cast.bob)
    SecondFactor.objects.filter(user=cast.bob).update(failures=99)
    client = give_password(cast.bob)
    type_code(client, "000000")
    cast.bob.refresh_from_db()
    assert cast.bob.status == "LOCKED"
    assert type_code(client, fresh_code(cast.bob))["Location"] == LOG_IN
    assert AuditRecord.objects.get(event_type="user.changed").reason == "100 wrong codes in a row"
    frida = log_in(cast.frida)
    reason = {"reason": "Seen in person.", "_form_submitted": "True"}
    frida.post(f"/admin/compliance/user/{cast.bob.id}/activate/", reason)
    assert SecondFactor.objects.get(user=cast.bob).failures == 0


def test_there_is_no_hurry_for_ever(cast: Cast) -> None:
    give_app(cast.bob)
    client = give_password(cast.bob)
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=5), tick=False):
        assert type_code(client, fresh_code(cast.bob))["Location"] == LOG_IN


@pytest.mark.parametrize("change", ["password", "sessions ended", "suspended", "employee"])
def test_what_happens_between_the_steps_counts(cast: Cast, change: str) -> None:
    give_app(cast.bob)
    client = give_password(cast.bob)
    changes: dict[str, dict[str, Any]] = {
        "password": {"password": "another"},
        "sessions ended": {"token_version": cast.bob.token_version + 1},
        "suspended": {"status": "SUSPENDED"},
        "employee": {"role": "EMPLOYEE"},
    }
    User.objects.filter(id=cast.bob.id).update(**changes[change])
    assert type_code(client, fresh_code(cast.bob))["Location"] == LOG_IN
    assert not is_in(client)


def test_unknown_people_and_wrong_passwords_get_one_answer(cast: Cast) -> None:
    give_app(cast.bob)
    texts = set()
    for email, password in (
        (cast.bob.email, "wrong"),
        ("nobody@nordwind.example", "wrong"),
        (cast.alice.email, PASSWORD),
    ):
        answer = Client().post(LOG_IN, {"username": email, "password": password})
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode().replace(email, ""))
        texts.add((answer.status_code, text))
    assert len(texts) == 1


def test_next_leads_nowhere_else(cast: Cast) -> None:
    give_app(cast.bob)
    client = give_password(cast.bob, next_url="https://elsewhere.example/")
    assert type_code(client, fresh_code(cast.bob))["Location"] == HOME


def test_the_first_log_in_sets_up_an_app(cast: Cast) -> None:
    client = give_password(cast.bob)
    assert client.get(CODE)["Location"] == SET_UP
    assert type_code(client, "123456")["Location"] == SET_UP
    key = shown_key(client)
    assert shown_key(client) == key, "a page that is loaded again shows the same"
    assert shown_key(give_password(cast.bob)) != key, "and to nobody else"
    page = client.get(SET_UP).content.decode()
    assert re.search(r'<svg role="img".*<title>QR code for your authenticator app</title>', page)

    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    assert not is_in(client)
    answer = client.post(SET_UP, {"code": code_of(key, now_step())})
    codes = shown_codes(answer)
    assert len(set(codes)) == 10
    assert answer.headers["Cache-Control"].find("no-store") >= 0
    assert is_in(client)
    assert set(AuditRecord.objects.values_list("event_type", flat=True)) >= {
        "user.second_factor_set_up",
        "user.desk_opened",
    }
    assert codes[0] not in client.get("/admin/security/").content.decode()
    again = give_password(cast.bob)
    assert type_code(again, code_of(key, now_step())).status_code == 200, "the code that set it up is used"
    assert type_code(again, codes[-1]).status_code == 302


def test_two_browsers_set_up_one_app(cast: Cast) -> None:
    first, second = give_password(cast.bob), give_password(cast.bob)
    keys = [shown_key(first), shown_key(second)]
    assert first.post(SET_UP, {"code": code_of(keys[0], now_step())}).status_code == 200
    assert is_in(first)
    assert second.post(SET_UP, {"code": code_of(keys[1], now_step())})["Location"] == CODE
    assert not is_in(second)


def test_what_lies_in_the_database_opens_nothing(cast: Cast) -> None:
    codes = give_app(cast.bob)
    client = give_password(cast.frida)
    key = shown_key(client)
    rows = str([*SecondFactor.objects.values(), *RecoveryCode.objects.values(), dict(client.session)])
    assert key.hex() not in rows
    assert not [plain for plain in codes if plain in rows or plain.replace("-", "") in rows]


def test_logging_out_ends_the_log_in_and_not_only_the_cookie(cast: Cast) -> None:
    client = log_in(cast.bob)
    stolen = Client()
    stolen.cookies = client.cookies.__class__(client.cookies.output(header="", sep=";"))
    assert is_in(stolen)
    assert client.get("/admin/logout/")["Location"] == HOME
    assert client.post("/admin/logout/").status_code == 200
    assert not is_in(client)
    assert not is_in(stolen)
    assert LoginSession.objects.get(user=cast.bob).revoked_reason == "LOGGED_OUT"


def test_a_cookie_from_before_is_worth_nothing(cast: Cast) -> None:
    """Such as one that Django's own log-in made: it names nobody's log-in."""
    client = Client()
    client.force_login(cast.bob)
    assert not is_in(client)


def test_somebody_elses_log_in_cannot_be_named(cast: Cast) -> None:
    log_in(cast.frida)
    client = log_in(cast.bob)
    kept = client.session
    kept["log_in"] = str(LoginSession.objects.get(user=cast.frida).id)
    kept.save()
    assert not is_in(client)


def test_a_token_of_the_interface_is_no_log_in_here(cast: Cast) -> None:
    tokens_of(cast.bob)
    client = Client()
    client.force_login(cast.bob)
    kept = client.session
    kept["log_in"] = str(LoginSession.objects.get(user=cast.bob, channel="INTERFACE").id)
    kept.save()
    assert not is_in(client)
