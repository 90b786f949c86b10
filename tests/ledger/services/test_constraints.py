"""What a row alone can break, the database refuses by name, even when every trigger is off."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DataError, IntegrityError
from django.db.models import CheckConstraint, DecimalField

from tests.ledger.connecting import tampering
from tests.ledger.services.conftest import HoldStory, Story

A_SEAL = (
    "INSERT INTO ledger_seal (id, number, first_index, tree_size, root, previous_root, horizon_xid, sealed_at,"
    " key_id, algorithm, signature) VALUES"
)
A_RECORD_SEAL = A_SEAL.replace("ledger_seal", "ledger_recordseal")
A_RUN = "INSERT INTO ledger_jobrun (id, job, started_at, ends_by, done, outcome, finished_at, error) VALUES"
RUN = "(gen_random_uuid(), 'test', now(), now(), '{}',"
AN_EVENT = (
    "INSERT INTO ledger_inboxevent (id, source, event_id, event_type, received_at, payload_hash, attempts, waiting_for,"
    " status, payload, next_attempt_at, processed_at, error_code, error_detail, sequence) VALUES"
    " (gen_random_uuid(), 'test', 'broken', 'Test', now(), '', 0, '',"
)
BREAKS: list[tuple[str, str]] = [
    ("account_balance_range", "UPDATE ledger_account SET balance = 'NaN'"),
    ("account_floor", "UPDATE ledger_account SET balance = -0.000000000000000001 WHERE bucket = 'AVAILABLE'"),
    ("account_floor", "UPDATE ledger_account SET min_balance = balance + 1 WHERE bucket = 'AVAILABLE'"),
    ("account_floor", "UPDATE ledger_account SET balance = -1 WHERE book = 'allowance' AND bucket = 'RESERVED'"),
    (
        "account_floor_range",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_balance_range;"
        "UPDATE ledger_account SET balance = 'NaN', min_balance = 'NaN' WHERE bucket = 'AVAILABLE'",
    ),
    ("account_only_system_has_no_floor", "UPDATE ledger_account SET min_balance = NULL WHERE bucket = 'AVAILABLE'"),
    ("account_only_system_has_no_floor", "UPDATE ledger_account SET min_balance = -1e19 WHERE bucket = 'SYSTEM'"),
    ("account_only_system_has_no_floor", "UPDATE ledger_account SET folded_xid = 1 WHERE bucket = 'AVAILABLE'"),
    ("account_status", "UPDATE ledger_account SET status = 'ASLEEP'"),
    ("account_bucket", "UPDATE ledger_account SET bucket = 'POCKET'"),
    ("account_book", "UPDATE ledger_account SET book = 'comic'"),
    ("account_counters", "UPDATE ledger_account SET seq = -1"),
    ("account_counters", "UPDATE ledger_account SET seq = version + 1"),
    ("asset_scales", "UPDATE ledger_asset SET scale = 19"),
    ("asset_scales", "UPDATE ledger_asset SET cash_scale = scale + 1"),
    ("command_refusal_has_code", "UPDATE ledger_command SET outcome = 'REFUSED', refusal_code = ''"),
    ("command_refusal_has_code", "UPDATE ledger_command SET outcome = 'ACCEPTED', refusal_code = 'wallet.frozen'"),
    ("event_seq_positive", "UPDATE ledger_event SET seq = 0"),
    ("event_not_ahead", "UPDATE ledger_event SET effective_at = recorded_at + interval '1 microsecond'"),
    ("posting_not_ahead", "UPDATE ledger_posting SET effective_at = recorded_at + interval '1 microsecond'"),
    ("posting_amount", "UPDATE ledger_posting SET amount = 0"),
    ("posting_amount", "UPDATE ledger_posting SET amount = 'NaN'"),
    ("posting_chain", "UPDATE ledger_posting SET account_seq = 0 WHERE account_seq IS NOT NULL"),
    ("posting_chain", "UPDATE ledger_posting SET balance_after = 'NaN' WHERE account_seq IS NOT NULL"),
    ("posting_chain", "UPDATE ledger_posting SET balance_after = NULL WHERE account_seq IS NOT NULL"),
    ("posting_chain", "UPDATE ledger_posting SET balance_after = 1 WHERE account_seq IS NULL"),
    ("transaction_amount", "UPDATE ledger_transaction SET amount = 0"),
    ("transaction_amount", "UPDATE ledger_transaction SET amount = -1"),
    ("transaction_amount", "UPDATE ledger_transaction SET amount = 'NaN'"),
    ("transaction_fee", "UPDATE ledger_transaction SET fee_amount = -0.01"),
    ("transaction_fee", "UPDATE ledger_transaction SET fee_amount = 'NaN'"),
    ("transaction_total", "UPDATE ledger_transaction SET total_amount = amount + fee_amount + 0.01"),
    ("transaction_total", "UPDATE ledger_transaction SET total_amount = 'NaN'"),
    ("transaction_refunded", "UPDATE ledger_transaction SET refunded_amount = amount + 0.01"),
    ("transaction_refunded", "UPDATE ledger_transaction SET refunded_amount = -0.01"),
    ("transaction_refunded", "UPDATE ledger_transaction SET refunded_amount = 'NaN'"),
    (
        "transaction_undoes_another",
        "UPDATE ledger_transaction SET original_transaction_id = NULL WHERE type = 'REFUND'",
    ),
    (
        "transaction_undoes_another",
        "UPDATE ledger_transaction SET original_transaction_id = gen_random_uuid() WHERE type = 'TRANSFER'",
    ),
    ("reservation_amount", "UPDATE ledger_reservation SET amount = 'NaN' WHERE status = 'ACTIVE'"),
    (
        "reservation_amount",
        "ALTER TABLE ledger_reservation DROP CONSTRAINT reservation_adds_up;"
        "UPDATE ledger_reservation SET amount = 0",
    ),
    ("reservation_captured", "UPDATE ledger_reservation SET captured_amount = -0.01 WHERE status = 'ACTIVE'"),
    ("reservation_released", "UPDATE ledger_reservation SET released_amount = -0.01 WHERE status = 'ACTIVE'"),
    (
        "reservation_captured",
        "ALTER TABLE ledger_reservation DROP CONSTRAINT reservation_adds_up;"
        "UPDATE ledger_reservation SET captured_amount = 'NaN'",
    ),
    (
        "reservation_released",
        "ALTER TABLE ledger_reservation DROP CONSTRAINT reservation_adds_up;"
        "UPDATE ledger_reservation SET released_amount = 'NaN'",
    ),
    ("reservation_adds_up", "UPDATE ledger_reservation SET captured_amount = amount WHERE status = 'ACTIVE'"),
    ("reservation_adds_up", "UPDATE ledger_reservation SET captured_amount = amount + 1 WHERE status = 'COMPLETED'"),
    ("reservation_adds_up", "UPDATE ledger_reservation SET status = 'RELEASED' WHERE status = 'ACTIVE'"),
    ("reservation_adds_up", "UPDATE ledger_reservation SET status = 'ACTIVE' WHERE status = 'COMPLETED'"),
    ("reservation_adds_up", "UPDATE ledger_reservation SET status = 'LOST'"),
    ("transaction_state", "UPDATE ledger_transaction SET state = 'PERHAPS'"),
    (
        "transaction_wallets_differ",
        "UPDATE ledger_transaction SET destination_wallet_id = source_wallet_id"
        " WHERE state = 'COMPLETED' AND type = 'TRANSFER'",
    ),
    (
        "transaction_wallets_per_type",
        "UPDATE ledger_transaction SET source_wallet_id = NULL WHERE type = 'TRANSFER'",
    ),
    (
        "transaction_wallets_per_type",
        "UPDATE ledger_transaction SET source_wallet_id = gen_random_uuid() WHERE type = 'DEPOSIT'",
    ),
    ("transaction_failed_has_code", "UPDATE ledger_transaction SET refusal_code = 'x' WHERE state = 'COMPLETED'"),
    ("transaction_risk_score", "UPDATE ledger_transaction SET risk_score = 100.01"),
    ("transaction_risk_score", "UPDATE ledger_transaction SET risk_score = 'NaN'"),
    ("outbox_sequence_positive", "UPDATE ledger_outboxmessage SET sequence = 0"),
    ("outbox_published_has_time", "UPDATE ledger_outboxmessage SET status = 'PUBLISHED', published_at = NULL"),
    ("outbox_published_has_time", "UPDATE ledger_outboxmessage SET status = 'PENDING', published_at = now()"),
    (
        "closing_of_the_past",
        "INSERT INTO ledger_closing (id, company_id, closed_until, reason, actor_type, created_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), now() + interval '1 second', 'x', 'FINANCE', now())",
    ),
    (
        "closing_has_reason",
        "INSERT INTO ledger_closing (id, company_id, closed_until, reason, actor_type, created_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), now(), '', 'FINANCE', now())",
    ),
    ("seal_number_positive", f"{A_SEAL} (gen_random_uuid(), 0, 0, 1, '', '', 0, now(), 'k', 'Ed25519', '')"),
    ("seal_adds_leaves", f"{A_SEAL} (gen_random_uuid(), 1, 1, 1, '', '', 0, now(), 'k', 'Ed25519', '')"),
    (
        "sealed_leaf_index",
        "INSERT INTO ledger_sealedleaf (index, event_id, data, secret, hash)"
        " VALUES (-1, gen_random_uuid(), '', '', '')",
    ),
    (
        "seal_node_place",
        "INSERT INTO ledger_sealnode (level, index, hash) VALUES (0, 0, decode(repeat('00', 32), 'hex'))",
    ),
    (
        "record_seal_number_positive",
        f"{A_RECORD_SEAL} (gen_random_uuid(), 0, 0, 1, '', '', 0, now(), 'k', 'Ed25519', '')",
    ),
    (
        "record_seal_adds_leaves",
        f"{A_RECORD_SEAL} (gen_random_uuid(), 1, 1, 1, '', '', 0, now(), 'k', 'Ed25519', '')",
    ),
    (
        "sealed_record_index",
        "INSERT INTO ledger_sealedrecord (index, record_id, data, secret, hash)"
        " VALUES (-1, gen_random_uuid(), '', '', '')",
    ),
    (
        "record_node_place",
        "INSERT INTO ledger_recordnode (level, index, hash) VALUES (0, 0, decode(repeat('00', 32), 'hex'))",
    ),
    ("relay_is_one", "INSERT INTO ledger_relay SELECT 'inbox', 0, 0, 0, 0, 'CLOSED', '', NULL"),
    ("relay_breaker", "UPDATE ledger_relay SET breaker = 'TORN'"),
    (
        "delivery_note_kind",
        "INSERT INTO ledger_deliverynote (id, message_id, kind, text, noted_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'LOST', '', now())",
    ),
    ("snapshot_xids", "UPDATE ledger_snapshot SET from_xid = -1"),
    ("snapshot_xids", "UPDATE ledger_snapshot SET until_xid = from_xid - 1"),
    ("snapshotbalance_number", "UPDATE ledger_snapshotbalance SET balance = 'NaN'"),
    ("snapshotbalance_postings", "UPDATE ledger_snapshotbalance SET postings = 0"),
    ("backdatedday_number", "UPDATE ledger_backdatedday SET amount = 'NaN'"),
    ("backdatedday_postings", "UPDATE ledger_backdatedday SET postings = 0"),
    ("job_run_finished_has_time", f"{A_RUN} {RUN} 'OK', NULL, '')"),
    ("job_run_finished_has_time", f"{A_RUN} {RUN} 'RUNNING', now(), '')"),
    ("job_run_finished_has_time", f"{A_RUN} {RUN} 'LOST', now(), '')"),
    ("job_run_failure_says_why", f"{A_RUN} {RUN} 'FAILED', now(), '')"),
    (
        "inbox_status",
        "ALTER TABLE ledger_inboxevent DROP CONSTRAINT inbox_payload_while_needed;"
        f"{AN_EVENT} 'LOST', NULL, NULL, now(), '', '', NULL)",
    ),
    ("inbox_has_plan", f"{AN_EVENT} 'PENDING', '{{}}', NULL, NULL, '', '', NULL)"),
    ("inbox_has_plan", f"{AN_EVENT} 'PROCESSED', NULL, now(), now(), '', '', NULL)"),
    ("inbox_ended_has_time", f"{AN_EVENT} 'PENDING', '{{}}', now(), now(), '', '', NULL)"),
    ("inbox_ended_has_time", f"{AN_EVENT} 'IGNORED', NULL, NULL, NULL, '', '', NULL)"),
    ("inbox_payload_while_needed", f"{AN_EVENT} 'PENDING', NULL, now(), NULL, '', '', NULL)"),
    ("inbox_payload_while_needed", f"{AN_EVENT} 'PROCESSED', '{{}}', NULL, now(), '', '', NULL)"),
    ("inbox_payload_while_needed", f"{AN_EVENT} 'IGNORED', '{{}}', NULL, now(), '', '', NULL)"),
    ("inbox_failed_says_why", f"{AN_EVENT} 'FAILED', '{{}}', NULL, now(), '', 'Why.', NULL)"),
    ("inbox_failed_says_why", f"{AN_EVENT} 'FAILED', '{{}}', NULL, now(), 'not_found', '', NULL)"),
    ("inbox_sequence", f"{AN_EVENT} 'PROCESSED', NULL, NULL, now(), '', '', 0)"),
    (
        "inbox_source_counts",
        "INSERT INTO ledger_inboxsource (id, key, next_sequence, missed, updated_at)"
        " VALUES (gen_random_uuid(), 'test', 0, 0, now())",
    ),
    (
        "inbox_source_counts",
        "INSERT INTO ledger_inboxsource (id, key, next_sequence, missed, updated_at)"
        " VALUES (gen_random_uuid(), 'test', 1, -1, now())",
    ),
]  # fmt: skip


def test_less_may_be_allowed_than_was_spent(hold_story: HoldStory) -> None:
    """Of the floors only that of what is left of an envelope may be passed; the machine lets nothing more out then."""
    with tampering() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET balance = min_balance - 1 WHERE owner_id = %s AND bucket = 'AVAILABLE'",
            [hold_story.travel.id],
        )
        assert cursor.rowcount == 1


@pytest.mark.parametrize(("constraint", "statement"), BREAKS, ids=lambda value: value)
def test_the_constraint_refuses(story: Story, hold_story: HoldStory, constraint: str, statement: str) -> None:
    with tampering() as cursor, pytest.raises(IntegrityError) as refused:
        cursor.execute(statement)
    assert constraint_of(refused.value) == constraint


def constraint_of(error: IntegrityError) -> str | None:
    name: str | None = getattr(error.__cause__, "diag").constraint_name  # noqa: B009 (psycopg's own)
    return name


MONEY_COLUMNS = [
    (model._meta.db_table, field.column)
    for model in apps.get_app_config("ledger").get_models()
    for field in model._meta.concrete_fields
    if model._meta.managed  # a view is made of what the tables let through
    if isinstance(field, DecimalField) and field.max_digits == 38
]


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "1e20", "-1e20"])
@pytest.mark.parametrize(("table", "column"), MONEY_COLUMNS)
def test_what_is_too_large_does_not_even_fit_the_column(
    story: Story, hold_story: HoldStory, table: str, column: str, value: str
) -> None:
    with tampering() as cursor, pytest.raises(DataError, match="numeric field overflow"):
        cursor.execute(f"UPDATE {table} SET {column} = '{value}'")


def test_every_constraint_has_a_row() -> None:
    declared = {
        constraint.name
        for model in apps.get_app_config("ledger").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert declared == {constraint for constraint, _ in BREAKS}
