from __future__ import annotations

import pytest

from compliance.core.origin import Origin
from compliance.models import AuditRecord
from compliance.services.companies import create_company, create_service_account, create_team
from compliance.services.sessions import identify, log_in_service
from ledger.errors import InvalidInput


@pytest.mark.usefixtures("db")
def test_a_company_with_a_team_and_a_service() -> None:
    company = create_company(name="Nordwind", origin=Origin(), timezone="Europe/Berlin")
    team = create_team(company_id=company.id, name="Field service", origin=Origin())
    account, secret = create_service_account(
        company_id=company.id, name="Bookings", scopes=["users:read", "bookings:write"], origin=Origin()
    )
    assert team.company == company
    assert secret not in account.secret_hash
    pair = log_in_service(client_id=account.client_id, client_secret=secret, address=None, user_agent="")
    assert identify(access_token=pair.access).caller == account
    events = AuditRecord.objects.filter(company_id=company.id).order_by("id").values_list("event_type", flat=True)
    assert list(events) == ["company.created", "team.created", "service_account.created"]


@pytest.mark.usefixtures("db")
def test_an_unknown_scope_is_refused() -> None:
    company = create_company(name="Nordwind", origin=Origin())
    with pytest.raises(InvalidInput, match="admin"):
        create_service_account(company_id=company.id, name="X", scopes=["admin"], origin=Origin())
