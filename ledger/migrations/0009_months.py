"""Months: of every table that is cut by month, whoever owns it, back to a wished day, and each with its own guards.

The catalogue says which tables are cut by month (by range of one uuid), so the floors above need not be named here.
"""

from django.db import migrations

GUARDS = """
-- What a month has to bear, with the commands that make it: a copy of each BEFORE trigger of its table that refuses a
-- change. The triggers that a month inherits vanish when it is detached, and TRUNCATE asks the month's own only
-- (docs/adr/0023-months-and-moving.md). An inherited row trigger bears the table's name for it, so the copy has another.
-- A copy remembers as its comment what it was made from: Postgres does not write conditions the way it read them.
CREATE FUNCTION ledger_guards_of_month(parent regclass, child regclass)
RETURNS TABLE (name name, definition text, origin text, kind smallint, function oid) LANGUAGE sql STABLE AS $$
    SELECT own.name::name,
           replace(replace(pg_get_triggerdef(oid), format('TRIGGER %I ', tgname), format('TRIGGER %I ', own.name)),
                   format(' ON %s ', ledger_full_name(parent)), format(' ON %s ', ledger_full_name(child))),
           md5(pg_get_triggerdef(oid)), tgtype, tgfoid
    FROM pg_trigger
    CROSS JOIN LATERAL (SELECT CASE WHEN tgtype & 1 = 1 THEN 'own_' || tgname ELSE tgname END) AS own(name)
    WHERE tgrelid = parent AND NOT tgisinternal AND tgtype & 2 = 2 AND tgtype & 4 = 0
$$;

CREATE FUNCTION ledger_own_guards(child regclass)
RETURNS TABLE (name name, origin text, kind smallint, function oid) LANGUAGE sql STABLE AS $$
    SELECT tgname, coalesce(obj_description(oid, 'pg_trigger'), ''), tgtype, tgfoid
    FROM pg_trigger
    WHERE tgrelid = child AND NOT tgisinternal AND tgparentid = 0 AND tgenabled IN ('O', 'A')
$$;

-- Makes the guards of a month what they should be. Touches nothing that is right already: that would take locks.
CREATE FUNCTION ledger_guard_month(parent regclass, child regclass) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    guard record;
BEGIN
    FOR guard IN
        SELECT coalesce(wanted.name, own.name) AS name, wanted.definition, wanted.origin
        FROM ledger_guards_of_month(parent, child) AS wanted
        FULL JOIN ledger_own_guards(child) AS own USING (name)
        WHERE (wanted.origin, wanted.kind, wanted.function) IS DISTINCT FROM (own.origin, own.kind, own.function)
    LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', guard.name, child);
        CONTINUE WHEN guard.definition IS NULL;
        EXECUTE guard.definition;
        EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', guard.name, child, guard.origin);
    END LOOP;
END $$;

-- What is missing in any month, also in a detached one, which is told by its name.
CREATE FUNCTION ledger_missing_guards() RETURNS TABLE (month name, missing_trigger name) LANGUAGE sql STABLE AS $$
    SELECT child.relname, wanted.name
    FROM ledger_monthly_tables() AS parent(oid)
    JOIN pg_class AS named ON named.oid = parent.oid
    JOIN pg_class AS child ON child.relkind = 'r' AND child.relnamespace = named.relnamespace
         AND (child.relname ~ ('^' || named.relname || '_[0-9]{4}_[0-9]{2}$')
              OR child.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = parent.oid))
    CROSS JOIN ledger_guards_of_month(parent.oid, child.oid) AS wanted
    LEFT JOIN ledger_own_guards(child.oid) AS own USING (name, origin, kind, function)
    WHERE own.name IS NULL
    ORDER BY 1, 2
$$;
"""

NAMES = """
CREATE FUNCTION ledger_full_name(relation regclass) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%I.%I', nspname, relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = relation
$$;

CREATE FUNCTION ledger_month_name(parent text, month date) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT parent || to_char(month, '_YYYY_MM')
$$;

-- The tables that are cut by month: by range of one column, a uuid.
CREATE FUNCTION ledger_monthly_tables() RETURNS SETOF regclass LANGUAGE sql STABLE AS $$
    SELECT c.oid::regclass
    FROM pg_partitioned_table AS cut
    JOIN pg_class AS c ON c.oid = cut.partrelid
    JOIN pg_attribute AS key ON key.attrelid = c.oid AND key.attnum = cut.partattrs[0]
    WHERE cut.partstrat = 'r' AND cut.partnatts = 1 AND key.atttypid = 'uuid'::regtype
          AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname
$$;
"""

ENSURE = """
DROP FUNCTION ledger_ensure_partitions(integer);

-- Makes the months from `since` (without it: the last one) to `ahead` from now, where they are missing, and gives
-- every month its guards. Runs with the owner's rights, so that the service's own role can call it without being
-- able to create anything else.
CREATE FUNCTION ledger_ensure_partitions(ahead integer, since date DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent regclass;
    child text;
    month date;
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    first_month date := least(date_trunc('month', since), this_month - interval '1 month');
BEGIN
    IF ahead > 120 OR first_month < '2000-01-01' THEN
        RAISE EXCEPTION 'ten years ahead and back to 2000 is far enough' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ledger_ensure_partitions'));
    FOR parent IN SELECT ledger_monthly_tables() LOOP
        FOR month IN SELECT generate_series(first_month, this_month + make_interval(months => ahead), '1 month') LOOP
            child := ledger_month_name(parent::text, month);
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', child, parent,
                               ledger_month_floor(month), ledger_month_floor((month + interval '1 month')::date));
                RETURN NEXT child;
            END IF;
        END LOOP;
        PERFORM ledger_guard_month(parent, inhrelid) FROM pg_inherits WHERE inhparent = parent ORDER BY inhrelid;
    END LOOP;
END $$;

SELECT ledger_ensure_partitions(3);
"""

FORMER_ENSURE = """
DROP FUNCTION ledger_ensure_partitions(integer, date);

CREATE FUNCTION ledger_ensure_partitions(ahead integer) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    parent text;
    child text;
    month date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_ensure_partitions'));
    FOREACH parent IN ARRAY ARRAY['ledger_event', 'ledger_posting', 'ledger_transaction', 'ledger_outboxmessage'] LOOP
        FOR step IN -1..ahead LOOP
            month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step))::date;
            child := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                           ledger_month_floor(month), ledger_month_floor((month + interval '1 month')::date));
            EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I EXECUTE FUNCTION ledger_refuse_change()',
                           child);
            RETURN NEXT child;
        END LOOP;
    END LOOP;
END $$;
"""

NO_GUARDS = """
DROP FUNCTION ledger_missing_guards();
DROP FUNCTION ledger_guard_month(regclass, regclass);
DROP FUNCTION ledger_own_guards(regclass);
DROP FUNCTION ledger_guards_of_month(regclass, regclass);
"""

NO_NAMES = """
DROP FUNCTION ledger_monthly_tables();
DROP FUNCTION ledger_month_name(text, date);
DROP FUNCTION ledger_full_name(regclass);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_read_models")]

    operations = [
        migrations.RunSQL(NAMES, NO_NAMES),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        # Backwards, the months keep their own guards: they refuse no more than those of their tables.
        migrations.RunSQL(ENSURE, FORMER_ENSURE),
    ]
