from decimal import Decimal
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

LARGEST_SUM = Decimal(10) ** 30

GUARDS = """
-- A snapshot is marked, and taken once; its instant and what it rests on stay.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_snapshot FOR EACH ROW
    WHEN (OLD.taken_at IS NOT NULL
          OR (OLD.at, OLD.from_xid, OLD.until_xid) IS DISTINCT FROM (NEW.at, NEW.from_xid, NEW.until_xid))
    EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER keep BEFORE DELETE ON ledger_snapshot FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_snapshot EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_snapshotbalance
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_snapshotbalance EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_backdatedday
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_backdatedday EXECUTE FUNCTION ledger_refuse_change();
"""


def of_account() -> Any:
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.account"
    )


def number(name: str, field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name, condition=models.Q((f"{field}__gt", -LARGEST_SUM), (f"{field}__lt", LARGEST_SUM))
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_seals")]

    operations = [
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("at", models.DateTimeField(editable=False, primary_key=True, serialize=False)),
                (
                    "from_xid",
                    models.BigIntegerField(
                        help_text="What is recorded after `at` has this database transaction or more."
                    ),
                ),
                (
                    "until_xid",
                    models.BigIntegerField(help_text="What is recorded by `at` has a smaller database transaction."),
                ),
                ("taken_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="snapshot_xids",
                        condition=models.Q(("from_xid__gte", 0), ("until_xid__gte", models.F("from_xid"))),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SnapshotBalance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account", of_account()),
                ("at", models.DateTimeField()),
                ("balance", models.DecimalField(decimal_places=18, max_digits=48)),
                ("postings", models.BigIntegerField(help_text="How many they are.")),
            ],
            options={
                "constraints": [
                    number("snapshotbalance_number", "balance"),
                    models.CheckConstraint(name="snapshotbalance_postings", condition=models.Q(("postings__gte", 1))),
                ],
            },
        ),
        migrations.CreateModel(
            name="BackDatedDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "day", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account", of_account()),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
                ("amount", models.DecimalField(decimal_places=18, max_digits=48)),
                ("postings", models.BigIntegerField(help_text="How many they are.")),
            ],
            options={
                "constraints": [
                    number("backdatedday_number", "amount"),
                    models.CheckConstraint(name="backdatedday_postings", condition=models.Q(("postings__gte", 1))),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(name="posting_account_recorded", fields=["account", "recorded_at", "account_seq"]),
        ),
        migrations.RemoveIndex(model_name="posting", name="posting_account_effective"),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                name="posting_back_dated",
                fields=["account", "effective_at"],
                include=("recorded_at", "amount"),
                condition=models.Q(("effective_at__lt", models.F("recorded_at"))),
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                name="posting_back_dated_known",
                fields=["account", "recorded_at"],
                include=("effective_at", "amount"),
                condition=models.Q(("effective_at__lt", models.F("recorded_at"))),
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                name="posting_not_ahead", condition=models.Q(("effective_at__lte", models.F("recorded_at")))
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                name="event_not_ahead", condition=models.Q(("effective_at__lte", models.F("recorded_at")))
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(name="outbox_aggregate_recorded", fields=["aggregate_id", "created_at", "sequence"]),
        ),
        migrations.RemoveIndex(model_name="outboxmessage", name="outbox_aggregate"),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
