"""The log of the regular jobs: what ran when, what it did, what went wrong; and messages stay (ADR 0028)."""

from django.db import migrations, models

import ledger.ids

# Until now a message could be deleted once it was published. Nothing did it, and too much depends on them.
KEEP = """
DROP TRIGGER keep ON ledger_outboxmessage;
CREATE TRIGGER keep BEFORE DELETE ON ledger_outboxmessage FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
SELECT ledger_ensure_partitions(3); -- gives the months the same guard
"""
UNDO_KEEP = """
DROP TRIGGER keep ON ledger_outboxmessage;
CREATE TRIGGER keep BEFORE DELETE ON ledger_outboxmessage FOR EACH ROW
    WHEN (OLD.status <> 'PUBLISHED') EXECUTE FUNCTION ledger_refuse_change();
SELECT ledger_ensure_partitions(3);
"""
OUTCOMES = ["RUNNING", "OK", "FAILED", "SKIPPED", "INTERRUPTED"]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_inbox")]

    operations = [
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("job", models.CharField(max_length=64)),
                (
                    "delivery_id",
                    models.UUIDField(help_text="Of the task in the broker; the same when it comes again.", null=True),
                ),
                ("started_at", models.DateTimeField()),
                ("ends_by", models.DateTimeField(help_text="When its time limit is over and its worker is killed.")),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[(name, "Ok" if name == "OK" else name.capitalize()) for name in OUTCOMES],
                        default="RUNNING",
                        max_length=16,
                    ),
                ),
                ("done", models.JSONField(default=dict, help_text="What was done, as counts.")),
                (
                    "error",
                    models.CharField(blank=True, help_text="What went wrong, or why it was skipped.", max_length=1000),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["job", "started_at"], name="job_run_of_job"),
                    models.Index(condition=models.Q(("outcome", "RUNNING")), fields=["job"], name="job_run_open"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("outcome__in", ["RUNNING", "INTERRUPTED"])),
                            models.Q(("finished_at__isnull", False), ("outcome__in", ["OK", "FAILED", "SKIPPED"])),
                            _connector="OR",
                        ),
                        name="job_run_finished_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("error", ""), ("outcome", "FAILED"), _negated=True),
                        name="job_run_failure_says_why",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP, UNDO_KEEP),
    ]
