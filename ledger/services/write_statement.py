"""The statements that write the ledger: arrays through `unnest`, one INSERT or UPDATE per table inside one WITH.

The database plans once, the round trip is one, and the figures of all tables appear together: the fastest of the
five ways that were measured.
"""

WRITE = """
WITH opened AS (
    INSERT INTO ledger_account (id, owner_type, owner_id, book, asset_id, bucket, min_balance,
                                balance, status, seq, life_seq, version, window_starts_at, opened_at, updated_at,
                                folded_xid)
    SELECT t.*, %(now)s, %(now)s,
           -- Nobody who has finished by now can have posted to it: its tail starts here, not at the beginning of time.
           CASE WHEN t.bucket = 'SYSTEM' THEN pg_snapshot_xmin(pg_current_snapshot())::text::bigint END
    FROM unnest(%(opened_id)s::uuid[], %(opened_owner_type)s::text[], %(opened_owner_id)s::uuid[],
                %(opened_book)s::text[], %(opened_asset)s::text[], %(opened_bucket)s::text[],
                %(opened_min_balance)s::numeric[], %(opened_balance)s::numeric[], %(opened_status)s::text[],
                %(opened_seq)s::bigint[], %(opened_life_seq)s::bigint[], %(opened_version)s::bigint[],
                %(opened_window_starts_at)s::timestamptz[])
         AS t(id, owner_type, owner_id, book, asset_id, bucket, min_balance, balance, status, seq, life_seq, version,
              window_starts_at)
), changed AS (
    UPDATE ledger_account AS a
    SET balance = t.balance, status = t.status, seq = t.seq, life_seq = t.life_seq, version = t.version,
        min_balance = t.min_balance, window_starts_at = t.window_starts_at, updated_at = %(now)s
    FROM unnest(%(changed_id)s::uuid[], %(changed_balance)s::numeric[], %(changed_status)s::text[],
                %(changed_seq)s::bigint[], %(changed_life_seq)s::bigint[], %(changed_version)s::bigint[],
                %(changed_min_balance)s::numeric[], %(changed_window_starts_at)s::timestamptz[])
         AS t(id, balance, status, seq, life_seq, version, min_balance, window_starts_at)
    WHERE a.id = t.id
), events AS (
    INSERT INTO ledger_event (id, type, stream, stream_id, seq, schema_version, data, command_id, actor_type,
                              actor_id, session_id, correlation_id, effective_at, recorded_at, xid)
    SELECT t.id, t.type, t.stream, t.stream_id, t.seq, t.schema_version, t.data::jsonb, t.command_id, t.actor_type,
           t.actor_id, t.session_id, t.correlation_id, t.effective_at, %(now)s, pg_current_xact_id()::text::bigint
    FROM unnest(%(event_id)s::uuid[], %(event_type)s::text[], %(event_stream)s::text[],
                %(event_stream_id)s::uuid[], %(event_seq)s::int[], %(event_schema_version)s::int[],
                %(event_data)s::text[], %(event_command_id)s::uuid[], %(event_actor_type)s::text[],
                %(event_actor_id)s::uuid[], %(event_session_id)s::uuid[], %(event_correlation_id)s::text[],
                %(event_effective_at)s::timestamptz[])
         AS t(id, type, stream, stream_id, seq, schema_version, data, command_id, actor_type, actor_id,
              session_id, correlation_id, effective_at)
), postings AS (
    INSERT INTO ledger_posting (id, event_id, account_id, amount, account_seq, balance_after,
                                effective_at, recorded_at)
    SELECT t.*, %(now)s
    FROM unnest(%(posting_id)s::uuid[], %(posting_event_id)s::uuid[], %(posting_account_id)s::uuid[],
                %(posting_amount)s::numeric[], %(posting_account_seq)s::bigint[],
                %(posting_balance_after)s::numeric[], %(posting_effective_at)s::timestamptz[]) AS t
), documents AS (
    INSERT INTO ledger_transaction (id, company_id, type, state, source_wallet_id, destination_wallet_id, asset_id,
                                    amount, fee_amount, total_amount, refunded_amount, original_transaction_id,
                                    reference_type, reference_id, external_reference_id, description, metadata,
                                    refusal_code, command_id, initiated_by, effective_at, created_at, updated_at,
                                    completed_at, version)
    SELECT t.id, t.company_id, t.type, t.state, t.source, t.destination, t.asset,
           t.amount, t.fee, t.amount + t.fee, 0, t.original, t.reference_type, t.reference_id,
           '', t.description, t.metadata::jsonb, t.refusal_code, t.command_id,
           t.initiated_by, t.effective_at, %(now)s, %(now)s, CASE WHEN t.state = 'COMPLETED' THEN %(now)s END, 1
    FROM unnest(%(document_id)s::uuid[], %(document_company_id)s::uuid[], %(document_type)s::text[],
                %(document_state)s::text[], %(document_source)s::uuid[], %(document_destination)s::uuid[],
                %(document_asset)s::text[], %(document_amount)s::numeric[], %(document_fee)s::numeric[],
                %(document_reference_type)s::text[], %(document_reference_id)s::text[],
                %(document_description)s::text[], %(document_metadata)s::text[],
                %(document_refusal_code)s::text[], %(document_command_id)s::uuid[],
                %(document_initiated_by)s::uuid[], %(document_effective_at)s::timestamptz[],
                %(document_original)s::uuid[])
         AS t(id, company_id, type, state, source, destination, asset, amount, fee, reference_type, reference_id,
              description, metadata, refusal_code, command_id, initiated_by, effective_at, original)
), announced AS (
    INSERT INTO ledger_outboxmessage (id, event_id, aggregate_type, aggregate_id, sequence, type, version, data,
                                      status, attempts, next_attempt_at, error, created_at)
    SELECT t.id, t.event_id, t.aggregate_type, t.aggregate_id, t.sequence, t.type, t.version, t.data::jsonb,
           'PENDING', 0, %(now)s, '', %(now)s
    FROM unnest(%(message_id)s::uuid[], %(message_event_id)s::uuid[], %(message_aggregate_type)s::text[],
                %(message_aggregate_id)s::uuid[], %(message_sequence)s::bigint[], %(message_type)s::text[],
                %(message_version)s::int[], %(message_data)s::text[])
         AS t(id, event_id, aggregate_type, aggregate_id, sequence, type, version, data)
)
UPDATE ledger_command AS c
SET outcome = t.outcome, refusal_code = t.refusal_code, transaction_id = t.transaction_id,
    reply_status = t.reply_status, reply_body = t.reply_body
FROM unnest(%(command_id)s::uuid[], %(command_outcome)s::text[], %(command_refusal_code)s::text[],
            %(command_transaction_id)s::uuid[], %(command_reply_status)s::int[], %(command_reply_body)s::text[])
     AS t(id, outcome, refusal_code, transaction_id, reply_status, reply_body)
WHERE c.id = t.id
"""

ADVANCE = """
WITH advanced AS (
    UPDATE ledger_transaction AS d
    SET state = coalesce(t.state, d.state),
        destination_wallet_id = coalesce(t.destination, d.destination_wallet_id),
        amount = coalesce(t.amount, d.amount), total_amount = coalesce(t.amount, d.amount) + d.fee_amount,
        refunded_amount = coalesce(t.refunded, d.refunded_amount), version = t.version, updated_at = %(now)s,
        completed_at = CASE WHEN t.state = 'COMPLETED' THEN coalesce(d.completed_at, %(now)s) ELSE d.completed_at END
    FROM unnest(%(advanced_id)s::uuid[], %(advanced_state)s::text[], %(advanced_destination)s::uuid[],
                %(advanced_amount)s::numeric[], %(advanced_refunded)s::numeric[], %(advanced_version)s::int[])
         AS t(id, state, destination, amount, refunded, version)
    WHERE d.id = t.id
), holds AS (
    INSERT INTO ledger_reservation (id, transaction_id, wallet_id, destination_wallet_id, asset_id, amount,
                                    captured_amount, released_amount, status, expires_at, purpose, parts,
                                    created_at, updated_at)
    SELECT t.id, t.transaction_id, t.wallet_id, t.destination, t.asset, t.amount, t.captured, t.released, t.status,
           t.expires_at, t.purpose, t.parts::jsonb, %(now)s, %(now)s
    FROM unnest(%(hold_id)s::uuid[], %(hold_destination)s::uuid[], %(hold_captured)s::numeric[],
                %(hold_released)s::numeric[], %(hold_status)s::text[], %(hold_expires_at)s::timestamptz[],
                %(hold_parts)s::text[], %(hold_transaction_id)s::uuid[], %(hold_wallet_id)s::uuid[],
                %(hold_asset)s::text[], %(hold_amount)s::numeric[], %(hold_purpose)s::text[])
         AS t(id, destination, captured, released, status, expires_at, parts, transaction_id, wallet_id, asset, amount,
              purpose)
)
UPDATE ledger_reservation AS h
SET destination_wallet_id = t.destination, captured_amount = t.captured, released_amount = t.released,
    status = t.status, expires_at = t.expires_at, parts = t.parts::jsonb, updated_at = %(now)s
FROM unnest(%(stepped_id)s::uuid[], %(stepped_destination)s::uuid[], %(stepped_captured)s::numeric[],
            %(stepped_released)s::numeric[], %(stepped_status)s::text[], %(stepped_expires_at)s::timestamptz[],
            %(stepped_parts)s::text[])
     AS t(id, destination, captured, released, status, expires_at, parts)
WHERE h.id = t.id
"""
"""What goes on with documents that exist already, and with holds. Only where there are any: planning it takes time."""

COLUMNS = {
    table: names.split()
    for table, names in {
        "opened": "id owner_type owner_id book asset bucket min_balance balance status seq life_seq version"
        " window_starts_at",
        "changed": "id balance status seq life_seq version min_balance window_starts_at",
        "event": "id type stream stream_id seq schema_version data command_id"
        " actor_type actor_id session_id correlation_id effective_at",
        "posting": "id event_id account_id amount account_seq balance_after effective_at",
        "document": "id company_id type state source destination asset amount fee reference_type reference_id"
        " description metadata refusal_code command_id initiated_by effective_at original",
        "advanced": "id state destination amount refunded version",
        "hold": "id destination captured released status expires_at parts"
        " transaction_id wallet_id asset amount purpose",
        "stepped": "id destination captured released status expires_at parts",
        "message": "id event_id aggregate_type aggregate_id sequence type version data",
        "command": "id outcome refusal_code transaction_id reply_status reply_body",
    }.items()
}
