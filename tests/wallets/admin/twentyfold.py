"""The demo company with twenty times as many people, wallets, budgets and movements, for what must not grow with them.

The demo's own rows are copied nineteen times under other ids, by the superuser and past the triggers: what is wanted
is a crowd around the demo, not one more ledger that adds up. Rows of the company itself are not copied, so all of the
crowd works for Nordwind; ids inside of JSON stay those of the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

from compliance.models import Company, ServiceAccount
from ledger.core.accounts import Book, Bucket, account_id
from ledger.models import Account
from ledger.services.folding import fold_system_accounts
from ledger.services.read_models import refresh_read_models
from tests.databases import Installation
from walletsite.demo.seeding import seed_company

COPIES = 19
TABLES = {
    "compliance_team": {"name": "name || ' ' || copy"},
    "compliance_user": {"email": "copy || '.' || email"},
    "compliance_auditrecord": {},
    "wallets_wallet": {},
    "wallets_approval": {},
    "wallets_notification": {},
    "budgets_budget": {
        "categories": "CASE WHEN team_id IS NULL AND wallet_id IS NULL AND user_id IS NULL"
        " THEN ARRAY['copy_' || copy]::varchar[] ELSE categories END"
    },
    "budgets_budgetperiod": {},
    "budgets_budgetrequest": {},
    "budgets_budgetrevision": {},
    "budgets_thresholdalert": {},
    "budgets_limit": {},
    "ledger_account": {},
    "ledger_command": {"key": "key || '-' || copy"},
    "ledger_transaction": {},
    "ledger_event": {},
    "ledger_posting": {},
    "ledger_reservation": {},
    "ledger_outboxmessage": {},
}
"""What is copied, with the columns that would not be unique otherwise."""

COPY_OF = """
    CREATE TEMPORARY TABLE known (id uuid, copy integer, its_copy uuid NOT NULL, PRIMARY KEY (id, copy));
    CREATE FUNCTION pg_temp.beside(id uuid, hash text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (left($1::text, 19) || 'a' || substr($2, 1, 3) || '-' || substr($2, 4, 12))::uuid
    $$;
    CREATE FUNCTION pg_temp.copy_of(id uuid, copy integer) RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT coalesce(
            (SELECT known.its_copy FROM pg_temp.known WHERE known.id = $1 AND known.copy = $2),
            pg_temp.beside($1, md5($1::text || $2))
        )
    $$;
"""
COLUMNS = """
    SELECT column_name, udt_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_identity = 'NO' AND is_generated = 'NEVER'
"""


def found_crowd(installation: Installation) -> Company:
    """Into the present database, which is that of the installation."""
    company = seed_company()
    with installation.superuser() as superuser, superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute(COPY_OF)
        with superuser.cursor() as cursor:
            cursor.executemany("INSERT INTO known VALUES (%s, %s, %s)", list(_known(company)))
        for table, unique in TABLES.items():
            _copy(superuser, table, unique)
    with installation.superuser() as superuser:
        superuser.execute("ANALYZE")
    fold_system_accounts()
    refresh_read_models()
    return company


def _known(company: Company) -> Iterator[tuple[UUID, int, UUID]]:
    """What stays itself, and accounts, whose ids follow from what they are."""
    systems = Account.objects.filter(bucket="SYSTEM").values_list("id", flat=True)
    services = ServiceAccount.objects.values_list("id", flat=True)
    accounts = Account.objects.exclude(bucket="SYSTEM")
    for copy in range(1, COPIES + 1):
        yield from ((id, copy, id) for id in [company.id, *services, *systems])
        yield from ((one.id, copy, _account_beside(one, copy)) for one in accounts)


def _account_beside(one: Account, copy: int) -> UUID:
    hash = md5(f"{one.owner_id}{copy}".encode(), usedforsecurity=False).hexdigest()
    beside = UUID(f"{str(one.owner_id)[:19]}a{hash[:3]}-{hash[3:15]}")
    return account_id(one.owner_type, beside, one.asset_id, Bucket(one.bucket), Book(one.book))


def _copy(superuser: Connection, table: str, unique: dict[str, str]) -> None:
    columns = superuser.execute(COLUMNS, [table]).fetchall()
    values = [_value(name, type, unique) for name, type in columns]
    statement = (
        "INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, {copies}) AS copy {rows}"
    )
    superuser.execute(
        SQL(statement).format(
            table=Identifier(table),
            names=SQL(", ").join(Identifier(name) for name, _ in columns),
            values=SQL(", ").join(values),
            copies=COPIES,
            rows=SQL("WHERE bucket <> 'SYSTEM'" if table == "ledger_account" else ""),
        )
    )


def _value(name: str, type: str, unique: dict[str, str]) -> Composable:
    if name in unique:
        return SQL(unique[name])
    return SQL("pg_temp.copy_of({}, copy)" if type == "uuid" else "{}").format(Identifier(name))
