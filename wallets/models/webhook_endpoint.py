from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models import Company
from ledger.ids import new_id


class Disabling(models.TextChoices):
    """Why nothing is sent to an endpoint: people wished it, the receiver said 410, or it failed for days."""

    REQUESTED = "REQUESTED"
    GONE = "GONE"
    FAILING = "FAILING"


class WebhookEndpoint(models.Model):
    """Where a company wants to be told of what happens. Messages from before `enabled_at` are not sent to it."""

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="webhook_endpoints", db_index=False)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=500, blank=True)
    event_types = ArrayField(models.CharField(max_length=64), default=list, help_text="Empty = all.")
    is_enabled = models.BooleanField(default=True)
    enabled_at = models.DateTimeField(db_default=Now())
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=16, choices=Disabling, blank=True)
    failing_since = models.DateTimeField(null=True, help_text="The first failure after the last success.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="webhook_endpoint_has_url", condition=~Q(url="")),
            models.CheckConstraint(name="webhook_endpoint_version", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="webhook_endpoint_says_why_disabled",
                condition=Q(is_enabled=True, disabled_at__isnull=True, disabled_because="")
                | Q(is_enabled=False, disabled_at__isnull=False, disabled_because__in=Disabling.values),
            ),
        ]
        indexes = [models.Index(name="webhook_endpoint_company", fields=["company", "created_at", "id"])]

    def __str__(self) -> str:
        return f"webhook endpoint {self.id}"


class WebhookSecret(models.Model):
    """A key that signs for an endpoint, encrypted. While keys are exchanged several are live, and all of them sign."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="secrets")
    encrypted = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="webhook_secret_not_empty", condition=~Q(encrypted="")),
            models.UniqueConstraint(
                name="webhook_secret_one_current", fields=["endpoint"], condition=Q(expires_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"key {self.id}"
