from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.user import User


class SecondFactor(models.Model):
    """The authenticator app of somebody who enters the back office (R121, ADR 0036). A row is there once the app has
    shown a right code.

    A code is good once: `last_step` is the time step of the last one, and no code of that or an earlier step counts.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="second_factor")
    encrypted_key = models.CharField(max_length=255, help_text="What the app shares with us, by Fernet.")
    last_step = models.PositiveBigIntegerField(help_text="Time step of the last code; only later ones are good.")
    failures = models.PositiveIntegerField(default=0, help_text="Wrong codes in a row, since the last right one.")
    enrolled_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="second_factor_is_encrypted", condition=Q(encrypted_key__startswith="gAAAA")
            ),  # how every Fernet token begins
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class RecoveryCode(models.Model):
    """A code on paper that stands in for the app once. Of the code itself there is a hash only."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    code_hash = models.CharField(max_length=128)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="recovery_code_is_hashed", condition=Q(code_hash__contains="$"))]

    def __str__(self) -> str:
        return str(self.id)
