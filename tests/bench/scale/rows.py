"""The rows of a run of transfers, in the form in which the service writes them (a test compares them with its own).

`made` has a row per event: who pays whom how much, and the ids and times of all that belongs to it. `line` has a row
per posting, with the place that it takes in its account's history.
"""

from __future__ import annotations

# The first events are deposits, one for each wallet; of the others, one in `hot_every` has the hot wallet on a side.
_MADE = """
    CREATE TEMPORARY TABLE made AS
    SELECT numbered.number, numbered.at, numbered.stem, numbered.company_id, numbered.amount,
           payer.id AS payer, payee.id AS payee,
           coalesce(payer.account_id, numbered.funding) AS payer_account, payee.account_id AS payee_account,
           (stem || '0000')::uuid AS event_id, (stem || '0001')::uuid AS document_id,
           (stem || '0002')::uuid AS command_id, (stem || '0003')::uuid AS caller_id
    FROM (
        SELECT placed.*, chosen.payer_place,
               -- Nobody pays himself.
               CASE WHEN chosen.payer_place = chosen.payee_place THEN 1 + chosen.payer_place %% (wallets - 1)
                    ELSE chosen.payee_place END AS payee_place,
               lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000'
               || lpad(to_hex(number), 8, '0') AS stem
        FROM (
            SELECT bench_scene.*, number, number - wallets AS turn, number < wallets AS is_deposit,
                   %(start)s + (%(end)s::timestamptz - %(start)s) * (number::float8 / events) AS at,
                   CASE WHEN number < wallets THEN 1000000 ELSE 1 + (number %% 100) * 0.01 END AS amount
            FROM bench_scene CROSS JOIN generate_series(%(first)s::bigint, %(last)s) AS number
        ) AS placed
        CROSS JOIN LATERAL (
            SELECT 1 + turn %% (wallets - 1) AS one, 1 + (turn * 7 + 3) %% (wallets - 1) AS other
        ) AS pair
        CROSS JOIN LATERAL (
            SELECT CASE WHEN is_deposit THEN NULL WHEN turn %% (2 * hot_every) = 0 THEN 0 ELSE one END AS payer_place,
                   CASE WHEN is_deposit THEN number WHEN turn %% (2 * hot_every) = hot_every THEN 0 ELSE other
                   END AS payee_place
        ) AS chosen
    ) AS numbered
    LEFT JOIN bench_wallet AS payer ON payer.place = payer_place
    JOIN bench_wallet AS payee ON payee.place = payee_place
"""
_LINES = """
    CREATE TEMPORARY TABLE line AS
    SELECT side.*, made.number, made.at, made.stem, made.event_id, made.document_id,
           a.bucket <> 'SYSTEM' AS is_numbered,
           a.seq + row_number() OVER chain AS account_seq,
           a.balance + sum(side.amount) OVER chain AS balance_after,
           a.version + row_number() OVER chain AS version
    FROM made
    CROSS JOIN LATERAL (
        VALUES (1, payer, payer_account, -made.amount), (2, payee, payee_account, made.amount)
    ) AS side(line, wallet_id, account_id, amount)
    JOIN ledger_account AS a ON a.id = side.account_id
    WINDOW chain AS (PARTITION BY side.account_id ORDER BY made.number)
"""
CHUNK_TABLES = (_MADE, "ANALYZE made", _LINES, "ANALYZE line")
DROP_CHUNK = ("DROP TABLE made, line",)

_COMMANDS = """
    INSERT INTO ledger_command (id, scope, key, request_hash, type, actor_type, actor_id, session_id, correlation_id,
                                outcome, refusal_code, transaction_id, reply_status, reply_body, received_at)
    SELECT command_id, 'api:' || caller_id, command_id::text, sha256(command_id::text::bytea), 'Transfer', 'SYSTEM',
           caller_id, NULL, caller_id::text, 'ACCEPTED', '', document_id, 201,
           jsonb_build_object(
               'txn_id', document_id, 'status', 'COMPLETED', 'from_wallet_id', payer, 'to_wallet_id', payee,
               'amount', amount::text, 'currency', 'EUR', 'from_balance', '1000000.00', 'created_at', at)::text,
           at
    FROM made
"""
_EVENTS = """
    INSERT INTO ledger_event (id, type, stream, stream_id, seq, schema_version, data, command_id, actor_type, actor_id,
                              session_id, correlation_id, effective_at, recorded_at, xid)
    SELECT event_id, 'TransactionCompleted', 'transaction', document_id, 1, 1,
           jsonb_build_object(
               'type', CASE WHEN payer IS NULL THEN 'DEPOSIT' ELSE 'TRANSFER' END, 'asset', 'EUR',
               'amount', trim_scale(amount)::text, 'fee_amount', '0', 'source_wallet_id', payer,
               'destination_wallet_id', payee, 'reference_type', '', 'reference_id', '', 'gates',
               (SELECT jsonb_agg(jsonb_build_object('gate', gate.kind, 'id', gate.id, 'code', NULL,
                                                    'required', gate.required, 'available', gate.available))
                FROM (VALUES ('wallet', coalesce(payer, payer_account)::text, NULL, NULL),
                             ('currency', coalesce(payer, payer_account)::text, NULL, NULL),
                             ('funds', payer::text, trim_scale(amount)::text, '1000000'),
                             ('wallet', payee::text, NULL, NULL), ('currency', payee::text, NULL, NULL),
                             ('limit', 'account.maximum', NULL, NULL)) AS gate(kind, id, required, available)
                WHERE gate.id IS NOT NULL)),
           command_id, 'SYSTEM', caller_id, NULL, caller_id::text, at, at, pg_current_xact_id()::text::bigint
    FROM made ORDER BY number
"""
_POSTINGS = """
    INSERT INTO ledger_posting (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)
    SELECT (stem || '000' || line)::uuid, event_id, account_id, amount, CASE WHEN is_numbered THEN account_seq END,
           CASE WHEN is_numbered THEN balance_after END, at, at
    FROM line ORDER BY number, line
"""
_DOCUMENTS = """
    INSERT INTO ledger_transaction (id, company_id, type, state, source_wallet_id, destination_wallet_id, asset_id,
        amount, fee_amount, total_amount, refunded_amount, reference_type, reference_id, external_reference_id,
        description, metadata, refusal_code, command_id, initiated_by, effective_at, created_at, updated_at,
        completed_at, version)
    SELECT document_id, company_id, CASE WHEN payer IS NULL THEN 'DEPOSIT' ELSE 'TRANSFER' END, 'COMPLETED', payer,
           payee, 'EUR', amount, 0, amount, 0, '', '', '', '', '{}', '', command_id, caller_id, at, at, at, at, 1
    FROM made ORDER BY number
"""
_MESSAGES = """
    INSERT INTO ledger_outboxmessage (id, event_id, aggregate_type, aggregate_id, sequence, type, version, data, status,
                                      attempts, next_attempt_at, error, created_at, published_at, position)
    SELECT (stem || '000' || line)::uuid, event_id, 'wallet', wallet_id, version, 'TransactionCompleted', 1,
           jsonb_build_object(
               'wallet_id', wallet_id, 'txn_id', document_id, 'amount', trim_scale(abs(amount))::text,
               'currency', 'EUR', 'type', CASE WHEN line = 1 THEN 'TRANSFER_OUT' WHEN is_deposit THEN 'CREDIT'
                                               ELSE 'TRANSFER_IN' END,
               'reference_id', '', 'reference_type', '', 'new_balance', trim_scale(balance_after)::text),
           'PUBLISHED', 1, at, '', at, at, last_position + row_number() OVER (ORDER BY number, line)
    FROM (SELECT *, bool_or(wallet_id IS NULL) OVER (PARTITION BY event_id) AS is_deposit FROM line) AS told
    CROSS JOIN ledger_relay
    WHERE wallet_id IS NOT NULL
    ORDER BY number, line
"""
ROWS = (_COMMANDS, _EVENTS, _POSTINGS, _DOCUMENTS, _MESSAGES)

# A system account counts nothing; its balance is a checkpoint, which is moved on when all is committed.
_FIGURES = """
    UPDATE ledger_account AS a
    SET balance = balance + moved.amount, updated_at = moved.at,
        seq = seq + CASE WHEN is_numbered THEN moved.lines ELSE 0 END,
        version = version + CASE WHEN is_numbered THEN moved.lines ELSE 0 END
    FROM (SELECT account_id, is_numbered, sum(amount) AS amount, count(*) AS lines, max(at) AS at
          FROM line GROUP BY account_id, is_numbered) AS moved
    WHERE a.id = moved.account_id
"""
_POSITION = """
    UPDATE ledger_relay SET last_position = last_position + told.messages, published = published + told.messages
    FROM (SELECT count(*) FILTER (WHERE wallet_id IS NOT NULL) AS messages FROM line) AS told
"""
ACCOUNTS = (_FIGURES, _POSITION)
