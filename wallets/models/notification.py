from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ledger.ids import new_id
from wallets.core.notification_kinds import ALWAYS_IN_APP, Kind

KINDS = [kind.value for kind in Kind]


class EmailStatus(models.TextChoices):
    """NONE: no e-mail is wanted. FAILED was given up; SKIPPED: there was nobody to send it to, or it was too late."""

    NONE = "NONE"
    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class Notification(models.Model):
    """What one person is told of one cause: a row of his inbox, an e-mail, or both (ADR 0031).

    The text is made of `kind` and `facts` when it is read. Whose address an e-mail goes to is looked up when it is
    sent. A sender claims an e-mail by raising `email_attempts` and moving `email_next_attempt_at` to when it has to be
    done; whoever finds that moment in the past may claim it again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in KINDS])
    cause = models.CharField(max_length=200, help_text="What it is about, told once.")
    facts = models.JSONField(help_text="Ids, figures and words of the text; no names, no addresses.")
    in_app = models.BooleanField(default=True, help_text="Whether the inbox shows it.")
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True)
    email_status = models.CharField(max_length=16, choices=EmailStatus, default=EmailStatus.NONE)
    email_attempts = models.PositiveSmallIntegerField(default=0)
    email_next_attempt_at = models.DateTimeField(null=True)
    email_finished_at = models.DateTimeField(null=True)
    email_error = models.CharField(max_length=48, blank=True, help_text="Of the last attempt; never an address.")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="notification_once", fields=["user", "cause"]),
            models.CheckConstraint(name="notification_kind", condition=Q(kind__in=KINDS)),
            models.CheckConstraint(
                name="notification_goes_somewhere", condition=Q(in_app=True) | ~Q(email_status="NONE")
            ),
            models.CheckConstraint(name="notification_email_status", condition=Q(email_status__in=EmailStatus.values)),
            models.CheckConstraint(
                name="notification_email_times",
                condition=Q(email_status="NONE", email_next_attempt_at__isnull=True, email_finished_at__isnull=True)
                | Q(email_status="PENDING", email_next_attempt_at__isnull=False, email_finished_at__isnull=True)
                | Q(
                    email_status__in=("SENT", "FAILED", "SKIPPED"),
                    email_next_attempt_at__isnull=True,
                    email_finished_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(name="notification_inbox", fields=["user", "created_at", "id"], condition=Q(in_app=True)),
            models.Index(name="notification_unread", fields=["user"], condition=Q(in_app=True, read_at__isnull=True)),
            models.Index(
                name="notification_email_due", fields=["email_next_attempt_at"], condition=Q(email_status="PENDING")
            ),
            models.Index(name="notification_email_failed", fields=["created_at"], condition=Q(email_status="FAILED")),
            models.Index(name="notification_created", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def company_id(self) -> UUID:
        return self.user.company_id


class NotificationEmail(Notification):
    """The same rows, as those see them who look after the sending: that and what became of it, not what it says."""

    class Meta:
        proxy = True
        verbose_name = "e-mail"


class NotificationPreference(models.Model):
    """How one person wants to be told of one kind; without a row, as `default_ways` says."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in KINDS])
    in_app = models.BooleanField()
    email = models.BooleanField()
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="notification_preference_once", fields=["user", "kind"]),
            models.CheckConstraint(name="notification_preference_kind", condition=Q(kind__in=KINDS)),
            models.CheckConstraint(
                name="notification_preference_fixed",
                condition=Q(in_app=True) | ~Q(kind__in=sorted(kind.value for kind in ALWAYS_IN_APP)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"
