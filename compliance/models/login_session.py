from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.service_account import ServiceAccount
from compliance.models.user import User
from ledger.ids import new_id


class Channel(models.TextChoices):
    """Where somebody has logged in: tokens belong to the interface, a cookie to the back office."""

    INTERFACE = "INTERFACE"
    BACK_OFFICE = "BACK_OFFICE"


class SessionEnding(models.TextChoices):
    LOGGED_OUT = "LOGGED_OUT"
    REFRESH_REUSED = "REFRESH_REUSED"
    ACCESS_CHANGED = "ACCESS_CHANGED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 (a reason, not a secret)
    ENDED_BY_STAFF = "ENDED_BY_STAFF"
    FACTOR_CHANGED = "FACTOR_CHANGED"
    CROWDED_OUT = "CROWDED_OUT"


class LoginSession(models.Model):
    """One log-in and all tokens that came of it: the `sid` of access tokens, the family of refresh tokens.

    Only the newest refresh token (`refresh_jti`) is good. An older one means that two parties hold the family,
    so it ends (SECURITY.md).

    One at the back office has no tokens but a cookie that names it, was opened with a second factor, and expires
    earlier unless it is used: `expires_at` moves on with use (`services.desk_sessions`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="login_sessions", null=True)
    service_account = models.ForeignKey(
        ServiceAccount, on_delete=models.PROTECT, related_name="login_sessions", null=True
    )
    channel = models.CharField(
        max_length=16, choices=Channel, default=Channel.INTERFACE, db_default=Channel.INTERFACE.value
    )
    token_version = models.PositiveIntegerField(help_text="The holder's at log-in; a later one ends this session.")
    refresh_jti = models.UUIDField(
        null=True, help_text="The one good refresh token; services and the back office have none."
    )
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True, help_text="When password and second factor were asked for again.")
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=24, choices=SessionEnding, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="login_session_one_holder",
                condition=Q(
                    user__isnull=False, service_account__isnull=True, refresh_jti__isnull=False, channel="INTERFACE"
                )
                | Q(user__isnull=True, service_account__isnull=False, refresh_jti__isnull=True, channel="INTERFACE")
                | Q(user__isnull=False, service_account__isnull=True, refresh_jti__isnull=True, channel="BACK_OFFICE"),
            ),
            models.CheckConstraint(name="login_session_expires_later", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(
                name="login_session_end_has_reason",
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | Q(revoked_at__isnull=False, revoked_reason__in=SessionEnding.values),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def holder(self) -> User | ServiceAccount:
        holder = self.user or self.service_account
        assert holder is not None, "login_session_one_holder"
        return holder

    def is_live(self, now: datetime) -> bool:
        """Whether its tokens are good: not ended, not expired, its holder active and not barred since."""
        holder = self.holder
        return (
            self.revoked_at is None
            and now < self.expires_at
            and holder.is_active
            and holder.token_version == self.token_version
        )
