from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from compliance.admin.people import signed_in
from compliance.models import AuditRecord, DataAccessLog


@admin.register(AuditRecord)
class AuditRecordAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("at", "event_type", "entity_type", "entity_id", "actor_id", "actor_role", "reason")
    list_filter = ("event_type", "actor_role")
    search_fields = ("entity_id", "actor_id", "correlation_id")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditRecord]:
        return AuditRecord.objects.filter(company_id=signed_in(request).company_id)


@admin.register(DataAccessLog)
class DataAccessLogAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("at", "actor_id", "actor_role", "subject_id", "context", "reason")
    list_filter = ("actor_role",)
    search_fields = ("subject__id", "actor_id", "correlation_id")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataAccessLog]:
        return DataAccessLog.objects.filter(subject__company_id=signed_in(request).company_id)
