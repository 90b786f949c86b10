from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.core.access import SERVICE_SCOPES
from compliance.core.origin import SYSTEM_ROLE
from compliance.models.company import Company
from compliance.models.user import User
from ledger.ids import new_id


class ServiceAccountStatus(models.TextChoices):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class ServiceAccount(models.Model):
    """Another program that acts for a company, within its scopes. Its secret is shown once and kept as a hash."""

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="service_accounts")
    name = models.CharField(max_length=100)
    client_id = models.CharField(max_length=64, unique=True)
    secret_hash = models.CharField(max_length=128)
    scope_names = ArrayField(models.CharField(max_length=32), default=list)
    status = models.CharField(max_length=16, choices=ServiceAccountStatus, default=ServiceAccountStatus.ACTIVE)
    prepared_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text="Who was shown its secret in the back office; somebody else puts it to work.",
    )
    token_version = models.PositiveIntegerField(default=1)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="service_account_status", condition=Q(status__in=ServiceAccountStatus.values)),
            models.CheckConstraint(
                name="service_account_scopes", condition=Q(scope_names__contained_by=sorted(SERVICE_SCOPES))
            ),
            models.CheckConstraint(name="service_account_has_secret", condition=~Q(secret_hash="")),
        ]

    def __str__(self) -> str:
        return self.name

    # What the policies ask of any caller, person or service account.

    is_authenticated = True
    role = SYSTEM_ROLE
    team_id = None
    administers_access = False

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope_names)

    @property
    def is_active(self) -> bool:
        return self.status == ServiceAccountStatus.ACTIVE
