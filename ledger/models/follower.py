from __future__ import annotations

from django.db import models


class Follower(models.Model):
    """How far somebody inside the service has read the outbox: all messages up to `position`."""

    name = models.CharField(max_length=50, primary_key=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
