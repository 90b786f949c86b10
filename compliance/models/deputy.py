from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.company import Company
from compliance.models.user import User
from ledger.ids import new_id


class Deputy(models.Model):
    """Somebody stands in for somebody else for a while (ADR 0037). Both are people of `company`: the database holds
    that with a foreign key on (person, company), as it does for teams.

    The time is half-open: from `starts_at` on, until before `ends_at`, and no longer than until `ended_at` when it was
    ended early.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="stands_in_for")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When somebody ended it before its time.")
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "deputies"
        constraints = [
            models.CheckConstraint(name="deputy_is_somebody_else", condition=~Q(principal=F("deputy"))),
            models.CheckConstraint(name="deputy_ends_later", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="deputy_ended_early", condition=Q(ended_at__isnull=True) | Q(ended_at__lt=F("ends_at"))
            ),
            models.CheckConstraint(name="deputy_has_reason", condition=~Q(reason="")),
        ]
        indexes = [models.Index(name="deputy_company_start", fields=["company", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.deputy} for {self.principal}"
