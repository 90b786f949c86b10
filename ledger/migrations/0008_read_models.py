"""Materialised sums for reports (ADR 0020). Plain SQL: packages for such views clash with our other plain SQL.

Both are made from events and postings alone; nothing in them comes from the rows that are kept up to date on the way.
"""

from django.db import migrations, models

BALANCES = """
CREATE MATERIALIZED VIEW user_balance_summary AS
WITH accounts AS (
    SELECT (opened.account ->> 'id')::uuid AS id,
           opened.account ->> 'owner_type' AS owner_type,
           (opened.account ->> 'owner_id')::uuid AS owner_id,
           opened.account ->> 'asset' AS asset_id,
           opened.account ->> 'bucket' AS bucket
    FROM ledger_event AS e CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'accounts') AS opened(account)
    WHERE e.type = 'AccountsOpened' AND opened.account ->> 'book' = 'money' AND opened.account ->> 'bucket' <> 'SYSTEM'
), posted AS (
    SELECT account_id, sum(amount) AS balance, count(*) AS postings, max(recorded_at) AS changed_at
    FROM ledger_posting GROUP BY account_id
)
SELECT a.owner_type, a.owner_id, a.asset_id,
       coalesce(sum(p.balance) FILTER (WHERE a.bucket = 'AVAILABLE'), 0) AS available,
       coalesce(sum(p.balance) FILTER (WHERE a.bucket = 'PENDING'), 0) AS pending,
       coalesce(sum(p.balance) FILTER (WHERE a.bucket = 'RESERVED'), 0) AS reserved,
       coalesce(sum(p.balance) FILTER (WHERE a.bucket = 'STAKED'), 0) AS staked,
       coalesce(sum(p.postings), 0)::bigint AS postings,
       max(p.changed_at) AS changed_at
FROM accounts AS a LEFT JOIN posted AS p ON p.account_id = a.id
GROUP BY a.owner_type, a.owner_id, a.asset_id;

CREATE UNIQUE INDEX user_balance_summary_once ON user_balance_summary (owner_id, owner_type, asset_id);
"""

TRANSACTIONS = """
CREATE MATERIALIZED VIEW transaction_summary AS
WITH later AS (
    -- What the steps after the first say of a document; most documents have none.
    SELECT stream_id,
           (array_agg(data ->> 'state' ORDER BY seq DESC) FILTER (WHERE data ? 'state'))[1] AS state,
           max(data ->> 'destination_wallet_id') AS destination_wallet_id,
           max((data ->> 'captured_amount')::numeric) FILTER (WHERE data ->> 'status' <> 'ACTIVE') AS captured
    FROM ledger_event WHERE stream = 'transaction' AND seq > 1
    GROUP BY stream_id
), documents AS (
    SELECT (e.effective_at AT TIME ZONE 'UTC')::date AS day,
           e.data ->> 'type' AS type,
           e.data ->> 'asset' AS asset_id,
           coalesce(later.state, e.data ->> 'state',
                    CASE e.type WHEN 'TransactionFailed' THEN 'FAILED' ELSE 'COMPLETED' END) AS state,
           (e.data ->> 'source_wallet_id')::uuid AS source,
           coalesce(e.data ->> 'destination_wallet_id', later.destination_wallet_id)::uuid AS destination,
           coalesce(nullif(later.captured, 0), (e.data ->> 'amount')::numeric) AS amount,
           (e.data ->> 'fee_amount')::numeric AS fee_amount
    FROM ledger_event AS e LEFT JOIN later ON later.stream_id = e.stream_id
    WHERE e.stream = 'transaction' AND e.seq = 1
), sides AS (
    -- Fees are the payer's, so that adding up both sides does not count them twice.
    SELECT d.*, side.wallet_id, side.direction,
           CASE WHEN side.direction = 'OUT' OR d.source IS NULL THEN d.fee_amount ELSE 0 END AS fee
    FROM documents AS d
    CROSS JOIN LATERAL (VALUES ('OUT', d.source), ('IN', d.destination)) AS side(direction, wallet_id)
    -- A payment that was refused is the payer's business.
    WHERE side.wallet_id IS NOT NULL
          AND NOT (side.direction = 'IN' AND d.state = 'FAILED' AND d.source IS NOT NULL)
)
SELECT wallet_id, day, type, direction,
       CASE WHEN state IN ('COMPLETED', 'FAILED', 'REVERSED', 'CANCELLED') THEN state ELSE 'PENDING' END AS status,
       asset_id, count(*) AS documents, sum(amount) AS amount, sum(fee) AS fee_amount
FROM sides
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE UNIQUE INDEX transaction_summary_once
    ON transaction_summary (wallet_id, day, type, direction, status, asset_id);
"""

REFRESH = """
INSERT INTO ledger_readmodel (name, as_of, refreshed_at)
VALUES ('user_balance_summary', now(), now()), ('transaction_summary', now(), now());

-- Runs with the owner's rights, because only the owner may refresh. Answers false, at once, when the same view is being
-- refreshed elsewhere. `now()` is before the snapshot that is read, whatever the isolation of the transaction.
CREATE FUNCTION ledger_refresh_read_model(which text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('ledger_refresh_read_model'), hashtext(which)) THEN
        RETURN false;
    END IF;
    CASE which
        WHEN 'user_balance_summary' THEN REFRESH MATERIALIZED VIEW CONCURRENTLY user_balance_summary;
        WHEN 'transaction_summary' THEN REFRESH MATERIALIZED VIEW CONCURRENTLY transaction_summary;
    END CASE;
    UPDATE ledger_readmodel SET as_of = now(), refreshed_at = clock_timestamp() WHERE name = which;
    RETURN true;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_closings")]

    operations = [
        migrations.RunSQL(BALANCES, "DROP MATERIALIZED VIEW user_balance_summary"),
        migrations.RunSQL(TRANSACTIONS, "DROP MATERIALIZED VIEW transaction_summary"),
        migrations.CreateModel(
            name="ReadModel",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField(help_text="Everything that was committed by then is in it.")),
                ("refreshed_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(REFRESH, "DROP FUNCTION ledger_refresh_read_model(text)"),
        migrations.CreateModel(
            name="BalanceSummary",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id",
                        "owner_type",
                        "asset_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("owner_type", models.CharField(max_length=32)),
                ("owner_id", models.UUIDField()),
                ("asset_id", models.CharField(max_length=16)),
                ("available", models.DecimalField(decimal_places=18, max_digits=38)),
                ("pending", models.DecimalField(decimal_places=18, max_digits=38)),
                ("reserved", models.DecimalField(decimal_places=18, max_digits=38)),
                ("staked", models.DecimalField(decimal_places=18, max_digits=38)),
                ("postings", models.BigIntegerField()),
                ("changed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "user_balance_summary", "managed": False},
        ),
        migrations.CreateModel(
            name="TransactionSummary",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "wallet_id",
                        "day",
                        "type",
                        "direction",
                        "status",
                        "asset_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("wallet_id", models.UUIDField()),
                ("day", models.DateField()),
                ("type", models.CharField(max_length=16)),
                ("direction", models.CharField(max_length=3)),
                ("status", models.CharField(max_length=24)),
                ("asset_id", models.CharField(max_length=16)),
                ("documents", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=18, max_digits=38)),
                ("fee_amount", models.DecimalField(decimal_places=18, max_digits=38)),
            ],
            options={"db_table": "transaction_summary", "managed": False},
        ),
    ]
