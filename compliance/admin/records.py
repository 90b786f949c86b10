"""Who was logged in, who changed what, who looked at whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.api.looks import note_looks
from compliance.core.origin import SYSTEM_ROLE
from compliance.models import AuditRecord, DataAccessLog, LoginSession, Role, User
from compliance.selectors.audit_trail import audit_visible_to, recent_actions
from ledger.admin.cells import EMPTY, actor_cell, id_cell, json_cell, label_cell
from ledger.admin.screens import EndlessPaginator, ReadOnlyAdmin, RecordedFilter, Table
from ledger.selectors.seals import records_sealed_below, seal_over_record


class ActorFilter(admin.SimpleListFilter):
    """By the actor's role, from a list: Django's own filter would read the whole table for its choices."""

    title = "actor"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(role, role.capitalize()) for role in (*Role.values, SYSTEM_ROLE)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(actor_role=self.value())


class ActionFilter(admin.SimpleListFilter):
    """By what was done, of the kinds that the latest records know: there is no list of all kinds."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(kind, kind) for kind in recent_actions(signed_in(request))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(event_type=self.value())


class ObjectFilter(admin.SimpleListFilter):
    """By what it was done to."""

    title = "object"
    parameter_name = "object"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        kept = (model for model in apps.get_models() if hasattr(model, "NEVER_DELETED"))
        return sorted((model.__name__, str(model._meta.verbose_name).capitalize()) for model in kept)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(entity_type=self.value())


def changes_table(row: AuditRecord) -> Table:
    """What was, beside what is: a line for each thing that the record tells of."""
    names = [*row.before, *(name for name in row.after if name not in row.before)]
    lines = [[name, _value(row.before, name), _value(row.after, name)] for name in names]
    return Table("What changed", ("What", "Before", "After"), lines)


def _value(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if value in (None, "", []):
        return EMPTY
    if isinstance(value, dict):
        return json_cell(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@admin.register(LoginSession)
class LoginSessionAdmin(ReadOnlyAdmin):
    list_display = (
        "session",
        "holder",
        "channel_label",
        "ip_address",
        "created_at",
        "last_used_at",
        "revoked_at",
        "revoked_reason",
    )
    list_filter = ("channel", "revoked_reason", RecordedFilter)
    list_select_related = ("user", "service_account")
    search_ids = ("id", "user_id", "service_account_id")
    search_help_text = "Whole id of a session, person or service account"
    ordering = ("-id",)
    fields = (
        ("id", "holder"),
        ("channel_label", "confirmed_at"),
        ("ip_address", "user_agent"),
        ("created_at", "last_used_at", "expires_at"),
        ("revoked_at", "revoked_reason"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoginSession]:
        company_id = signed_in(request).company_id
        sessions = LoginSession.objects.select_related(*self.list_select_related)
        return sessions.filter(Q(user__company_id=company_id) | Q(service_account__company_id=company_id))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        note_looks(request, [row.user_id for row in rows if row.user_id], ("email", "ip_address"))
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> LoginSession | None:
        session: LoginSession | None = super().get_object(request, object_id, from_field)
        if session is not None and session.user_id:
            note_looks(request, [session.user_id], ("email", "ip_address", "user_agent"))
        return session

    @admin.display(description="Session")
    def session(self, row: LoginSession) -> str:
        return id_cell(row.id)

    @admin.display(description="Where", ordering="channel")
    def channel_label(self, row: LoginSession) -> str:
        return label_cell(row.channel)

    @admin.display(description="Of")
    def holder(self, row: LoginSession) -> str:
        return str(row.user or row.service_account)


class SealedAdmin(ReadOnlyAdmin):
    """Records that are covered by seals."""

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """One look-up a page: what database transactions below a number wrote is sealed."""
        sealed_below = records_sealed_below()
        for row in rows:
            row.is_below_horizon = row.xid < sealed_below
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """From where somebody acted is his own affair too; a record of a record shows it likewise."""
        row = super().get_object(request, object_id, from_field)
        shown = tuple(name for name in ("ip_address", "user_agent") if getattr(row, name, None))
        if shown and User.objects.filter(id=row.actor_id).exists():
            note_looks(request, [row.actor_id], shown)
        return row

    @admin.display(description="Sealed")
    def is_sealed(self, row: Any) -> str:
        return "yes" if row.is_below_horizon else "not yet"

    @admin.display(description="Sealed by")
    def sealed_by(self, row: AuditRecord | DataAccessLog) -> str:
        found = seal_over_record(row.id)
        return "no seal yet" if found is None else f"seal {found.number}, {found.sealed_at:%Y-%m-%d %H:%M:%S}"


@admin.register(AuditRecord)
class AuditRecordAdmin(SealedAdmin):
    list_display = ("at", "event_type", "entity_type", "entity", "actor", "reason", "is_sealed")
    list_filter = (ActorFilter, ActionFilter, ObjectFilter, RecordedFilter)
    list_before_template = "admin/audit/verify.html"
    paginator = EndlessPaginator
    search_ids = ("id", "entity_id", "actor_id")
    search_words = ("correlation_id", "event_type")
    search_help_text = "Whole id of a record, person or request, or a kind such as user.updated"
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        ("at", "event_type"),
        ("entity_type", "entity_id"),
        ("actor", "reason"),
        ("ip_address", "user_agent"),
        ("session_id", "correlation_id"),
        "sealed_by",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditRecord]:
        return audit_visible_to(signed_in(request))

    def tables(self, request: HttpRequest, row: AuditRecord) -> list[Table]:
        return [changes_table(row)]

    @admin.display(description="Which")
    def entity(self, row: AuditRecord) -> str:
        return id_cell(row.entity_id)

    @admin.display(description="Actor")
    def actor(self, row: AuditRecord) -> str:
        return actor_cell(row.actor_role, row.actor_id)


@admin.register(DataAccessLog)
class DataAccessLogAdmin(SealedAdmin):
    list_display = ("at", "actor", "subject_cell", "fields_seen", "context", "reason", "is_sealed")
    list_filter = (ActorFilter, RecordedFilter)
    paginator = EndlessPaginator
    search_ids = ("id", "subject_id", "actor_id")
    search_words = ("correlation_id",)
    search_help_text = "Whole id of a record, person or request"
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        ("at", "context"),
        ("actor", "reason"),
        ("subject_cell", "fields_seen"),
        ("ip_address", "session_id", "correlation_id"),
        "sealed_by",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataAccessLog]:
        return DataAccessLog.objects.filter(subject__company_id=signed_in(request).company_id)

    @admin.display(description="Actor")
    def actor(self, row: DataAccessLog) -> str:
        return actor_cell(row.actor_role, row.actor_id)

    @admin.display(description="Looked at")
    def subject_cell(self, row: DataAccessLog) -> str:
        return id_cell(row.subject_id)

    @admin.display(description="Fields")
    def fields_seen(self, row: DataAccessLog) -> str:
        return ", ".join(row.fields)
