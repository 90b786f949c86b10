"""Databases besides the run's own one, as fresh as a new installation, on the same server."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests import servers
from walletsite.embedded.roles import drop_database, ensure_database

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Installation:
    """A database with its addresses; `manage` runs the service's commands on it."""

    name: str
    url: str
    owner_url: str
    superuser_url: str

    def manage(self, *arguments: str, expect: int = 0) -> str:
        """Run `manage.py` in a process of its own, as a person would; returns what it said on both ways."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=os.environ
            | {"DJANGO_SETTINGS_MODULE": "walletsite.settings", "COLUMNS": "200"}
            | {"DATABASE_URL": self.url, "OWNER_DATABASE_URL": self.owner_url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.superuser_url, autocommit=True)


@contextmanager
def new_installation() -> Iterator[Installation]:
    """A database of its own, without tables; dropped afterwards."""
    superuser_url = os.environ["TEST_SUPERUSER_URL"]
    name = f"{servers.database_name()}_{secrets.token_hex(3)}"
    ensure_database(superuser_url, name, owner=servers.OWNER_ROLE, guest=servers.APP_ROLE)
    try:
        yield Installation(
            name=name,
            url=servers.url_for(superuser_url, servers.APP_ROLE, name),
            owner_url=servers.url_for(superuser_url, servers.OWNER_ROLE, name),
            superuser_url=psycopg.conninfo.make_conninfo(superuser_url, dbname=name),
        )
    finally:
        drop_database(superuser_url, name)
