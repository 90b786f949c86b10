from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from compliance.core.origin import Origin
from compliance.models import AuditRecord, Role, User, UserStatus
from compliance.services.users import update_user
from ledger.errors import Forbidden, InvalidInput, NotFound
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, UserFactory
from tests.compliance.test_constraints import breaks


@pytest.fixture
def ines(cast: Cast) -> User:
    """Administers access."""
    ines: User = UserFactory(company=cast.company, first_name="Ines", administers_access=True)
    return ines


def change(by: User, whom: User, **changes: Any) -> User:
    origin = Origin(actor_id=by.id, actor_role=by.role)
    return update_user(
        caller=by, user_id=whom.id, changes=changes, expected_version=None, origin=origin, reason="Asked for."
    )


def add(by: User, role: str) -> int:
    body = {"email": "nina@nordwind.example", "first_name": "Nina", "last_name": "Berg", "role": role}
    return int(api_as(by).post("/v1/users", body).status_code)


def test_from_the_first_one_on_finance_gives_no_roles(cast: Cast) -> None:
    assert change(cast.frida, cast.alice, role=Role.AUDITOR).role == "AUDITOR"
    UserFactory(company=cast.company, administers_access=True, status=UserStatus.SUSPENDED)
    with pytest.raises(Forbidden):
        change(cast.frida, cast.alice, role=Role.EMPLOYEE)
    assert change(cast.frida, cast.alice, status=UserStatus.SUSPENDED).status == "SUSPENDED"
    assert User.objects.get(id=cast.alice.id).role == "AUDITOR"


def test_finance_adds_employees_only(cast: Cast, ines: User) -> None:
    assert add(cast.frida, "FINANCE") == 403
    assert not User.objects.filter(email="nina@nordwind.example").exists()
    assert add(cast.frida, "EMPLOYEE") == 201


def test_without_one_finance_adds_whom_it_wants(cast: Cast) -> None:
    assert add(cast.frida, "MANAGER") == 201


def test_a_manager_is_not_moved_to_other_peoples_things_by_finance(cast: Cast, ines: User) -> None:
    office = cast.charlie.team_id
    assert change(cast.frida, cast.alice, team_id=office).team_id == office
    with pytest.raises(Forbidden):
        change(cast.frida, cast.bob, team_id=office)
    assert change(ines, cast.bob, team_id=office).team_id == office


def test_a_role_ends_the_sessions_and_is_on_record(cast: Cast, ines: User) -> None:
    before = cast.alice.token_version
    assert change(ines, cast.alice, role=Role.MANAGER).token_version == before + 1
    record = AuditRecord.objects.get(entity_id=cast.alice.id)
    assert (record.actor_id, record.before, record.after) == (ines.id, {"role": "EMPLOYEE"}, {"role": "MANAGER"})


@pytest.mark.parametrize("changes", [{"role": Role.FINANCE}, {"administers_access": False}, {"team_id": None}])
def test_nobody_gives_himself_anything(ines: User, changes: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        change(ines, ines, **changes)


@pytest.mark.parametrize("by", ["alice", "bob", "frida", "conny", "audrey"])
def test_others_name_nobody_who_administers_access(cast: Cast, by: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        change(getattr(cast, by), cast.charlie, administers_access=True)
    assert not User.objects.filter(administers_access=True).exists()


def test_one_who_administers_access_names_another_and_takes_it_back(cast: Cast, ines: User) -> None:
    assert change(ines, cast.alice, administers_access=True).administers_access
    alice = User.objects.get(id=cast.alice.id)
    change(alice, ines, administers_access=False)
    with pytest.raises((Forbidden, NotFound)):  # what ines holds in her hands is from before
        change(ines, alice, administers_access=False)
    assert list(User.objects.filter(administers_access=True)) == [alice]


def test_who_has_a_role_administers_no_access(cast: Cast, ines: User) -> None:
    with pytest.raises(InvalidInput):
        change(ines, cast.bob, administers_access=True)
    other = UserFactory(company=cast.company, administers_access=True)
    with pytest.raises(InvalidInput):
        change(ines, other, role=Role.FINANCE)
    breaks("user_access_apart_from_money", lambda: User.objects.filter(id=ines.id).update(role=Role.FINANCE))


def test_sees_people_and_nothing_that_is_theirs(cast: Cast, ines: User) -> None:
    client = api_as(ines)
    assert client.get(f"/v1/users/{cast.frida.id}").status_code == 200
    assert len(client.get("/v1/teams").json()["data"]) == 2
    for path in ("wallets", "budgets", "limits", "reservations", "budget-requests"):
        assert client.get(f"/v1/{path}").json()["data"] == []
    stranger = UserFactory()
    assert client.get(f"/v1/users/{stranger.id}").status_code == 404


def test_the_first_one_is_named_by_the_installation(cast: Cast) -> None:
    call_command("administer_access", cast.alice.email.upper(), "--reason", "Runs our machines.")
    assert User.objects.get(id=cast.alice.id).administers_access
    record = AuditRecord.objects.get(entity_id=cast.alice.id)
    assert (record.actor_id, record.after, record.reason) == (None, {"administers_access": True}, "Runs our machines.")
    call_command("administer_access", cast.alice.email, "--withdraw", "--reason", "Left.")
    assert not User.objects.get(id=cast.alice.id).administers_access
    for email in (cast.bob.email, "nobody@nordwind.example"):
        with pytest.raises(CommandError):
            call_command("administer_access", email, "--reason", "Runs our machines.")
