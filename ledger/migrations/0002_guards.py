"""What the database itself refuses, whatever the code above it does; and the months of the large tables.

Plain SQL, because the guards are few, belong together and are easiest to trust when they can be read in one place.
"""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_event
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_posting
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER keep BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER keep BEFORE DELETE ON ledger_command FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER keep BEFORE DELETE ON ledger_transaction FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER keep BEFORE DELETE ON ledger_outboxmessage FOR EACH ROW
    WHEN (OLD.status <> 'PUBLISHED') EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_account EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_command EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_event EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_posting EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_transaction EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_outboxmessage EXECUTE FUNCTION ledger_refuse_change();
"""

FIXED_COLUMNS = """
-- What an account is never changes; what it holds does.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_account FOR EACH ROW
    WHEN ((OLD.id, OLD.owner_type, OLD.owner_id, OLD.book, OLD.asset_id, OLD.bucket, OLD.opened_at)
          IS DISTINCT FROM
          (NEW.id, NEW.owner_type, NEW.owner_id, NEW.book, NEW.asset_id, NEW.bucket, NEW.opened_at))
    EXECUTE FUNCTION ledger_refuse_change();

-- A command gets its outcome once.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_command FOR EACH ROW
    WHEN (OLD.outcome IS NOT NULL
          OR (OLD.id, OLD.scope, OLD.key, OLD.request_hash, OLD.type, OLD.actor_id, OLD.received_at)
             IS DISTINCT FROM
             (NEW.id, NEW.scope, NEW.key, NEW.request_hash, NEW.type, NEW.actor_id, NEW.received_at))
    EXECUTE FUNCTION ledger_refuse_change();

-- A document moves through its states; who, what and how much stay.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_transaction FOR EACH ROW
    WHEN ((OLD.id, OLD.company_id, OLD.type, OLD.source_wallet_id, OLD.destination_wallet_id, OLD.asset_id,
           OLD.amount, OLD.fee_amount, OLD.total_amount, OLD.command_id, OLD.initiated_by, OLD.created_at)
          IS DISTINCT FROM
          (NEW.id, NEW.company_id, NEW.type, NEW.source_wallet_id, NEW.destination_wallet_id, NEW.asset_id,
           NEW.amount, NEW.fee_amount, NEW.total_amount, NEW.command_id, NEW.initiated_by, NEW.created_at))
    EXECUTE FUNCTION ledger_refuse_change();

-- A message keeps its content; only its delivery changes.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_outboxmessage FOR EACH ROW
    WHEN ((OLD.id, OLD.event_id, OLD.aggregate_type, OLD.aggregate_id, OLD.sequence, OLD.type, OLD.version, OLD.data)
          IS DISTINCT FROM
          (NEW.id, NEW.event_id, NEW.aggregate_type, NEW.aggregate_id, NEW.sequence, NEW.type, NEW.version, NEW.data))
    EXECUTE FUNCTION ledger_refuse_change();
"""

ZERO_SUM = """
-- The postings of an event arrive in one statement, so looking at what a statement inserted sees every event whole
-- (docs/adr/0006-zero-sum.md has what this and the alternatives cost).
CREATE FUNCTION ledger_require_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT p.event_id, a.book, a.asset_id, sum(p.amount) AS total INTO broken
    FROM inserted AS p JOIN ledger_account AS a ON a.id = p.account_id
    GROUP BY p.event_id, a.book, a.asset_id
    HAVING sum(p.amount) <> 0
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'postings of event % in % (%) add up to %, not to zero',
            broken.event_id, broken.asset_id, broken.book, broken.total USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER zero_sum AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_require_zero_sum();
"""

PARTITIONS = """
CREATE FUNCTION ledger_month_floor(month date) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex(extract(epoch FROM month::timestamp AT TIME ZONE 'UTC')::bigint * 1000), 12, '0')
            || repeat('0', 20))::uuid
$$;

-- Makes the months from the last to `ahead` from now, where they are missing. Runs with the owner's rights, so that
-- the service's own role can call it without being able to create anything else.
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
            -- TRUNCATE of a child asks the child's triggers only (ADR 0008).
            EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I EXECUTE FUNCTION ledger_refuse_change()',
                           child);
            RETURN NEXT child;
        END LOOP;
    END LOOP;
END $$;

SELECT ledger_ensure_partitions(3);
"""

POSTING_IDS = """
-- An event's id ends in four zero hex digits; its postings' ids count on from there (ledger.core.events.posting_id).
CREATE FUNCTION ledger_last_posting_id(event_id uuid) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (left(event_id::text, 32) || 'ffff')::uuid
$$;
"""

STORAGE = """
-- A claim is completed in the same transaction: room on the page keeps that update off the indexes.
ALTER TABLE ledger_command SET (fillfactor = 50);
ALTER TABLE ledger_account SET (fillfactor = 70);
"""

UNDO = """
DROP FUNCTION ledger_ensure_partitions(integer);
DROP FUNCTION ledger_month_floor(date);
DROP FUNCTION ledger_require_zero_sum() CASCADE;
DROP FUNCTION ledger_refuse_change() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, UNDO),
        migrations.RunSQL(FIXED_COLUMNS, migrations.RunSQL.noop),
        migrations.RunSQL(ZERO_SUM, migrations.RunSQL.noop),
        migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop),
        migrations.RunSQL(POSTING_IDS, "DROP FUNCTION ledger_last_posting_id(uuid)"),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
