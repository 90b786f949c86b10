from __future__ import annotations

import pytest

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials
from compliance.models import AuditRecord, ServiceAccount, User
from compliance.services.service_accounts import (
    activate_service_account,
    prepare_service_account,
    renew_secret,
    suspend_service_account,
)
from compliance.services.sessions import log_in_service
from ledger.errors import Forbidden, InvalidInput, NotFound
from tests.compliance.clients import api_with
from tests.compliance.factories import Cast, UserFactory, make_cast

WHY = "A new program."


def of(person: User) -> Origin:
    return Origin(actor_id=person.id, actor_role=person.role)


@pytest.fixture
def ines(cast: Cast) -> User:
    """Administers access."""
    ines: User = UserFactory(company=cast.company, first_name="Ines", administers_access=True)
    return ines


@pytest.fixture
def prepared(ines: User) -> tuple[ServiceAccount, str]:
    return prepare_service_account(caller=ines, name="Payroll", scopes=["wallets:read"], reason=WHY, origin=of(ines))


def opens(account: ServiceAccount, secret: str) -> bool:
    try:
        pair = log_in_service(client_id=account.client_id, client_secret=secret, address=None, user_agent="pytest")
    except InvalidCredentials:
        return False
    return bool(api_with(pair.access).get("/v1/wallets").status_code == 200)


def test_it_sleeps_until_somebody_who_does_not_know_the_secret_agrees(
    cast: Cast, ines: User, prepared: tuple[ServiceAccount, str]
) -> None:
    account, secret = prepared
    assert not opens(account, secret)
    with pytest.raises(Forbidden):
        activate_service_account(caller=ines, account_id=account.id, reason=WHY, origin=of(ines))
    assert not opens(account, secret)
    activate_service_account(caller=cast.frida, account_id=account.id, reason=WHY, origin=of(cast.frida))
    assert opens(account, secret)
    told = AuditRecord.objects.filter(entity_id=account.id).order_by("id")
    assert [(record.event_type, record.actor_id) for record in told] == [
        ("service_account.created", ines.id),
        ("service_account.status_changed", cast.frida.id),
    ]
    assert secret not in str([record.after for record in told])


def test_a_new_secret_puts_it_to_sleep_again(cast: Cast, ines: User, prepared: tuple[ServiceAccount, str]) -> None:
    account, old = prepared
    activate_service_account(caller=cast.frida, account_id=account.id, reason=WHY, origin=of(cast.frida))
    new = renew_secret(caller=ines, account_id=account.id, reason=WHY, origin=of(ines))
    assert not opens(account, old)
    assert not opens(account, new)
    activate_service_account(caller=cast.frida, account_id=account.id, reason=WHY, origin=of(cast.frida))
    assert (opens(account, old), opens(account, new)) == (False, True)


def test_one_that_the_installation_made_is_looked_after_likewise(cast: Cast, ines: User) -> None:
    account = cast.bookings
    new = renew_secret(caller=ines, account_id=account.id, reason=WHY, origin=of(ines))
    with pytest.raises(Forbidden):
        activate_service_account(caller=ines, account_id=account.id, reason=WHY, origin=of(ines))
    assert not opens(account, new)


def test_to_suspend_stops_the_next_request(cast: Cast, prepared: tuple[ServiceAccount, str]) -> None:
    account, secret = prepared
    frida = cast.frida
    activate_service_account(caller=frida, account_id=account.id, reason=WHY, origin=of(frida))
    pair = log_in_service(client_id=account.client_id, client_secret=secret, address=None, user_agent="pytest")
    client = api_with(pair.access)
    assert client.get("/v1/wallets").status_code == 200
    suspend_service_account(caller=frida, account_id=account.id, reason=WHY, origin=of(frida))
    assert client.get("/v1/wallets").status_code == 401


@pytest.mark.parametrize("by", ["alice", "bob", "frida", "conny", "audrey"])
def test_where_somebody_administers_access_nobody_else_prepares_any(
    cast: Cast, prepared: tuple[ServiceAccount, str], by: str
) -> None:
    account, secret = prepared
    person = getattr(cast, by)
    with pytest.raises(Forbidden):
        prepare_service_account(caller=person, name="Mine", scopes=[], reason=WHY, origin=of(person))
    with pytest.raises(Forbidden):
        renew_secret(caller=person, account_id=account.id, reason=WHY, origin=of(person))
    assert ServiceAccount.objects.filter(company=cast.company).count() == 2
    activate_service_account(caller=cast.frida, account_id=account.id, reason=WHY, origin=of(cast.frida))
    assert opens(account, secret)


def test_where_nobody_does_finance_prepares_and_a_second_one_of_finance_agrees(cast: Cast) -> None:
    frida, fred = cast.frida, UserFactory(company=cast.company, role="FINANCE")
    account, secret = prepare_service_account(
        caller=frida, name="Payroll", scopes=["wallets:read"], reason=WHY, origin=of(frida)
    )
    with pytest.raises(Forbidden):
        activate_service_account(caller=frida, account_id=account.id, reason=WHY, origin=of(frida))
    activate_service_account(caller=fred, account_id=account.id, reason=WHY, origin=of(fred))
    assert opens(account, secret)


def test_nothing_is_done_to_another_companys(cast: Cast, ines: User) -> None:
    foreign = make_cast().bookings
    for service in (renew_secret, activate_service_account, suspend_service_account):
        with pytest.raises(NotFound):
            service(caller=ines, account_id=foreign.id, reason=WHY, origin=of(ines))


def test_scopes_have_to_exist(cast: Cast, ines: User) -> None:
    with pytest.raises(InvalidInput):
        prepare_service_account(caller=ines, name="Payroll", scopes=["all"], reason=WHY, origin=of(ines))
