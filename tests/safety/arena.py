"""A database of one run alone, copied from one that is prepared once: with the schema, the rights and some people."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from tests import servers
from tests.compliance.clients import tokens_of
from tests.compliance.factories import Cast, make_cast
from tests.databases import Installation, new_installation
from tests.ledger.connecting import connected_with
from walletsite.database import Purpose, database_settings
from walletsite.embedded.roles import drop_database


@dataclass(frozen=True, slots=True)
class Ground:
    """What every arena is a copy of.

    Attributes:
        token: of the service account `bookings`. finance: of frida.
    """

    installed: Installation
    cast: Cast
    token: str
    finance: str


@dataclass(frozen=True, slots=True)
class Arena:
    """A database in which one run takes place, and which the service in this process is connected to meanwhile."""

    ground: Ground
    installed: Installation

    @property
    def superuser_url(self) -> str:
        return self.installed.superuser_url

    def change(self, statement: str) -> None:
        """Do what only a superuser can, past every guard."""
        with psycopg.connect(self.superuser_url) as connection:
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(statement)


@contextmanager
def new_ground() -> Iterator[Ground]:
    with new_installation() as installed:
        with connected_with(database_settings(installed.owner_url, Purpose.OWN, pool_size=1)):
            call_command("migrate", verbosity=0, interactive=False)
            call_command("grant_privileges", verbosity=0, stdout=StringIO())
        with serving(installed):
            cast = make_cast()
            ground = Ground(installed, cast, tokens_of(cast.bookings).access, tokens_of(cast.frida).access)
        yield ground


@contextmanager
def new_arena(ground: Ground) -> Iterator[Arena]:
    with new_copy(ground) as installed, serving(installed):
        yield Arena(ground, installed)


@contextmanager
def new_copy(ground: Ground) -> Iterator[Installation]:
    """The database alone; nobody is connected to it."""
    superuser_url, name = os.environ["TEST_SUPERUSER_URL"], f"{ground.installed.name}_{secrets.token_hex(3)}"
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for statement in (
            "CREATE DATABASE {name} OWNER {owner} TEMPLATE {ground}",
            "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {name} TO {guest}",
        ):
            names = {"name": name, "ground": ground.installed.name}
            roles = {"owner": servers.OWNER_ROLE, "guest": servers.APP_ROLE}
            identifiers = {word: sql.Identifier(value) for word, value in {**names, **roles}.items()}
            connection.execute(sql.SQL(statement).format(**identifiers))
    installed = Installation(
        name=name,
        url=servers.url_for(superuser_url, servers.APP_ROLE, name),
        owner_url=servers.url_for(superuser_url, servers.OWNER_ROLE, name),
        superuser_url=psycopg.conninfo.make_conninfo(superuser_url, dbname=name),
    )
    try:
        yield installed
    finally:
        drop_database(superuser_url, name)


@contextmanager
def serving(installed: Installation) -> Iterator[None]:
    """Connect the service to it as it connects by itself, without a pool: threads of a run close what they opened."""
    with connected_with(database_settings(installed.url, Purpose.WORK, pool_size=1)):
        try:
            yield
        finally:
            connections.close_all()
