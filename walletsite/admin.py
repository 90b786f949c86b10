"""Puts the back office together: who sees what of the ledger, and screens for what packages bring along."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from compliance.admin.exports import record_export
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.admin import register
from ledger.admin.screens import ReadOnlyAdmin
from ledger.selectors.scope import Scope
from wallets.admin import BUTTONS
from wallets.admin.inbox import DESK
from wallets.admin.origin import origin_of_staff
from wallets.selectors.scope import ledger_scope
from wallets.services.closings import close_company_books


def scope_of(request: HttpRequest) -> Scope:
    return ledger_scope(signed_in(request))


def wallet_url(wallet_id: UUID) -> str:
    return reverse("admin:wallets_wallet_change", args=[wallet_id])


def closes_books(request: HttpRequest, *, closed_until: datetime, reason: str) -> None:
    close_company_books(
        company_id=signed_in(request).company_id,
        closed_until=closed_until,
        reason=reason,
        origin=origin_of_admin(request),
    )


class PeriodicTaskAdmin(ReadOnlyAdmin):
    """What runs by itself. The package's own screen lets anybody who may look start and stop tasks."""

    list_display = ("name", "when", "enabled", "last_run_at", "total_run_count")
    list_filter = ("enabled",)
    search_parts = ("name", "task")
    ordering = ("name",)
    fields = (("name", "task"), ("when", "enabled"), ("last_run_at", "total_run_count"), "description")

    @admin.display(description="Runs")
    def when(self, task: Any) -> str:
        return str(task.scheduler)


admin.site.index_title = "Home"
ReadOnlyAdmin.record_export = staticmethod(record_export)
register(
    admin.site,
    scope_of=scope_of,
    wallet_url=wallet_url,
    origin_of=origin_of_staff,
    closes_books=closes_books,
    extended=BUTTONS,
    desk=DESK,
)
admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])
admin.site.register(PeriodicTask, PeriodicTaskAdmin)
