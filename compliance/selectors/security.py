"""What somebody sees of his own access: his second factor and where he is logged in."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from compliance.models import AuditRecord, LoginSession, RecoveryCode, SecondFactor, User
from ledger.ids import floor_id

TOLD_OF = (
    "user.second_factor_set_up",
    "user.second_factor_replaced",
    "user.second_factor_reset",
    "user.recovery_codes_renewed",
    "user.recovery_code_used",
)
"""Changes of who can log in as somebody, which that person has to hear of. The record names him as `entity_id`."""


def factor_of(user: User) -> SecondFactor | None:
    """The second factor of a user; None when he has not set one up."""
    return SecondFactor.objects.filter(user=user).first()


def recovery_codes_left(user: User) -> int:
    """How many of his recovery codes are not used."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def live_sessions_of(user: User) -> QuerySet[LoginSession]:
    """Where a user is logged in, at the back office and over the interface; what was used last comes first."""
    mine = LoginSession.objects.filter(user=user, revoked_at=None, token_version=user.token_version)
    return mine.filter(expires_at__gt=timezone.now()).order_by("-last_used_at", "-id")


def security_changes_since(at: datetime) -> QuerySet[AuditRecord]:
    """What has happened to people's second factors since then, the oldest first."""
    return AuditRecord.objects.filter(id__gte=floor_id(at), event_type__in=TOLD_OF).order_by("id")
