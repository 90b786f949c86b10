from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from ledger.ids import new_id


class JobRun(models.Model):
    """One run of a regular job, for people to read (ADR 0028). Deleted after thirty days."""

    class Outcome(models.TextChoices):
        RUNNING = "RUNNING"
        OK = "OK"
        FAILED = "FAILED"
        SKIPPED = "SKIPPED"
        INTERRUPTED = "INTERRUPTED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.CharField(max_length=64)
    delivery_id = models.UUIDField(null=True, help_text="Of the task in the broker; the same when it comes again.")
    started_at = models.DateTimeField()
    ends_by = models.DateTimeField(help_text="When its time limit is over and its worker is killed.")
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.RUNNING)
    done = models.JSONField(default=dict, help_text="What was done, as counts.")
    error = models.CharField(max_length=1000, blank=True, help_text="What went wrong, or why it was skipped.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="job_run_finished_has_time",
                condition=Q(outcome__in=["RUNNING", "INTERRUPTED"], finished_at__isnull=True)
                | Q(outcome__in=["OK", "FAILED", "SKIPPED"], finished_at__isnull=False),
            ),
            models.CheckConstraint(name="job_run_failure_says_why", condition=~Q(outcome="FAILED", error="")),
        ]
        indexes = [
            models.Index(name="job_run_of_job", fields=["job", "started_at"]),
            models.Index(name="job_run_open", fields=["job"], condition=Q(outcome="RUNNING")),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def duration(self) -> timedelta | None:
        """None while it runs, and for ever when it was interrupted."""
        return None if self.finished_at is None else self.finished_at - self.started_at
