"""Audit and access records lie in months, like everything that grows without end (R198, R94)."""

from __future__ import annotations

from django.db import migrations

from compliance.migrations._cut import CutByMonth

TABLES = ("compliance_auditrecord", "compliance_dataaccesslog")

# As in 0002.
GUARDS = "".join(
    f"""
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_refuse_change();
"""
    for table in TABLES
)

NO_GUARDS = "".join(
    f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_scopes"), ("ledger", "0009_months")]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, GUARDS),
        CutByMonth("AuditRecord"),
        CutByMonth("DataAccessLog"),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL("SELECT ledger_ensure_partitions(3)", migrations.RunSQL.noop),
    ]
