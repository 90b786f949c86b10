"""What the models cannot say: history never changes, and no two budgets of one kind overlap."""

from __future__ import annotations

from django.db import migrations

APPEND_ONLY = ("budgets_budgetrevision", "budgets_thresholdalert")

REFUSE = """
CREATE FUNCTION budgets_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$
"""

GUARDS = "".join(
    f"""
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION budgets_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION budgets_refuse_change();
"""
    for table in APPEND_ONLY
)

NO_GUARDS = "".join(
    f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in APPEND_ONLY
)

# GiST compares ranges without an extension, so what has to be equal is given as a range of one hash. Two keys with one
# hash among 2^64 would be taken for the same: a budget too few, never one too many.
KEY = "hashtextextended(budgets_overlap_key(company_id, team_id, wallet_id, period_type, currency, categories), 0)"
NO_OVERLAP = f"""
CREATE FUNCTION budgets_overlap_key(company uuid, team uuid, wallet uuid, period_type text, currency text,
                                    categories text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT concat_ws('/', company::text, coalesce(team, wallet)::text, period_type, currency,
                     (SELECT string_agg(DISTINCT length(c)::text || ':' || c, ',' ORDER BY length(c)::text || ':' || c)
                      FROM unnest(categories) AS c))
$$;
ALTER TABLE budgets_budget ADD CONSTRAINT budget_no_overlap EXCLUDE USING gist (
    numrange({KEY}::numeric, {KEY}::numeric, '[]') WITH &&, daterange(start_date, end_date, '[)') WITH &&
) WHERE (status = 'ACTIVE');
"""  # noqa: S608 (constants of this file)


class Migration(migrations.Migration):
    dependencies = [("budgets", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION budgets_refuse_change()"),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(
            NO_OVERLAP,
            "ALTER TABLE budgets_budget DROP CONSTRAINT budget_no_overlap;"
            "DROP FUNCTION budgets_overlap_key(uuid, uuid, uuid, text, text, text[])",
        ),
    ]
