from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from compliance.models import AuditRecord, DataAccessLog, Role, User
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, UserFactory

EVERYBODY = ("alice", "bob", "charlie", "frida", "conny", "audrey", "bookings")
SEES = {
    "alice": {"alice"},
    "bob": {"alice", "bob"},
    "charlie": {"charlie"},
    "frida": {"alice", "bob", "charlie", "frida", "conny", "audrey"},
    "conny": {"alice", "bob", "charlie", "frida", "conny", "audrey"},
    "audrey": {"alice", "bob", "charlie", "frida", "conny", "audrey"},
    "bookings": {"alice", "bob", "charlie", "frida", "conny", "audrey"},
}


def patch(caller: Any, user: User, body: dict[str, Any], *, tag: str | None = '"v1"') -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return api_as(caller).patch(f"/v1/users/{user.id}", body, format="json", headers=headers)


def is_problem(response: Any, status: int, code: str) -> bool:
    return (response.status_code, response.json()["code"]) == (status, code)


def test_a_user_is_shown_as_documented(cast: Cast) -> None:
    alice = cast.alice
    response = api_as(alice).get(f"/v1/users/{alice.id}")
    assert response.status_code == 200
    answer = response.json()
    assert answer.pop("created_at").endswith("Z")
    assert answer.pop("updated_at").endswith("Z")
    assert answer == {
        "user_id": str(alice.id),
        "email": alice.email,
        "first_name": "Alice",
        "last_name": "Winter",
        "role": "EMPLOYEE",
        "company_id": str(alice.company_id),
        "team_id": str(alice.team_id),
        "status": "ACTIVE",
        "version": 1,
    }
    assert response["ETag"] == '"v1"'
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("caller", EVERYBODY)
def test_who_sees_whom(cast: Cast, caller: str) -> None:
    client = api_as(getattr(cast, caller))
    people = {name: getattr(cast, name) for name in EVERYBODY if name != "bookings"}
    seen = {name for name, user in people.items() if client.get(f"/v1/users/{user.id}").status_code == 200}
    assert seen == SEES[caller]


@pytest.mark.parametrize("caller", EVERYBODY)
def test_out_of_scope_looks_like_what_does_not_exist(cast: Cast, caller: str) -> None:
    client = api_as(getattr(cast, caller))
    strange, nobody = UserFactory().id, uuid4()
    answers = [client.get(f"/v1/users/{id}") for id in (strange, nobody)]
    bodies = [{**a.json(), "request_id": None, "instance": None} for a in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]


def test_a_manager_without_team_sees_himself_only(cast: Cast) -> None:
    boss = UserFactory(company=cast.company, role=Role.MANAGER)
    teamless = UserFactory(company=cast.company)
    client = api_as(boss)
    assert client.get(f"/v1/users/{teamless.id}").status_code == 404
    assert client.get(f"/v1/users/{boss.id}").status_code == 200


def test_a_service_needs_the_scope(cast: Cast) -> None:
    cast.bookings.scope_names = ["users:write"]
    cast.bookings.save()
    assert is_problem(api_as(cast.bookings).get(f"/v1/users/{cast.alice.id}"), 403, "auth.forbidden")


def test_every_look_at_somebody_else_is_recorded(cast: Cast) -> None:
    path = f"/v1/users/{cast.alice.id}"
    api_as(cast.alice).get(path)
    api_as(cast.charlie).get(path)
    assert not DataAccessLog.objects.exists()
    for caller in (cast.bob, cast.audrey, cast.bookings):
        response = api_as(caller).get(path)
        look = DataAccessLog.objects.get(actor_id=caller.id)
        assert (look.subject_id, look.actor_role) == (cast.alice.id, caller.role)
        assert (look.fields, look.context) == (["email", "first_name", "last_name"], "GET v1/users/<uuid:user_id>")
        assert look.correlation_id == response["X-Request-Id"]
        assert look.session_id is not None


def test_finance_changes_a_role(cast: Cast) -> None:
    response = patch(cast.frida, cast.alice, {"role": "MANAGER", "reason": "leads the team"})
    assert response.status_code == 200
    assert (response.json()["role"], response.json()["version"], response["ETag"]) == ("MANAGER", 2, '"v2"')
    record = AuditRecord.objects.get()
    assert (record.before, record.after, record.reason) == ({"role": "EMPLOYEE"}, {"role": "MANAGER"}, "leads the team")
    assert record.correlation_id == response["X-Request-Id"]
    assert DataAccessLog.objects.get().subject_id == cast.alice.id


def test_everybody_corrects_his_own_name(cast: Cast) -> None:
    response = patch(cast.alice, cast.alice, {"last_name": "Summer"})
    assert (response.status_code, response.json()["last_name"]) == (200, "Summer")


def test_a_change_names_the_version_that_it_is_based_on(cast: Cast) -> None:
    body = {"first_name": "Al"}
    assert is_problem(patch(cast.alice, cast.alice, body, tag=None), 428, "precondition.required")
    for tag in ('"v2"', '"v0"', '"1"', 'W/"v1"', '"other"'):
        assert is_problem(patch(cast.alice, cast.alice, body, tag=tag), 412, "precondition.failed")
    assert is_problem(patch(cast.alice, cast.alice, body, tag="v1"), 400, "request.validation")
    assert User.objects.get(id=cast.alice.id).first_name == "Alice"
    assert patch(cast.alice, cast.alice, body, tag="*").status_code == 200


@pytest.mark.parametrize("tag", [None, '"v1"', '"v9"'])
def test_rights_come_before_versions(cast: Cast, tag: str | None) -> None:
    """So that nobody learns the version, or even the existence, of what is not his."""
    assert is_problem(patch(cast.bob, cast.alice, {"first_name": "Al"}, tag=tag), 403, "auth.forbidden")
    assert is_problem(patch(cast.bob, cast.charlie, {"first_name": "Al"}, tag=tag), 404, "not_found")


@pytest.mark.parametrize(
    ("caller", "target", "body", "status"),
    [
        ("frida", "frida", {"role": "COMPLIANCE"}, 403),
        ("alice", "alice", {"role": "FINANCE"}, 403),
        ("conny", "alice", {"role": "FINANCE"}, 403),
        ("conny", "alice", {"status": "SUSPENDED"}, 200),
        ("audrey", "audrey", {"first_name": "X"}, 403),
        ("bookings", "alice", {"first_name": "X"}, 403),
        ("alice", "bob", {"first_name": "X"}, 404),
    ],
)
def test_who_may_change_whom(cast: Cast, caller: str, target: str, body: dict[str, Any], status: int) -> None:
    assert patch(getattr(cast, caller), getattr(cast, target), body).status_code == status


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "new@nordwind.example"}, "/email"),
        ({"company_id": str(uuid4())}, "/company_id"),
        ({"is_superuser": True}, "/is_superuser"),
        ({"password": "a quiet winter evening"}, "/password"),
        ({"version": 7}, "/version"),
        ({"role": "ADMIN"}, "/role"),
        ({"role": "SYSTEM"}, "/role"),
        ({"status": "active"}, "/status"),
        ({"first_name": ""}, "/first_name"),
        ({"first_name": None}, "/first_name"),
        ({"first_name": "x" * 101}, "/first_name"),
        ({"first_name": "Al\nice"}, "/first_name"),
        ({"team_id": "office"}, "/team_id"),
        ({"team_id": str(uuid4())}, "/team_id"),
    ],
)
def test_what_cannot_be_changed_to(cast: Cast, body: dict[str, Any], pointer: str) -> None:
    response = patch(cast.frida, cast.alice, body)
    assert is_problem(response, 400, "request.validation")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert User.objects.get(id=cast.alice.id).version == 1


def test_somebody_may_leave_his_team(cast: Cast) -> None:
    assert patch(cast.frida, cast.alice, {"team_id": None}).json()["team_id"] is None


def test_a_demoted_caller_is_out_at_once(cast: Cast) -> None:
    frida = api_as(cast.frida)
    second = UserFactory(company=cast.company, role=Role.FINANCE)
    assert patch(second, cast.frida, {"role": "EMPLOYEE"}).status_code == 200
    assert is_problem(frida.get(f"/v1/users/{cast.alice.id}"), 401, "auth.invalid_token")


@pytest.mark.parametrize("path", ["not-a-uuid", "1", "%00", "0199D0A4-7F3E-7C1B-8A55-2F4A90B6C001/"])
def test_odd_ids_are_not_found(cast: Cast, path: str) -> None:
    assert api_as(cast.frida).get(f"/v1/users/{path}").status_code == 404


@pytest.mark.parametrize("method", ["put", "post", "delete"])
def test_other_methods_are_not_known(cast: Cast, method: str) -> None:
    response = getattr(api_as(cast.frida), method)(f"/v1/users/{cast.alice.id}", {}, format="json")
    assert is_problem(response, 405, "method.not_allowed")


@pytest.mark.parametrize(
    ("caller", "count"), [("alice", 1), ("bob", 1), ("charlie", 1), ("frida", 2), ("audrey", 2), ("bookings", 2)]
)
def test_who_sees_which_teams(cast: Cast, caller: str, count: int) -> None:
    UserFactory()
    answer = api_as(getattr(cast, caller)).get("/v1/teams").json()
    assert len(answer["data"]) == count
    assert answer["page"] == {"next_cursor": None, "has_more": False}
    assert {team["company_id"] for team in answer["data"]} == {str(cast.company.id)}
    assert answer["data"][0].keys() == {"team_id", "company_id", "name", "created_at"}


def test_somebody_without_team_sees_none(cast: Cast) -> None:
    assert api_as(UserFactory(company=cast.company)).get("/v1/teams").json()["data"] == []


def test_teams_come_in_pages(cast: Cast) -> None:
    client = api_as(cast.frida)
    first = client.get("/v1/teams?limit=1").json()
    second = client.get(f"/v1/teams?limit=1&cursor={first['page']['next_cursor']}").json()
    assert first["page"]["has_more"]
    assert not second["page"]["has_more"]
    assert first["data"] != second["data"]
