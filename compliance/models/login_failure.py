from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class LoginFailure(models.Model):
    """One refused log-in, kept while it counts. In Postgres, so that the limits hold without Redis (SECURITY.md)."""

    id = models.BigAutoField(primary_key=True)
    account_key = models.CharField(max_length=64, help_text="Keyed hash of what was typed as e-mail or client id.")
    network = models.CharField(max_length=64, help_text="Address, or /64 for IPv6.")
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="login_failure_account_is_hashed", condition=Q(account_key__regex=r"^[0-9a-f]{64}$")
            ),
        ]
        indexes = [
            models.Index(name="login_failure_account", fields=["account_key", "at"]),
            models.Index(name="login_failure_network", fields=["network", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.at:%F %T}"
