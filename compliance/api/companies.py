"""`/companies/current`: the caller's company, and when its days, weeks, months and years begin."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from compliance.api.users import EVERYBODY
from compliance.models import Company
from compliance.services.calendars import change_calendar, require_zone
from ledger.api.fields import TextField, WholeNumberField
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput

EXAMPLE = {
    "company_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "name": "Nordwind",
    "timezone": "Europe/Berlin",
    "week_start": 1,
    "month_day": 1,
    "fiscal_month": 1,
    "currency": "EUR",
    "created_at": "2026-03-01T09:30:00.000000Z",
}


class ZoneField(TextField):
    """The name of an IANA time zone, in exactly that spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        try:
            require_zone(name)
        except InvalidInput as error:
            self.refuse(error.detail)
        return name


class ChangeCompany(StrictSerializer):
    """Only what is named changes."""

    timezone = ZoneField(required=False, help_text="IANA zone whose midnight ends a day.")
    week_start = WholeNumberField(min_value=1, max_value=7, required=False, help_text="1 Monday … 7 Sunday.")
    month_day = WholeNumberField(min_value=1, max_value=28, required=False, help_text="Day on which months begin.")
    fiscal_month = WholeNumberField(
        min_value=1, max_value=12, required=False, help_text="Month with which years begin."
    )
    reason = TextField(max_length=500, required=False, help_text="Kept in the audit trail.")


class CompanyAnswer(serializers.Serializer[Any]):
    company_id = serializers.UUIDField()
    name = serializers.CharField()
    timezone = serializers.CharField()
    week_start = serializers.IntegerField()
    month_day = serializers.IntegerField()
    fiscal_month = serializers.IntegerField()
    currency = serializers.CharField(help_text="What new wallets and budgets are in unless it is said.")
    created_at = serializers.DateTimeField()


def company_view(company: Company) -> dict[str, Any]:
    return {
        "company_id": company.id,
        "name": company.name,
        "timezone": company.timezone,
        "week_start": company.week_start,
        "month_day": company.month_day,
        "fiscal_month": company.fiscal_month,
        "currency": company.currency,
        "created_at": rfc3339(company.created_at),
    }


class CurrentCompanyView(ServiceView):
    policy = {"GET": EVERYBODY, "PATCH": allow("FINANCE")}

    @operation("Show your company", answer=CompanyAnswer, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        return Response(company_view(caller_of(request).company))

    @operation(
        "Change your company's calendar",
        body=ChangeCompany,
        answer=CompanyAnswer,
        body_example={"timezone": "Europe/Berlin", "fiscal_month": 4, "reason": "The fiscal year begins in April."},
        example={**EXAMPLE, "fiscal_month": 4},
        description="Days of statements and lists follow it at once; those of reports are always of UTC. Budgets and "
        "limits keep the calendar that they were set with: a change affects only those that are set later.",
    )
    def patch(self, request: Request) -> Response:
        changes = self.body(ChangeCompany)
        reason = changes.pop("reason", "")
        company = change_calendar(
            company_id=caller_of(request).company_id, changes=changes, origin=origin_of(request), reason=reason
        )
        return Response(company_view(company))
