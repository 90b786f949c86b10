"""The back office sees people within the same scope as the interface, and changes them by the same services."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from compliance.errors import InvalidToken
from compliance.models import AuditRecord, DataAccessLog, LoginFailure, User
from compliance.services.sessions import identify
from tests.compliance.clients import api_as, tokens_of
from tests.compliance.desk import log_in
from tests.compliance.factories import PASSWORD, Cast, UserFactory

STAFF = ("bob", "frida", "conny", "audrey")
PAGES = ("user", "team", "company", "deputy", "auditrecord")
COMPANY_PAGES = ("serviceaccount", "loginsession")
INSPECTOR_PAGES = ("dataaccesslog",)


def changes() -> QuerySet[AuditRecord]:
    """What is on record besides who came in."""
    return AuditRecord.objects.exclude(event_type__in=("user.desk_opened", "user.second_factor_set_up"))


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/compliance/user/").status_code == 200)


def path_of(user: User, action: str) -> str:
    return f"/admin/compliance/user/{user.id}/{action}/"


def act(client: Client, user: User, name: str, reason: str = "asked for") -> Any:
    return client.post(path_of(user, name), {"reason": reason, "_form_submitted": "True"})


@pytest.mark.parametrize("name", STAFF)
def test_staff_gets_in_and_the_others_do_not(cast: Cast, name: str) -> None:
    assert is_in(log_in(getattr(cast, name)))
    assert not is_in(log_in(cast.alice))
    assert not is_in(log_in(cast.frida, "wrong"))
    opened = AuditRecord.objects.filter(event_type="user.desk_opened")
    assert list(opened.values_list("entity_id", "actor_id", "actor_role", "ip_address")) == [
        (getattr(cast, name).id, getattr(cast, name).id, getattr(cast, name).role, "127.0.0.1")
    ]


def test_the_log_in_form_is_throttled_like_the_interface(cast: Cast) -> None:
    client = Client()
    for _ in range(10):
        assert not is_in(log_in(cast.frida, "wrong", client=client))
    response = client.post("/admin/login/", {"username": cast.frida.email, "password": PASSWORD})
    assert b"Too many failed log-ins" in response.content
    assert not is_in(client)
    assert LoginFailure.objects.count() == 10


@pytest.mark.parametrize("page", PAGES + COMPANY_PAGES + INSPECTOR_PAGES)
@pytest.mark.parametrize("name", STAFF)
def test_who_opens_which_list(cast: Cast, name: str, page: str) -> None:
    tokens_of(cast.alice)
    is_open = page in PAGES or (name != "bob" and page in COMPANY_PAGES) or name in {"conny", "audrey"}
    client = log_in(getattr(cast, name))
    status = client.get(f"/admin/compliance/{page}/?q=alice").status_code
    assert status == (200 if is_open else 403)
    for forbidden in ("add/", f"{cast.alice.id}/delete/"):
        assert client.get(f"/admin/compliance/{page}/{forbidden}").status_code in {403, 302, 404}


def test_lists_show_the_same_people_as_the_interface(cast: Cast) -> None:
    page = log_in(cast.bob).get("/admin/compliance/user/").content.decode()
    assert cast.alice.email in page
    assert cast.charlie.email not in page
    assert log_in(cast.bob).get(f"/admin/compliance/user/{cast.charlie.id}/change/").status_code == 404


def test_looks_are_recorded(cast: Cast) -> None:
    client = log_in(cast.bob)
    page = client.get(f"/admin/compliance/user/{cast.alice.id}/change/")
    assert page.status_code == 200
    assert cast.alice.password not in page.content.decode()
    looks = DataAccessLog.objects.filter(actor_id=cast.bob.id)
    assert {look.subject_id for look in looks} == {cast.alice.id}
    assert "phone" in looks.latest("id").fields
    client.get("/admin/compliance/user/")
    assert looks.latest("id").context == "GET /admin/compliance/user/"


@pytest.mark.parametrize("name", ["frida", "conny"])
def test_suspending_and_lifting(cast: Cast, name: str) -> None:
    alice, client = api_as(cast.alice), log_in(getattr(cast, name))
    response = act(client, cast.alice, "suspend", "phone stolen")
    assert response["HX-Redirect"] == f"/admin/compliance/user/{cast.alice.id}/change/"
    assert alice.get(f"/v1/users/{cast.alice.id}").status_code == 401
    record = changes().get()
    assert (record.after, record.reason) == ({"status": "SUSPENDED"}, "phone stolen")
    act(client, cast.alice, "activate")
    assert User.objects.get(id=cast.alice.id).is_active


@pytest.mark.parametrize("name", ["suspend", "activate", "log_out_everywhere"])
def test_actions_need_a_form_a_reason_a_role_and_a_visible_person(cast: Cast, name: str) -> None:
    stranger = UserFactory()
    finance, manager, auditor = log_in(cast.frida), log_in(cast.bob), log_in(cast.audrey)
    assert b"dialog-form" in finance.get(path_of(cast.alice, name)).content
    act(finance, cast.alice, name, reason="")
    assert act(manager, cast.alice, name).status_code == 403
    assert act(auditor, cast.alice, name).status_code == 403
    assert act(finance, stranger, name).status_code == 404
    strict = log_in(cast.frida)
    strict.handler.enforce_csrf_checks = True
    assert act(strict, cast.alice, name).status_code == 403
    assert not changes().exists()


def test_nobody_suspends_himself(cast: Cast) -> None:
    act(log_in(cast.frida), cast.frida, "suspend")
    assert User.objects.get(id=cast.frida.id).is_active


def test_a_suspended_member_of_staff_is_out_at_once(cast: Cast) -> None:
    frida = log_in(cast.frida)
    act(log_in(cast.conny), cast.frida, "suspend")
    assert not is_in(frida)


def test_logging_somebody_out_everywhere_includes_the_back_office(cast: Cast) -> None:
    bob = log_in(cast.bob)
    act(log_in(cast.conny), cast.bob, "log_out_everywhere")
    assert not is_in(bob)
    assert is_in(log_in(cast.bob))


def test_changing_ones_own_password(cast: Cast) -> None:
    here, elsewhere, api = log_in(cast.frida), log_in(cast.frida), tokens_of(cast.frida)
    form = {"old_password": PASSWORD, "new_password1": "a bright spring noon", "new_password2": "a bright spring noon"}
    assert b"not your password" in here.post("/admin/password_change/", {**form, "old_password": "x"}).content
    assert here.post("/admin/password_change/", form)["Location"] == "/admin/password_change/done/"
    assert is_in(here)
    assert not is_in(elsewhere)
    with pytest.raises(InvalidToken):
        identify(access_token=api.access)
    assert is_in(log_in(cast.frida, "a bright spring noon"))
    assert changes().get().event_type == "user.password_changed"


def test_the_password_form_is_throttled(cast: Cast) -> None:
    client = log_in(cast.frida)
    form = {"old_password": "x", "new_password1": "a bright spring noon", "new_password2": "a bright spring noon"}
    for _ in range(10):
        client.post("/admin/password_change/", form)
    response = client.post("/admin/password_change/", {**form, "old_password": PASSWORD})
    assert b"Too many failed log-ins" in response.content
