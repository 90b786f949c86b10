from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ledger.ids import new_id
from wallets.models.webhook_endpoint import WebhookEndpoint


class DeliveryStatus(models.TextChoices):
    """PENDING is tried again. FAILED is what was given up, SKIPPED what a person gave up."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class WebhookDelivery(models.Model):
    """One message for one endpoint.

    A sender claims a delivery by raising `attempts` and moving `next_attempt_at` to when it has to be done; whoever
    finds that moment in the past may claim it again. What an attempt came to counts only while `attempts` is still
    its number.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    message_id = models.UUIDField(help_text="The event's id, and the webhook-id of every attempt.")
    event_type = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    body = models.TextField(help_text="What is sent and signed, to the byte.")
    status = models.CharField(max_length=16, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    attempts_before = models.PositiveIntegerField(default=0, help_text="Those from before it was last resent.")
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(name="webhook_delivery_once", fields=["endpoint", "message_id"]),
            models.CheckConstraint(name="webhook_delivery_status", condition=Q(status__in=DeliveryStatus.values)),
            models.CheckConstraint(
                name="webhook_delivery_times",
                condition=Q(status="PENDING", next_attempt_at__isnull=False, finished_at__isnull=True)
                | (~Q(status="PENDING") & Q(next_attempt_at__isnull=True, finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="webhook_delivery_attempts", condition=Q(attempts_before__lte=models.F("attempts"))
            ),
        ]
        indexes = [
            models.Index(
                name="webhook_delivery_due", fields=["endpoint", "next_attempt_at"], condition=Q(status="PENDING")
            ),
            models.Index(
                name="webhook_delivery_unfinished", fields=["status"], condition=Q(status__in=("PENDING", "FAILED"))
            ),
            models.Index(name="webhook_delivery_listed", fields=["endpoint", "created_at", "id"]),
            models.Index(name="webhook_delivery_created", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"

    @property
    def company_id(self) -> UUID:
        return self.endpoint.company_id


class WebhookAttempt(models.Model):
    """What came of sending a delivery once. A number that is missing is an attempt whose sender was ended in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="made", db_index=False)
    number = models.PositiveIntegerField()
    url = models.CharField(max_length=2000)
    sent_at = models.DateTimeField(help_text="Also the webhook-timestamp.")
    duration_ms = models.PositiveIntegerField()
    answer_status = models.PositiveSmallIntegerField(null=True)
    answer_excerpt = models.TextField(blank=True)
    error = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="webhook_attempt_number", fields=["delivery", "number"]),
            models.CheckConstraint(
                name="webhook_attempt_outcome", condition=Q(answer_status__isnull=True) ^ Q(error="")
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
