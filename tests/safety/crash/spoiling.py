"""A copy of the database, for faults that are made on purpose: what they break is thrown away with it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections
from psycopg import sql

from tests import servers
from tests.ledger.connecting import connected_with
from walletsite.embedded.roles import drop_database, ensure_database


@contextmanager
def copied_database() -> Iterator[None]:
    """For the block, the service's database is a copy of itself."""
    superuser_url, name = os.environ["TEST_SUPERUSER_URL"], str(connections["default"].settings_dict["NAME"])
    copy = f"{name}_{secrets.token_hex(3)}"
    connections.close_all()
    with psycopg.connect(superuser_url, autocommit=True) as session:
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        session.execute(statement.format(*map(sql.Identifier, (copy, servers.OWNER_ROLE, name))))
    try:
        ensure_database(superuser_url, copy, owner=servers.OWNER_ROLE, guest=servers.APP_ROLE)
        with connected_with({"NAME": copy}):
            yield
    finally:
        connections.close_all()
        drop_database(superuser_url, copy)
