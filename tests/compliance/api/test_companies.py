"""/v1/companies/current: the company, and when its days, weeks, months and years begin."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.models import AuditRecord, Company
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, make_cast

PATH = "/v1/companies/current"


def test_everybody_sees_his_company_and_no_other(cast: Cast) -> None:
    company = cast.company
    for caller in (cast.alice, cast.bob, cast.frida, cast.conny, cast.audrey, cast.bookings):
        answer = api_as(caller).get(PATH).json()
        assert answer.pop("created_at").endswith("Z")
        assert answer == {
            "company_id": str(company.id),
            "name": company.name,
            "timezone": "UTC",
            "week_start": 1,
            "month_day": 1,
            "fiscal_month": 1,
            "currency": "EUR",
        }


def test_finance_changes_the_calendar_and_says_why(cast: Cast) -> None:
    other = make_cast().company
    wanted = {"timezone": "Europe/Berlin", "week_start": 7, "month_day": 28, "fiscal_month": 4}
    response = api_as(cast.frida).patch(PATH, {**wanted, "reason": "We moved."})
    assert response.status_code == 200
    assert {name: response.json()[name] for name in wanted} == wanted
    record = AuditRecord.objects.get(event_type="company.changed")
    assert (record.company_id, record.entity_id, record.actor_id) == (cast.company.id, cast.company.id, cast.frida.id)
    assert record.before == {"timezone": "UTC", "week_start": 1, "month_day": 1, "fiscal_month": 1}
    assert (record.after, record.reason) == (wanted, "We moved.")
    other.refresh_from_db()
    assert other.timezone == "UTC"


def test_the_same_again_records_nothing(cast: Cast) -> None:
    client = api_as(cast.frida)
    assert client.patch(PATH, {"week_start": 1}).status_code == 200
    assert client.patch(PATH, {}).status_code == 200
    assert not AuditRecord.objects.filter(event_type="company.changed").exists()


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"timezone": "europe/berlin"}, "/timezone"),
        ({"week_start": 0}, "/week_start"),
        ({"week_start": 8}, "/week_start"),
        ({"month_day": 29}, "/month_day"),
        ({"fiscal_month": 13}, "/fiscal_month"),
        ({"currency": "USD"}, "/currency"),
        ({"name": "Other"}, "/name"),
    ],
)
def test_what_makes_no_sense_changes_nothing(cast: Cast, wanted: dict[str, Any], pointer: str) -> None:
    response = api_as(cast.frida).patch(PATH, {"reason": "A test.", **wanted})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)
    assert Company.objects.get(id=cast.company.id).timezone == "UTC"
