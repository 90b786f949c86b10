"""What the models cannot say: audit and access records never change, and a team belongs to its members' company."""

from __future__ import annotations

from django.db import migrations

APPEND_ONLY = ("compliance_auditrecord", "compliance_dataaccesslog")

REFUSE = """
CREATE FUNCTION compliance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$
"""

GUARDS = "".join(
    f"""
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_refuse_change();
"""
    for table in APPEND_ONLY
)

NO_GUARDS = "".join(
    f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in APPEND_ONLY
)

SAME_COMPANY = """
ALTER TABLE compliance_user ADD CONSTRAINT user_team_of_own_company
    FOREIGN KEY (team_id, company_id) REFERENCES compliance_team (id, company_id)
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION compliance_refuse_change()"),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(SAME_COMPANY, "ALTER TABLE compliance_user DROP CONSTRAINT user_team_of_own_company"),
    ]
