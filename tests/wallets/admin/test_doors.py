"""Who comes in, what every page costs, and that nothing on it comes from elsewhere."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.wallets.admin.staff import at_desk, wallet_path, write_down
from tests.wallets.budgets import give_rules, set_budget
from tests.wallets.holds import reserve
from tests.wallets.notices import frozen
from tests.wallets.scene import Scene, give_wallet, set_status
from wallets.services.notifications.noting import note

MOST_QUERIES = 30
SCREENS = sorted(f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry)
STAFF = ("bob", "frida", "conny", "audrey")
OF_THE_COMPANY = {
    "compliance/serviceaccount",
    "compliance/loginsession",
    "ledger/closing",
    "ledger/inboxevent",
    "ledger/seal",
    "ledger/recordseal",
    "ledger/jobrun",
    "wallets/webhookendpoint",
    "wallets/webhookdelivery",
    "wallets/notificationemail",
    "wallets/approvalrule",
    "wallets/import",
}
OF_INSPECTORS = {"compliance/dataaccesslog"}
OF_OPERATIONS = {"django_celery_beat/periodictask"}


def may_open(name: str, screen: str) -> bool:
    if screen in OF_THE_COMPANY:
        return name != "bob"
    if screen in OF_INSPECTORS:
        return name in {"conny", "audrey"}
    return screen not in OF_OPERATIONS or name in {"frida", "audrey"}


def test_all_screens_are_here() -> None:
    ledger = {"account", "asset", "command", "event", "outboxmessage", "posting", "reservation", "transaction"}
    assert {f"ledger/{name}" for name in ledger} | OF_THE_COMPANY | OF_INSPECTORS | OF_OPERATIONS < set(SCREENS)


@pytest.mark.parametrize("screen", SCREENS)
def test_strangers_are_asked_to_log_in(scene: Scene, screen: str) -> None:
    for client in (Client(), at_desk(scene.cast.alice)):
        response = client.get(f"/admin/{screen}/")
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", ["freeze", "suspend", "reactivate", "close"])
def test_strangers_press_nothing(scene: Scene, name: str) -> None:
    for client in (Client(), at_desk(scene.cast.alice)):
        response = client.post(wallet_path(scene.alices, name), {"reason": "Mine.", "_form_submitted": "True"})
        assert response["Location"].startswith("/admin/login/")
    scene.alices.refresh_from_db()
    assert scene.alices.status == "ACTIVE"


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", STAFF)
def test_who_opens_which_screen(scene: Scene, name: str, screen: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    with CaptureQueriesContext(connection) as queries:
        status = client.get(f"/admin/{screen}/").status_code
    assert status == (200 if may_open(name, screen) else 403)
    assert len(queries) <= MOST_QUERIES


@pytest.mark.parametrize("screen", SCREENS)
def test_detail_pages_open_and_are_cheap(scene: Scene, screen: str) -> None:
    reserve(scene.cast.alice, scene.alices)
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    note([frozen(give_wallet(scene.cast.audrey))])
    give_rules(scene)
    write_down(scene.alices, by=scene.cast.bob)
    client = at_desk(scene.cast.audrey)
    found = re.search(rf"/admin/{screen}/[^/\"]+/change/", client.get(f"/admin/{screen}/").content.decode())
    if found is None:
        assert screen in OF_OPERATIONS | {
            "compliance/deputy",
            "compliance/auditrecord",
            "compliance/loginsession",
            "compliance/dataaccesslog",
            "ledger/closing",
            "ledger/inboxevent",
            "ledger/seal",
            "ledger/recordseal",
            "ledger/jobrun",
            "wallets/webhookendpoint",
            "wallets/webhookdelivery",
            "wallets/approval",
            "wallets/approvalrule",
            "wallets/import",
            "wallets/statementpack",
        }
        return
    with CaptureQueriesContext(connection) as queries:
        assert client.get(found.group()).status_code == 200
    assert len(queries) <= MOST_QUERIES


@pytest.mark.parametrize("name", STAFF)
def test_the_home_page_is_cheap(scene: Scene, name: str) -> None:
    for wallet in (scene.alices, scene.bobs):
        set_budget(scene.cast.frida, wallet)
    set_budget(scene.cast.frida, scene.alices, categories=["meals"])
    client = at_desk(getattr(scene.cast, name))
    with CaptureQueriesContext(connection) as queries:
        assert b"Monthly meals budget" in client.get("/admin/").content
    assert len(queries) <= MOST_QUERIES


def test_nothing_comes_from_elsewhere(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    pages = ("/admin/", "/admin/wallets/wallet/", wallet_path(scene.alices), "/admin/password_change/")
    for text in [
        *(client.get(path).content.decode() for path in pages),
        Client().get("/admin/login/").content.decode(),
    ]:
        addresses = re.findall(r"(?:src|href|action|url)\s*[=(]\s*[\"']?([^\"')\s>]+)", text)
        assert addresses
        assert not [address for address in addresses if re.match(r"(https?:)?//", address)]


def test_a_request_asks_about_listed_columns_only(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    for question in ("user/?password__startswith=argon2", "user/?team__members__password__contains=a"):
        assert client.get(f"/admin/compliance/{question}").status_code == 400
    assert client.get("/admin/compliance/user/?status__exact=ACTIVE").status_code == 200
    assert client.get("/admin/compliance/serviceaccount/?secret_hash__startswith=a").status_code == 400


def test_people_are_not_shown_to_forms_that_do_not_exist(scene: Scene) -> None:
    query = {"app_label": "wallets", "model_name": "wallet", "field_name": "user", "term": "alice"}
    assert at_desk(scene.cast.frida).get(reverse("admin:autocomplete"), query).status_code == 404


def test_what_is_not_there_looks_like_what_may_not_be_seen(scene: Scene) -> None:
    client = at_desk(scene.cast.bob)
    nobody = client.get(wallet_path(scene.cast.company.id))
    somebody = client.get(wallet_path(scene.charlies))
    assert (nobody.status_code, somebody.status_code) == (404, 404)
    assert nobody.content == somebody.content
    assert client.get(wallet_path(scene.alices, "history")).status_code == 200
    assert client.get(wallet_path(scene.charlies, "history")).status_code == 404
