"""The order in which messages are told, what became of those that were refused, and how the relay is woken."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import ledger.ids

GUARDS = """
INSERT INTO ledger_relay (name, last_position, published, unrouted, refused, breaker, error)
VALUES ('outbox', 0, 0, 0, 0, 'CLOSED', '');
CREATE TRIGGER keep BEFORE DELETE ON ledger_relay FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_relay EXECUTE FUNCTION ledger_refuse_change();

-- Readers remember a position, so it is given once.
CREATE TRIGGER fixed_position BEFORE UPDATE ON ledger_outboxmessage FOR EACH ROW
    WHEN (OLD.position IS NOT NULL AND OLD.position IS DISTINCT FROM NEW.position)
    EXECUTE FUNCTION ledger_refuse_change();
SELECT ledger_ensure_partitions(3);  -- gives the months their own

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_deliverynote
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_deliverynote EXECUTE FUNCTION ledger_refuse_change();
"""

# A transaction that notifies holds a lock of the whole cluster while it commits, so only those notify that find the
# relay asleep; under load nobody does (docs/adr/0025-relay.md has the figures). The lock that a writer takes if it
# can is held until it commits: the relay lies down only when no writer is on the way that has not seen it do so.
WAKING = """
CREATE FUNCTION ledger_wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ledger_outbox', '');
    RETURN NULL;
END $$;

CREATE TRIGGER wake_relay AFTER INSERT ON ledger_outboxmessage FOR EACH STATEMENT
    WHEN (NOT pg_try_advisory_xact_lock_shared(hashtext('ledger_relay_asleep')))
    EXECUTE FUNCTION ledger_wake_relay();
"""

UNDO = """
DROP FUNCTION ledger_wake_relay() CASCADE;
DROP TRIGGER fixed_position ON ledger_outboxmessage;
SELECT ledger_ensure_partitions(3);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_followers")]

    operations = [
        migrations.CreateModel(
            name="Relay",
            fields=[
                ("name", models.CharField(default="outbox", max_length=16, primary_key=True, serialize=False)),
                ("last_position", models.BigIntegerField(default=0)),
                ("published", models.BigIntegerField(default=0)),
                ("unrouted", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                (
                    "breaker",
                    models.CharField(
                        choices=[("CLOSED", "Closed"), ("OPEN", "Open"), ("HALF_OPEN", "Half Open")],
                        default="CLOSED",
                        max_length=16,
                    ),
                ),
                ("error", models.TextField(blank=True)),
                ("beat_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(name="relay_is_one", condition=Q(name="outbox")),
                    models.CheckConstraint(
                        name="relay_breaker", condition=Q(breaker__in=["CLOSED", "OPEN", "HALF_OPEN"])
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="DeliveryNote",
            fields=[
                (
                    "id",
                    models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.outboxmessage",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("REFUSED", "Refused"), ("RESENT", "Resent"), ("SKIPPED", "Skipped")], max_length=16
                    ),
                ),
                ("text", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="delivery_note_kind", condition=Q(kind__in=["REFUSED", "RESENT", "SKIPPED"])
                    ),
                ]
            },
        ),
        migrations.AlterField(
            model_name="outboxmessage",
            name="status",
            field=models.CharField(
                choices=[
                    ("PENDING", "Pending"),
                    ("PUBLISHED", "Published"),
                    ("UNROUTED", "Unrouted"),
                    ("FAILED", "Failed"),
                    ("SKIPPED", "Skipped"),
                ],
                default="PENDING",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="position",
            field=models.BigIntegerField(null=True, help_text="Its place in the stream, given once, after the commit."),
        ),
        migrations.RemoveIndex(model_name="outboxmessage", name="outbox_pending"),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(name="outbox_unnumbered", fields=["created_at", "sequence"], condition=Q(position=None)),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(name="outbox_stream", fields=["position"], condition=Q(position__isnull=False)),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                name="outbox_waiting", fields=["position"], condition=Q(status="PENDING", position__isnull=False)
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                name="outbox_stuck",
                fields=["aggregate_id", "sequence"],
                condition=Q(attempts__gt=0, status__in=["FAILED", "PENDING"]),
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(name="outbox_unrouted", fields=["position"], condition=Q(status="UNROUTED")),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(WAKING, UNDO),
    ]
