from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from compliance.core.origin import Origin
from compliance.models import AuditRecord, Role, User, UserStatus
from compliance.services.users import create_user, update_user
from ledger.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from ledger.ids import new_id
from tests.compliance.factories import Cast, TeamFactory, UserFactory


def create(cast: Cast, **details: Any) -> User:
    wanted = {"email": "nina@nordwind.example", "first_name": "Nina", "last_name": "Winter"} | details
    return create_user(company_id=cast.company.id, origin=Origin(cast.frida.id, "FINANCE"), **wanted)


def update(caller: Any, user: User, *, expected_version: int | None = None, **changes: Any) -> User:
    origin = Origin(caller.id, caller.role, ip_address="192.0.2.7", user_agent="pytest", correlation_id="r-1")
    return update_user(
        caller=caller,
        user_id=user.id,
        changes=changes,
        expected_version=expected_version,
        origin=origin,
        reason="asked for",
    )


def test_a_new_user_is_an_active_employee_whom_nobody_can_be_yet(cast: Cast) -> None:
    user = create(cast, email=" Nina@Nordwind.example ")
    stored = User.objects.get(id=user.id)
    assert (stored.email, stored.role, stored.status) == ("nina@nordwind.example", "EMPLOYEE", "ACTIVE")
    assert (stored.company_id, stored.version, stored.kyc_status) == (cast.company.id, 1, "PENDING")
    assert not stored.has_usable_password()
    record = AuditRecord.objects.get(entity_id=user.id)
    assert (record.event_type, record.actor_id) == ("user.created", cast.frida.id)
    assert record.after["role"] == "EMPLOYEE"


def test_another_service_may_have_given_the_id(cast: Cast) -> None:
    id = new_id()
    assert create(cast, user_id=id).id == id


def test_a_password_is_hashed(cast: Cast) -> None:
    user = create(cast, password="a quiet summer morning")
    assert check_password("a quiet summer morning", user.password)


@pytest.mark.parametrize(
    ("details", "pointer"),
    [
        ({"email": "nina"}, "/email"),
        ({"email": "nina@"}, "/email"),
        ({"email": "nina@nördwind.example"}, "/email"),
        ({"team_id": new_id()}, "/team_id"),
        ({"password": "short"}, "/password"),
        ({"password": "password1234"}, "/password"),
        ({"password": "nina@nordwind.example"}, "/password"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(cast: Cast, details: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create(cast, **details)
    assert refusal.value.data["errors"][0]["pointer"] == pointer
    assert not User.objects.filter(first_name="Nina").exists()
    assert not AuditRecord.objects.exists()


def test_addresses_are_unique_in_any_spelling(cast: Cast) -> None:
    create(cast)
    with pytest.raises(InvalidInput, match="taken"):
        create(cast, email="NINA@nordwind.example")


def test_phones_are_unique(cast: Cast) -> None:
    create(cast, phone="+4930123456")
    with pytest.raises(InvalidInput, match="taken"):
        create(cast, email="other@nordwind.example", phone="+4930123456")


def test_a_team_of_another_company_is_unknown(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        create(cast, team_id=TeamFactory().id)


def test_a_change_counts_and_is_audited(cast: Cast) -> None:
    changed = update(cast.frida, cast.alice, expected_version=1, role=Role.MANAGER, first_name="Alicia")
    assert (changed.version, changed.role, changed.first_name) == (2, "MANAGER", "Alicia")
    record = AuditRecord.objects.get(event_type="user.changed")
    assert record.before == {"role": "EMPLOYEE", "first_name": "(personal)"}
    assert record.after == {"role": "MANAGER", "first_name": "(personal)"}
    assert (record.entity_id, record.actor_id, record.actor_role) == (cast.alice.id, cast.frida.id, "FINANCE")
    assert (record.reason, record.ip_address, record.user_agent) == ("asked for", "192.0.2.7", "pytest")
    assert (record.correlation_id, record.company_id) == ("r-1", cast.company.id)


def test_nothing_new_is_no_change(cast: Cast) -> None:
    assert update(cast.frida, cast.alice, role=Role.EMPLOYEE).version == 1
    assert not AuditRecord.objects.exists()


def test_what_was_not_seen_is_not_overwritten(cast: Cast) -> None:
    update(cast.frida, cast.alice, expected_version=1, first_name="Alicia")
    with pytest.raises(PreconditionFailed):
        update(cast.frida, cast.alice, expected_version=1, first_name="Alina")
    assert User.objects.get(id=cast.alice.id).first_name == "Alicia"


@pytest.mark.parametrize(
    ("caller", "target", "changes"),
    [
        ("frida", "frida", {"role": "COMPLIANCE"}),
        ("frida", "frida", {"status": "SUSPENDED"}),
        ("frida", "alice", {"kyc_status": "VERIFIED"}),
        ("conny", "alice", {"role": "MANAGER"}),
        ("bob", "alice", {"first_name": "Al"}),
        ("bob", "alice", {}),
        ("bob", "bob", {"role": "FINANCE"}),
        ("alice", "alice", {"role": "MANAGER"}),
        ("alice", "alice", {"first_name": "Al", "team_id": None}),
        ("audrey", "alice", {"first_name": "Al"}),
        ("audrey", "audrey", {"first_name": "Al"}),
        ("bookings", "alice", {"first_name": "Al"}),
    ],
)
def test_visible_but_not_theirs_to_change(cast: Cast, caller: str, target: str, changes: dict[str, Any]) -> None:
    user = getattr(cast, target)
    with pytest.raises(Forbidden):
        update(getattr(cast, caller), user, **changes)
    unchanged = User.objects.get(id=user.id)
    assert (unchanged.version, unchanged.role, unchanged.first_name) == (1, user.role, user.first_name)
    assert not AuditRecord.objects.exists()


@pytest.mark.parametrize(("caller", "target"), [("alice", "bob"), ("alice", "charlie"), ("bob", "charlie")])
def test_invisible_ones_do_not_exist(cast: Cast, caller: str, target: str) -> None:
    with pytest.raises(NotFound):
        update(getattr(cast, caller), getattr(cast, target), first_name="X")


def test_nothing_crosses_companies(cast: Cast) -> None:
    with pytest.raises(NotFound):
        update(cast.frida, UserFactory(), first_name="X")


def test_compliance_suspends_and_lifts(cast: Cast) -> None:
    User.objects.filter(id=cast.alice.id).update(failed_login_attempts=100, status=UserStatus.LOCKED)
    assert update(cast.conny, cast.alice, status=UserStatus.ACTIVE).failed_login_attempts == 0
    assert not update(cast.conny, cast.alice, status=UserStatus.SUSPENDED).is_active
