from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from compliance.core.origin import Origin
from compliance.models import AuditRecord, Deputy, Role, User, UserStatus
from compliance.selectors.deputies import principals_of
from compliance.services.deputies import LONGEST, end_deputy
from ledger.errors import Forbidden, InvalidInput, NotFound
from ledger.selectors.clock import database_now
from tests.compliance.factories import Cast, UserFactory
from tests.compliance.standing_in import TWO_WEEKS, stand_in
from tests.compliance.test_constraints import breaks

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def dora(cast: Cast) -> User:
    """Manages charlie's team."""
    dora: User = UserFactory(company=cast.company, team=cast.charlie.team, first_name="Dora", role=Role.MANAGER)
    return dora


def end(row: Deputy, by: User) -> Deputy:
    origin = Origin(actor_id=by.id, actor_role=by.role)
    return end_deputy(caller=by, deputy_row_id=row.id, reason="Back already.", origin=origin)


def test_a_manager_names_his_own_deputy_on_record(cast: Cast, dora: User) -> None:
    row = stand_in(dora, for_=cast.bob)
    record = AuditRecord.objects.get(entity_id=row.id)
    assert (record.event_type, record.entity_type, record.actor_id) == ("deputy.named", "Deputy", cast.bob.id)
    assert record.after == {
        "principal_id": str(cast.bob.id),
        "deputy_id": str(dora.id),
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
    }


def test_from_its_beginning_until_before_its_end(cast: Cast, dora: User) -> None:
    row = stand_in(dora, for_=cast.bob)
    for at, found in (
        (row.starts_at - MOMENT, []),
        (row.starts_at, [cast.bob]),
        (row.ends_at - MOMENT, [cast.bob]),
        (row.ends_at, []),
    ):
        assert principals_of(dora, at) == found
    assert principals_of(cast.bob, row.starts_at) == []


@pytest.mark.parametrize("by", ["principal", "deputy", "finance"])
def test_ended_early_it_is_over_at_once(cast: Cast, dora: User, by: str) -> None:
    row = stand_in(dora, for_=cast.bob)
    person = {"principal": cast.bob, "deputy": dora, "finance": cast.frida}[by]
    ended = end(row, person).ended_at
    assert ended is not None
    assert principals_of(dora, ended) == []
    assert principals_of(dora, ended - MOMENT) == [cast.bob]
    assert AuditRecord.objects.filter(entity_id=row.id, event_type="deputy.ended", actor_id=person.id).count() == 1
    end(row, person)
    assert AuditRecord.objects.filter(entity_id=row.id).count() == 2


def test_nobody_else_ends_it(cast: Cast, dora: User) -> None:
    row = stand_in(dora, for_=cast.bob)
    for stranger, refusal in ((cast.alice, NotFound), (cast.conny, Forbidden), (cast.audrey, Forbidden)):
        with pytest.raises(refusal):
            end(row, stranger)
    assert principals_of(dora, database_now()) == [cast.bob]


@pytest.mark.parametrize("change", [{"status": UserStatus.SUSPENDED}, {"role": Role.EMPLOYEE}])
def test_a_deputy_who_could_not_decide_stands_in_for_nobody(cast: Cast, dora: User, change: dict[str, Any]) -> None:
    stand_in(dora, for_=cast.bob)
    User.objects.filter(id=dora.id).update(**change)
    assert principals_of(User.objects.get(id=dora.id), database_now()) == []


def test_nobody_stands_in_for_who_has_left(cast: Cast, dora: User) -> None:
    stand_in(dora, for_=cast.bob)
    User.objects.filter(id=cast.bob.id).update(status=UserStatus.SUSPENDED)
    assert principals_of(dora, database_now()) == []


def test_who_stands_in_twice_for_one_person_counts_once(cast: Cast, dora: User) -> None:
    first = stand_in(dora, for_=cast.bob)
    end(first, cast.bob)
    stand_in(dora, for_=cast.bob)
    stand_in(dora, for_=cast.frida)
    assert principals_of(dora, database_now()) == [cast.bob, cast.frida]


def test_finance_names_one_for_a_manager_who_is_away_but_never_itself(cast: Cast, dora: User) -> None:
    assert stand_in(dora, for_=cast.bob, by=cast.frida).given_by == cast.frida
    with pytest.raises(Forbidden):
        stand_in(cast.frida, for_=cast.bob, by=cast.frida)


@pytest.mark.parametrize("by", ["alice", "bob", "conny", "audrey"])
def test_others_name_none_for_somebody_else(cast: Cast, dora: User, by: str) -> None:
    with pytest.raises(Forbidden):
        stand_in(cast.conny if by != "conny" else cast.bob, for_=dora, by=getattr(cast, by))
    assert not Deputy.objects.exists()


def test_employees_and_auditors_neither_have_deputies_nor_are_any(cast: Cast) -> None:
    for principal, deputy in (
        (cast.alice, cast.bob),
        (cast.audrey, cast.bob),
        (cast.bob, cast.alice),
        (cast.bob, cast.audrey),
        (cast.bob, cast.bob),
        (cast.bob, UserFactory(role=Role.MANAGER)),
        (cast.bob, UserFactory(company=cast.company, role=Role.MANAGER, status=UserStatus.SUSPENDED)),
    ):
        with pytest.raises(InvalidInput):
            stand_in(deputy, for_=principal)
    with pytest.raises(NotFound):
        stand_in(cast.bob, for_=UserFactory(role=Role.MANAGER), by=cast.frida)


def test_times_make_sense(cast: Cast, dora: User) -> None:
    now = database_now()
    for starts_at, ends_at in (
        (None, now),
        (now + TWO_WEEKS, now + TWO_WEEKS),
        (now - LONGEST, now - TWO_WEEKS),
        (now, now + LONGEST + MOMENT),
    ):
        with pytest.raises(InvalidInput):
            stand_in(dora, for_=cast.bob, starts_at=starts_at, ends_at=ends_at)
    stand_in(dora, for_=cast.bob, starts_at=now, ends_at=now + LONGEST)
    with pytest.raises(InvalidInput):
        stand_in(dora, for_=cast.bob)
    stand_in(dora, for_=cast.bob, starts_at=now + LONGEST)


def test_both_are_of_one_company_by_the_databases_own_rule(cast: Cast, dora: User) -> None:
    row = stand_in(dora, for_=cast.bob)
    stranger = UserFactory(role=Role.MANAGER)
    rows = Deputy.objects.filter(id=row.id)
    breaks("deputy_principal_of_company", lambda: rows.update(principal=stranger))
    breaks("deputy_deputy_of_company", lambda: rows.update(deputy=stranger))
    breaks("deputy_is_somebody_else", lambda: rows.update(deputy=cast.bob))
    breaks("deputy_ends_later", lambda: rows.update(ends_at=row.starts_at))
    breaks("deputy_ended_early", lambda: rows.update(ended_at=row.ends_at))
    breaks("deputy_has_reason", lambda: rows.update(reason=""))
