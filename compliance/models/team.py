from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from compliance.models.company import Company
from ledger.ids import new_id


class Team(models.Model):
    """People of one company whose managers see each other's wallets."""

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="teams", db_index=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="team_has_name", condition=~Q(name="")),
            models.UniqueConstraint("company", Lower("name"), name="team_name_once_per_company"),
            # What the foreign key of (user.team, user.company) points at: no team has members of two companies.
            models.UniqueConstraint(fields=["id", "company"], name="team_and_its_company"),
        ]

    def __str__(self) -> str:
        return self.name
