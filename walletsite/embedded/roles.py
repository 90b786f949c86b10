"""The two database roles: one owns the tables and migrates, the other serves and owns nothing."""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "wallet_owner"
APP = "wallet_app"


def ensure_role(superuser_url: str, name: str, password: str) -> None:
    """Make a role that may log in and nothing else, with this password."""
    role, secret = sql.Identifier(name), sql.Literal(password)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, secret))


def ensure_database(superuser_url: str, name: str, *, owner: str, guest: str) -> None:
    """Make a database that belongs to `owner`; besides the owner only `guest` may enter it."""
    database = sql.Identifier(name)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known:
            statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
            connection.execute(statement.format(database, sql.Identifier(owner)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(guest)))


def drop_database(superuser_url: str, name: str) -> None:
    """Drop a database with everything in it, also when somebody is connected."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
