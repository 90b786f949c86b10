"""No page of the back office costs more than thirty queries, however large the company is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from compliance.models import User
from tests.databases import new_installation
from tests.ledger.services.moves import connected_to
from tests.wallets.admin.staff import at_desk
from tests.wallets.admin.twentyfold import COPIES, found_crowd
from wallets.models import Wallet
from walletsite.demo.people import AUDREY, FRIDA, LENA, PEOPLE, Person

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.timeout(600)]
MOST_QUERIES = 30
SCREENS = sorted(f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry)
ROWS = 4
"""Pages of one kind that are opened: kinds differ in what they have to tell."""
VIEWERS = {"frida": FRIDA, "lena": LENA, "audrey": AUDREY}


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with connected_to(installation):
            found_crowd(installation)
            yield


@pytest.fixture(scope="module", params=sorted(VIEWERS))
def desk(crowd: None, request: Any) -> Client:
    client = at_desk(user_of(VIEWERS[request.param]))
    client.get("/admin/")  # what a process reads once, it has read
    return client


def user_of(person: Person) -> User:
    return User.objects.get(email=person.email)


def cost_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return len(queries)


def test_the_crowd_is_there(crowd: None) -> None:
    assert User.objects.count() == len(PEOPLE) * (COPIES + 1)
    assert Wallet.objects.count() > 500


def test_home(desk: Client) -> None:
    assert cost_of(desk, "/admin/") <= MOST_QUERIES


@pytest.mark.parametrize("screen", SCREENS)
def test_a_list_and_what_it_leads_to(desk: Client, screen: str) -> None:
    path = f"/admin/{screen}/"
    answer: Any = desk.get(path)
    if answer.status_code == 403:
        return  # not this viewer's
    rows = answer.context["cl"].result_list[:ROWS]
    costs = {path: cost_of(desk, path)} | {
        one: cost_of(desk, one) for one in (f"{path}{row.pk}/change/" for row in rows)
    }
    assert {one: cost for one, cost in costs.items() if cost > MOST_QUERIES} == {}
