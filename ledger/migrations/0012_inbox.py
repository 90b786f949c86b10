"""Events of other services, and how far those that number them have come (ADR 0026)."""

from django.db import migrations, models

import ledger.ids

GUARDS = """
CREATE TRIGGER keep BEFORE DELETE ON ledger_inboxevent FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER keep BEFORE DELETE ON ledger_inboxsource FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_inboxevent EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_inboxsource EXECUTE FUNCTION ledger_refuse_change();

-- What came stays, and so does a final status. The payload, which may name people, goes with the final status.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_inboxevent FOR EACH ROW
    WHEN (OLD.status IN ('PROCESSED', 'IGNORED')
          OR (OLD.id, OLD.source, OLD.event_id, OLD.event_type, OLD.sequence, OLD.occurred_at, OLD.received_at,
              OLD.delivered_by, OLD.payload_hash)
             IS DISTINCT FROM
             (NEW.id, NEW.source, NEW.event_id, NEW.event_type, NEW.sequence, NEW.occurred_at, NEW.received_at,
              NEW.delivered_by, NEW.payload_hash)
          OR (OLD.company_id IS NOT NULL AND OLD.company_id IS DISTINCT FROM NEW.company_id)
          OR (NEW.payload IS NOT NULL AND OLD.payload IS DISTINCT FROM NEW.payload)
          OR (NEW.payload IS NULL AND OLD.payload IS NOT NULL AND NEW.status NOT IN ('PROCESSED', 'IGNORED')))
    EXECUTE FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0011_delivery"),
    ]

    operations = [
        migrations.CreateModel(
            name="InboxEvent",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=100)),
                ("event_id", models.CharField(max_length=100)),
                ("event_type", models.CharField(max_length=64)),
                ("sequence", models.BigIntegerField(null=True)),
                ("occurred_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField()),
                ("company_id", models.UUIDField(help_text="Whom it is about, once that is known.", null=True)),
                ("delivered_by", models.UUIDField(help_text="The service account; empty = the broker.", null=True)),
                ("payload", models.JSONField(null=True)),
                ("payload_hash", models.BinaryField(max_length=32)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "PENDING"),
                            ("PROCESSED", "PROCESSED"),
                            ("FAILED", "FAILED"),
                            ("IGNORED", "IGNORED"),
                        ],
                        default="PENDING",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("waiting_for", models.CharField(blank=True, max_length=150)),
                ("error_code", models.CharField(blank=True, max_length=64)),
                ("error_detail", models.CharField(blank=True, max_length=500)),
                ("transaction_id", models.UUIDField(null=True)),
                ("processed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PENDING")), fields=["next_attempt_at"], name="inbox_due"
                    ),
                    models.Index(
                        condition=models.Q(("status", "PENDING"), models.Q(("waiting_for", ""), _negated=True)),
                        fields=["waiting_for", "sequence"],
                        name="inbox_waiting",
                    ),
                    models.Index(condition=models.Q(("status", "FAILED")), fields=["received_at"], name="inbox_failed"),
                    models.Index(fields=["company_id", "id"], name="inbox_company"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "event_id"), name="inbox_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["PENDING", "PROCESSED", "FAILED", "IGNORED"])),
                        name="inbox_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "PENDING"), ("next_attempt_at__isnull", True), _connector="XOR"),
                        name="inbox_has_plan",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "PENDING"), ("processed_at__isnull", False), _connector="XOR"),
                        name="inbox_ended_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("payload__isnull", True), ("status__in", ["PROCESSED", "IGNORED"])),
                            models.Q(("payload__isnull", False), ("status", "PENDING")),
                            ("status", "FAILED"),
                            _connector="OR",
                        ),
                        name="inbox_payload_while_needed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "FAILED"), _negated=True),
                            models.Q(
                                models.Q(("error_code", ""), _negated=True),
                                models.Q(("error_detail", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="inbox_failed_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sequence__isnull", True), ("sequence__gte", 1), _connector="OR"),
                        name="inbox_sequence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InboxSource",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=150, unique=True)),
                ("next_sequence", models.BigIntegerField(default=1)),
                ("missed", models.BigIntegerField(default=0, help_text="How many numbers never came.")),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("missed__gte", 0), ("next_sequence__gte", 1)), name="inbox_source_counts"
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
