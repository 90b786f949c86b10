"""People, programs and the trail of what was done, as the back office shows them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from compliance.models import AuditRecord, Company, DataAccessLog, Deputy, ServiceAccount, User
from tests.compliance.clients import api_as
from tests.compliance.desk import log_in
from tests.compliance.factories import Cast, UserFactory
from tests.compliance.standing_in import stand_in

USERS, PROGRAMS = "/admin/compliance/user/", "/admin/compliance/serviceaccount/"
AUDIT, DEPUTIES = "/admin/compliance/auditrecord/", "/admin/compliance/deputy/"


@pytest.fixture
def ines(cast: Cast) -> User:
    """Administers access."""
    ines: User = UserFactory(company=cast.company, first_name="Ines", administers_access=True)
    return ines


def send(client: Client, path: str, **form: Any) -> Any:
    return client.post(path, {"reason": "Asked for.", "_form_submitted": "True", **form})


def text(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def test_a_secret_is_shown_once_and_nowhere_else(cast: Cast, ines: User) -> None:
    client = log_in(ines)
    answer = send(client, f"{PROGRAMS}new_service_account/", name="Payroll", scopes=["users:read", "wallets:read"])
    account = ServiceAccount.objects.get(name="Payroll")
    (secret,) = re.findall(r"<code>([\w-]{43})</code>", answer.content.decode())
    assert account.client_id in answer.content.decode()
    assert answer["HX-Retarget"] == "#dialog"
    assert "no-store" in answer["Cache-Control"]
    assert (account.status, account.prepared_by) == ("SUSPENDED", ines)
    assert account.scope_names == ["users:read", "wallets:read"]
    for path in (f"{PROGRAMS}{account.id}/change/", PROGRAMS, "/admin/"):
        assert secret not in text(client, path)
    assert secret not in str(AuditRecord.objects.filter(entity_id=account.id).values())


def test_who_has_seen_it_has_no_button_for_it(cast: Cast, ines: User) -> None:
    client = log_in(ines)
    send(client, f"{PROGRAMS}new_service_account/", name="Payroll", scopes=["users:read"])
    account = ServiceAccount.objects.get(name="Payroll")
    path = f"{PROGRAMS}{account.id}/"
    assert f"{path}activate/" not in text(client, f"{path}change/")
    assert send(client, f"{path}activate/").status_code == 403
    other = log_in(cast.frida)
    assert f"{path}activate/" in text(other, f"{path}change/")
    assert send(other, f"{path}activate/")["HX-Redirect"] == f"{path}change/"
    account.refresh_from_db()
    assert account.is_active


def test_roles_are_changed_on_the_page_of_a_person(cast: Cast, ines: User) -> None:
    client, path = log_in(ines), f"{USERS}{cast.alice.id}/"
    assert cast.charlie.team is not None
    office = cast.charlie.team
    assert office.name in text(client, f"{path}change_role/")
    send(client, f"{path}change_role/", role="MANAGER", team=str(office.id), version="1")
    alice = User.objects.get(id=cast.alice.id)
    assert (alice.role, alice.team_id) == ("MANAGER", office.id)
    send(client, f"{path}change_role/", role="FINANCE", team="", version="1")
    assert User.objects.get(id=alice.id).role == "MANAGER", "somebody has changed it since that page was opened"
    assert send(log_in(cast.frida), f"{path}change_role/", role="FINANCE").status_code == 403


def test_somebody_is_added_and_nobody_can_be_him_yet(cast: Cast, ines: User) -> None:
    form = {"email": "Nina@nordwind.example", "first_name": "Nina", "last_name": "Berg", "role": "FINANCE", "team": ""}
    send(log_in(ines), f"{USERS}new_person/", **form)
    nina = User.objects.get(email="nina@nordwind.example")
    assert (nina.role, nina.company_id, nina.has_usable_password()) == ("FINANCE", cast.company.id, False)
    assert AuditRecord.objects.get(entity_id=nina.id).reason == "Asked for."


def test_home_of_who_administers_access_tells_of_no_money(cast: Cast, ines: User) -> None:
    page = text(log_in(ines), "/admin/")
    assert "Service accounts" in page
    for word in ("Held in wallets", "Wallets by status", "Transactions today", "/admin/wallets/"):
        assert word not in page


def test_a_deputy_is_named_by_address_and_days_of_the_company(cast: Cast) -> None:
    Company.objects.filter(id=cast.company.id).update(timezone="Pacific/Auckland")
    dora = UserFactory(company=cast.company, team=cast.charlie.team, first_name="Dora", role="MANAGER")
    client, path = log_in(cast.bob), f"{USERS}{cast.bob.id}/"
    last_day = (timezone.now() + timedelta(days=9)).date()
    send(client, f"{path}name_deputy/", email="nobody@nordwind.example", last_day=str(last_day))
    assert not Deputy.objects.exists()
    send(client, f"{path}name_deputy/", email=dora.email.upper(), last_day=str(last_day))
    row = Deputy.objects.get()
    assert (row.principal, row.deputy, row.given_by) == (cast.bob, dora, cast.bob)
    ends_at = row.ends_at.astimezone(ZoneInfo("Pacific/Auckland"))
    assert (ends_at.date(), ends_at.hour, ends_at.minute) == (last_day + timedelta(days=1), 0, 0)
    assert dora.email in text(client, f"{path}change/")
    assert send(client, f"{USERS}{cast.alice.id}/name_deputy/", email=dora.email).status_code == 403


def test_who_stands_in_for_whom(cast: Cast) -> None:
    dora = UserFactory(company=cast.company, team=cast.charlie.team, first_name="Dora", role="MANAGER")
    row = stand_in(dora, for_=cast.bob)
    for person, is_seen in ((cast.bob, True), (dora, True), (cast.frida, True), (cast.audrey, True)):
        assert (f"{DEPUTIES}{row.id}/change/" in text(log_in(person), DEPUTIES)) == is_seen
    third = UserFactory(company=cast.company, first_name="Emil", role="MANAGER")
    assert f"{DEPUTIES}{row.id}/change/" not in text(log_in(third), DEPUTIES)
    assert log_in(third).get(f"{DEPUTIES}{row.id}/change/").status_code == 404
    assert send(log_in(cast.audrey), f"{DEPUTIES}{row.id}/end/").status_code == 403
    looks = DataAccessLog.objects.filter(actor_id=cast.audrey.id)
    assert {cast.bob.id, dora.id} <= set(looks.values_list("subject_id", flat=True))
    send(log_in(dora), f"{DEPUTIES}{row.id}/end/")
    assert Deputy.objects.get().ended_at is not None


def test_a_record_shows_before_beside_after(cast: Cast) -> None:
    api_as(cast.frida).patch(f"/v1/users/{cast.alice.id}", {"status": "SUSPENDED"}, headers={"If-Match": '"v1"'})
    record = AuditRecord.objects.get(entity_id=cast.alice.id, event_type="user.changed")
    page = text(log_in(cast.audrey), f"{AUDIT}{record.id}/change/")
    cells = re.findall(r"<td>(.*?)</td>", page[page.index("What changed") :])
    assert cells[:3] == ["status", "ACTIVE", "SUSPENDED"]


def test_the_trail_is_narrowed_down_by_action_object_and_actor(cast: Cast) -> None:
    api_as(cast.frida).patch(f"/v1/users/{cast.alice.id}", {"status": "SUSPENDED"}, headers={"If-Match": '"v1"'})
    client = log_in(cast.audrey)
    page = text(client, AUDIT)
    assert "?action=user.changed" in page
    assert "?object=ServiceAccount" in page
    record = AuditRecord.objects.get(event_type="user.changed")
    for query, is_found in (
        ({"action": "user.changed"}, True),
        ({"action": "user.desk_opened"}, False),
        ({"object": "User"}, True),
        ({"object": "Team"}, False),
        ({"actor": "FINANCE"}, True),
        ({"actor": "SYSTEM"}, False),
        ({"recorded": "day"}, True),
        ({"q": str(cast.frida.id)}, True),
    ):
        assert (f"{AUDIT}{record.id}/change/" in text(client, AUDIT, **query)) == is_found, query


def test_a_manager_sees_what_was_done_to_the_people_of_the_team(cast: Cast) -> None:
    for person in (cast.alice, cast.charlie):
        api_as(cast.frida).patch(f"/v1/users/{person.id}", {"status": "SUSPENDED"}, headers={"If-Match": '"v1"'})
    changed = AuditRecord.objects.filter(event_type="user.changed")
    alices, charlies = (changed.get(entity_id=person.id) for person in (cast.alice, cast.charlie))
    client = log_in(cast.bob)
    page = text(client, AUDIT)
    assert f"{AUDIT}{alices.id}/change/" in page
    assert f"{AUDIT}{charlies.id}/change/" not in page
    assert client.get(f"{AUDIT}{charlies.id}/change/").status_code == 404


def test_a_team_tells_who_manages_it_and_who_is_in_it(cast: Cast) -> None:
    client = log_in(cast.frida)
    assert cast.alice.team is not None
    assert cast.bob.get_full_name() in text(client, "/admin/compliance/team/")
    page = text(client, f"/admin/compliance/team/{cast.alice.team_id}/change/")
    assert cast.alice.email in page
    assert cast.charlie.email not in page
    assert DataAccessLog.objects.filter(actor_id=cast.frida.id, subject_id=cast.alice.id).exists()


def test_the_calendar_of_the_company_can_be_read(cast: Cast) -> None:
    Company.objects.filter(id=cast.company.id).update(
        timezone="Europe/Berlin", week_start=7, month_day=15, fiscal_month=4
    )
    page = text(log_in(cast.bob), f"/admin/compliance/company/{cast.company.id}/change/")
    for told in ("Europe/Berlin", "Sunday", "day 15", "April"):
        assert told in page
