"""Each audit and access record knows the database transaction that wrote it: seals go by it (ADR 0030)."""

from __future__ import annotations

from django.db import migrations, models

from compliance.models.writing_transaction import WritingTransaction

# Records from before get numbers that are smaller than any that is to come, two thousand of them the same one, so that
# the first run seals them in pieces. A default that differs from row to row is worked out without touching the guards.
COLUMNS = """
CREATE SEQUENCE compliance_former_records;
ALTER TABLE compliance_auditrecord
    ADD COLUMN xid bigint NOT NULL DEFAULT nextval('compliance_former_records') / 2000 + 1;
ALTER TABLE compliance_dataaccesslog
    ADD COLUMN xid bigint NOT NULL DEFAULT nextval('compliance_former_records') / 2000 + 1;
ALTER TABLE compliance_auditrecord ALTER COLUMN xid SET DEFAULT (pg_current_xact_id()::text::bigint);
ALTER TABLE compliance_dataaccesslog ALTER COLUMN xid SET DEFAULT (pg_current_xact_id()::text::bigint);
DROP SEQUENCE compliance_former_records;
"""
NO_COLUMNS = """
ALTER TABLE compliance_auditrecord DROP COLUMN xid;
ALTER TABLE compliance_dataaccesslog DROP COLUMN xid;
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0004_months")]

    operations = [
        migrations.RunSQL(
            COLUMNS,
            NO_COLUMNS,
            state_operations=[
                migrations.AddField(
                    model_name=model,
                    name="xid",
                    field=models.BigIntegerField(
                        db_default=WritingTransaction(),
                        editable=False,
                        help_text="Database transaction that wrote it; orders commits safely.",
                    ),
                )
                for model in ("auditrecord", "dataaccesslog")
            ],
        ),
        migrations.AddIndex(model_name="auditrecord", index=models.Index(fields=["xid"], name="audit_record_xid")),
        migrations.AddIndex(model_name="dataaccesslog", index=models.Index(fields=["xid"], name="data_access_log_xid")),
    ]
