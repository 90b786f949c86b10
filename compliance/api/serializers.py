"""How people look over HTTP. Every field is listed; what is not listed is not shown (SECURITY.md)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compliance.api.fields import EmailField
from compliance.models import Role, Team, User, UserStatus
from ledger.api.fields import CurrencyField, IdField, TextField, WordField
from ledger.api.pagination import PageInfo, PageQuery
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.selectors.assets import WALLET_CURRENCIES

ROLES, STATUSES = tuple(Role.values), tuple(UserStatus.values)
NAME_LENGTH = 100


class CreateUser(StrictSerializer):
    email = EmailField()
    first_name = TextField(max_length=NAME_LENGTH)
    last_name = TextField(max_length=NAME_LENGTH)
    role = WordField(ROLES, default=Role.EMPLOYEE.value)
    team_id = IdField(required=False, allow_null=True)
    currency = CurrencyField(
        among=WALLET_CURRENCIES, required=False, help_text="With one, the user's PRIMARY wallet is opened too."
    )


class ChangeUser(StrictSerializer):
    """Only what is named changes. Which fields a caller may name depends on his role."""

    first_name = TextField(max_length=NAME_LENGTH, required=False)
    last_name = TextField(max_length=NAME_LENGTH, required=False)
    role = WordField(ROLES, required=False)
    team_id = IdField(required=False, allow_null=True)
    status = WordField(STATUSES, required=False)
    reason = TextField(max_length=500, required=False, help_text="Kept in the audit trail.")


class UserFilters(PageQuery):
    team_id = IdField(required=False)
    role = WordField(ROLES, required=False)
    status = WordField(STATUSES, required=False)


class UserAnswer(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(ROLES)
    company_id = serializers.UUIDField()
    team_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(STATUSES)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class UserList(serializers.Serializer[Any]):
    data = UserAnswer(many=True)  # type: ignore[assignment]  # a field: the metaclass takes it off the class
    page = PageInfo()


class TeamAnswer(serializers.Serializer[Any]):
    team_id = serializers.UUIDField()
    company_id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class TeamList(serializers.Serializer[Any]):
    data = TeamAnswer(many=True)  # type: ignore[assignment]  # likewise
    page = PageInfo()


PERSONAL_FIELDS = ("email", "first_name", "last_name")
"""What of a user's view is personal data; looks at it are recorded."""

USER_EXAMPLE = {
    "user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "email": "alice@nordwind.example",
    "first_name": "Alice",
    "last_name": "Winter",
    "role": "EMPLOYEE",
    "company_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "team_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c003",
    "status": "ACTIVE",
    "created_at": "2026-03-02T09:30:00.000000Z",
    "updated_at": "2026-03-02T09:30:00.000000Z",
    "version": 1,
}

TEAM_EXAMPLE = {
    "team_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c003",
    "company_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "name": "Field service",
    "created_at": "2026-03-02T09:30:00.000000Z",
}


def user_view(user: User) -> dict[str, Any]:
    return {
        "user_id": user.id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": user.role,
        "company_id": user.company_id,
        "team_id": user.team_id,
        "status": user.status,
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339(user.updated_at),
        "version": user.version,
    }


def team_view(team: Team) -> dict[str, Any]:
    return {
        "team_id": team.id,
        "company_id": team.company_id,
        "name": team.name,
        "created_at": rfc3339(team.created_at),
    }
