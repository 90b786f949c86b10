"""Closed periods: when a company closed its books, and up to when (ADR 0021)."""

from django.db import migrations, models

import ledger.ids

GUARDS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_closing
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_closing EXECUTE FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_snapshots")]

    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField()),
                ("closed_until", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
                ("actor_type", models.CharField(max_length=16)),
                ("actor_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["company_id", "created_at"], name="closing_created")],
                "constraints": [
                    models.UniqueConstraint(fields=("company_id", "closed_until"), name="closing_once"),
                    models.CheckConstraint(
                        condition=models.Q(("closed_until__lte", models.F("created_at"))), name="closing_of_the_past"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="closing_has_reason"
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
