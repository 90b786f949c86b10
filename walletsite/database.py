"""How a process connects to Postgres: as which role, with which time limits, through a pool or not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from psycopg.conninfo import conninfo_to_dict

POOL_WAIT_SECONDS = 1
PREPARED = {"server_side_binding": True, "prepare_threshold": 2}
"""A statement that a connection sends again is parsed and planned once: planning what writes a transfer costs Postgres
more than the transfer. (PgBouncer in transaction mode: 1.22 or newer, `max_prepared_statements` above 100.)"""
PEER_LOST_AFTER_SECONDS = 10


class Purpose(StrEnum):
    """What a process does with the database."""

    WEB = "web"
    """Answers requests: a pool, strict time limits."""
    WORK = "work"
    """Worker, beat, relay, consumer, webhooks: a connection of their own (Celery closes pools at every task), the same
    limits."""
    MANAGE = "manage"
    """A command that a person waits for (replay, seed): its statements may be long."""
    OWN = "own"
    """Changes the schema or its grants: as the role that owns the tables."""


LONG_RUNNING_COMMANDS = frozenset({"relay_outbox", "consume_events", "send_webhooks", "runserver"})
OWNER_COMMANDS = frozenset({"migrate", "sqlmigrate", "showmigrations", "grant_privileges", "prepare_database"})


def purpose_of_command(argv: Sequence[str]) -> Purpose:
    """Tell what a `manage.py` command line needs; everything that is not known is a person's command."""
    command = argv[1] if len(argv) > 1 else ""
    if command in OWNER_COMMANDS:
        return Purpose.OWN
    return Purpose.WORK if command in LONG_RUNNING_COMMANDS else Purpose.MANAGE


def is_patient(purpose: Purpose) -> bool:
    """Whether statements may take minutes. Waiting for a lock is short in every case."""
    return purpose in (Purpose.MANAGE, Purpose.OWN)


def database_settings(url: str, purpose: Purpose, *, pool_size: int) -> dict[str, Any]:
    """Build Django's settings of one database from a libpq connection URL.

    Args:
        url: everything libpq understands, also `postgresql:///name?host=/socket/folder` and `sslmode=…`.
        purpose: decides the time limits, and whether there is a pool.
        pool_size: most connections that one web process holds.
    """
    parts = conninfo_to_dict(url)
    is_pooled = purpose is Purpose.WEB
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": 0 if is_pooled else 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **parts,
            "application_name": f"wallet-{purpose}",
            "options": _time_limits(purpose),
            "connect_timeout": 3,
            "keepalives_idle": PEER_LOST_AFTER_SECONDS,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": PEER_LOST_AFTER_SECONDS * 1000,
            **({"pool": _pool(pool_size)} if is_pooled else {}),
            **({} if purpose is Purpose.OWN else PREPARED),
        },
    }


def _time_limits(purpose: Purpose) -> str:
    """`transaction_timeout` is missing: a server before 17 refuses a connection that names it (see `connections`)."""
    if is_patient(purpose):
        limits = {"lock_timeout": "2s", "statement_timeout": "0", "idle_in_transaction_session_timeout": "5min"}
    else:
        limits = {"lock_timeout": "2s", "statement_timeout": "5s", "idle_in_transaction_session_timeout": "10s"}
    return " ".join(f"-c {name}={value}" for name, value in limits.items())


def _pool(size: int) -> dict[str, Any]:
    return {
        "min_size": min(2, size),
        "max_size": size,
        "timeout": POOL_WAIT_SECONDS,
        "max_lifetime": 1800,
        "reconnect_timeout": 2,
    }
