"""Six months of a company with fifty wallets, and which of them the database looks into to answer something."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.sql import Composed

from tests.compliance.factories import UserFactory
from tests.databases import Installation
from tests.wallets.scene import Scene, give_wallet, make_scene

MONTHS = range(-5, 1)
"""Those with rows, from now."""
A_MONTH = 4_000
"""Documents per month, at most."""
SHORT = 1_000
"""Rows. Reading fewer from one end to the other is what a planner should do."""

# A document, its event, two postings and two messages, every so many seconds; ids are those of their time.
HISTORY = """
    CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT number, at, payer.id AS payer, payee.id AS payee, payer.account AS payer_account,
           payee.account AS payee_account,
           lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8000'
           || lpad(to_hex(number), 8, '0') AS stem
    FROM (
        SELECT number, ledger_at.start + (number %% %(a_month)s) * interval '9 minutes' AS at
        FROM generate_series(0, %(a_month)s * %(months)s - 1) AS number
        CROSS JOIN LATERAL (
            SELECT date_trunc('month', now()) + make_interval(months => %(first)s + number / %(a_month)s) AS start
        ) AS ledger_at
    ) AS times
    JOIN (SELECT row_number() OVER (ORDER BY owner_id) - 1 AS place, owner_id AS id, id AS account
          FROM ledger_account WHERE bucket = 'AVAILABLE') AS payer ON payer.place = number %% %(wallets)s
    JOIN (SELECT row_number() OVER (ORDER BY owner_id) - 1 AS place, owner_id AS id, id AS account
          FROM ledger_account WHERE bucket = 'AVAILABLE') AS payee ON payee.place = (number * 7 + 3) %% %(wallets)s
    WHERE payer.id <> payee.id AND at < now();

    INSERT INTO ledger_command (id, scope, key, request_hash, type, actor_type, correlation_id, outcome, refusal_code,
                                transaction_id, reply_body, received_at)
    SELECT (stem || '0003')::uuid, 'made', number::text, '', 'Transfer', 'SYSTEM', '', 'ACCEPTED', '',
           (stem || '0001')::uuid, '', at FROM made;

    INSERT INTO ledger_event (id, type, stream, stream_id, seq, schema_version, data, command_id, actor_type,
                              correlation_id, effective_at, recorded_at, xid)
    SELECT (stem || '0000')::uuid, 'TransactionCompleted', 'transaction', (stem || '0001')::uuid, 1, 1, '{}',
           (stem || '0003')::uuid, 'SYSTEM', '', at, at, pg_current_xact_id()::text::bigint FROM made;

    INSERT INTO ledger_posting (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)
    SELECT (stem || side.id)::uuid, (stem || '0000')::uuid,
           CASE side.amount WHEN -1 THEN payer_account ELSE payee_account END, side.amount, number + 10, 100, at, at
    FROM made CROSS JOIN (VALUES ('0001', -1), ('0002', 1)) AS side(id, amount);

    INSERT INTO ledger_transaction (id, company_id, type, state, source_wallet_id, destination_wallet_id, asset_id,
        amount, fee_amount, total_amount, refunded_amount, reference_type, reference_id, external_reference_id,
        description, metadata, refusal_code, command_id, effective_at, created_at, updated_at, completed_at, version)
    SELECT (stem || '0001')::uuid, %(company)s, 'TRANSFER', 'COMPLETED', payer, payee, 'EUR', 1, 0, 1, 0, '', '', '',
           '', '{}', '', (stem || '0003')::uuid, at, at, at, at, 1 FROM made;

    INSERT INTO ledger_outboxmessage (id, event_id, aggregate_type, aggregate_id, sequence, type, version, data,
                                      status, attempts, next_attempt_at, error, created_at, published_at)
    SELECT (stem || side.id)::uuid, (stem || '0000')::uuid, 'wallet',
           CASE side.id WHEN '0001' THEN payer ELSE payee END, number + 10, 'TransactionCompleted', 1, '{}',
           'PUBLISHED', 1, at, '', at, at
    FROM made CROSS JOIN (VALUES ('0001'), ('0002')) AS side(id);

    INSERT INTO compliance_auditrecord (id, at, company_id, actor_id, actor_role, event_type, entity_type, entity_id,
                                        before, after, reason, user_agent, correlation_id)
    SELECT (stem || '0005')::uuid, at, %(company)s, NULL, 'SYSTEM', 'Changed', 'User', payer, '{}', '{}', '', '', ''
    FROM made;
"""


@dataclass(frozen=True, slots=True)
class Company:
    """Its scene, and of each month (from now) one of alice's payments: its id, and when it was."""

    scene: Scene
    payments: dict[int, tuple[UUID, datetime]]


def found_company(installation: Installation) -> Company:
    """Into the present database, which is that of the installation."""
    scene = make_scene()
    for _ in range(47):
        give_wallet(UserFactory(company=scene.cast.company))
    with installation.superuser() as superuser, superuser.transaction():
        first = superuser.execute("SELECT (now() + make_interval(months => %s))::date", [MONTHS[0]]).fetchone()
        assert first is not None
        superuser.execute("SELECT ledger_ensure_partitions(3, %s)", first)
        filled = {"a_month": A_MONTH, "months": len(MONTHS), "first": MONTHS[0], "wallets": 50}
        cursor = psycopg.ClientCursor(superuser)
        cursor.execute(HISTORY.encode(), {**filled, "company": scene.cast.company.id})
    with installation.superuser() as superuser:
        superuser.execute("ANALYZE")
        found = superuser.execute(
            "SELECT DISTINCT ON (date_trunc('month', created_at)) id, created_at FROM ledger_transaction"
            " WHERE source_wallet_id = %s AND type = 'TRANSFER' ORDER BY date_trunc('month', created_at)",
            [scene.alices.id],
        ).fetchall()
    return Company(scene, {_from_now(at.year, at.month): (id, at) for id, at in found})


@dataclass(slots=True)
class Look:
    """What one statement, or several, did with the tables that are cut by month.

    Attributes:
        months: table to the months that were looked into, from now.
        scanned: partitions that were read from one end to the other, though they are not short.
        rows: how many were read of these tables, left out ones too.
        milliseconds: what planning and running took the database.
    """

    sql: str = ""
    months: dict[str, set[int]] = field(default_factory=dict)
    scanned: set[str] = field(default_factory=set)
    rows: float = 0
    milliseconds: float = 0

    def add(self, other: Look) -> None:
        for table, months in other.months.items():
            self.months.setdefault(table, set()).update(months)
        self.scanned |= other.scanned
        self.rows += other.rows
        self.milliseconds += other.milliseconds


def looks_of(request: Callable[[], Any]) -> list[Look]:
    """Send a request, then have the database explain the very statements that it sent, by running them again."""
    return [_look(sql, parameters) for sql, parameters in _statements_of(request)]


def look_of(request: Callable[[], Any]) -> Look:
    """All of them together. A page has to be there."""
    answers: list[Any] = []
    whole = Look()
    for look in looks_of(lambda: answers.append(request())):
        whole.add(look)
    assert getattr(answers[0], "status_code", 200) == 200
    return whole


def _statements_of(request: Callable[[], Any]) -> list[tuple[str, Any]]:
    statements: list[tuple[str, Any]] = []

    def take(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        sql = sql.as_string(context["connection"].connection) if isinstance(sql, Composed) else sql
        if sql.lstrip().startswith(("SELECT", "WITH", "(SELECT")):
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take):
        request()
    return statements


def _look(sql: str, parameters: Any) -> Look:
    look = Look(sql)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters)
        plan = cursor.fetchone()[0]
    (told,) = json.loads(plan) if isinstance(plan, str) else plan
    look.milliseconds = told["Planning Time"] + told["Execution Time"]
    for node in _nodes(told["Plan"]):
        name = re.fullmatch(r"(\w+)_(\d{4})_(\d\d)", node.get("Relation Name", ""))
        if name is None or not node["Actual Loops"]:  # "never executed": left out at the last moment
            continue
        table, year, month = name[1], int(name[2]), int(name[3])
        look.months.setdefault(table, set()).add(_from_now(year, month))
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        look.rows += rows * node["Actual Loops"]
        if node["Node Type"] == "Seq Scan" and rows >= SHORT:
            look.scanned.add(node["Relation Name"])
    return look


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def _from_now(year: int, month: int) -> int:
    now = datetime.now(UTC)
    return (year - now.year) * 12 + month - now.month
