"""The environment of the demo: what is given wins, what is missing is made up and kept."""

from __future__ import annotations

import os
from pathlib import Path

from walletsite.embedded.installation import Secrets, load_or_make_secrets, write_private
from walletsite.embedded.places import CHECKOUT
from walletsite.embedded.postgres import EmbeddedPostgres
from walletsite.embedded.roles import APP, OWNER, ensure_database, ensure_role
from walletsite.embedded.valkey import EmbeddedValkey
from walletsite.up.supervisor import Supervisor

DEMO_FOLDER = CHECKOUT / ".demo"
DATABASE = "wallet"
GIVEN = (
    "PROFILE",
    "SECRET_KEY",
    "JWT_SIGNING_KEYS",
    "SEAL_SIGNING_KEYS",
    "SEAL_PUBLIC_KEYS",
    "SEAL_ANCHOR_FILE",
    "WEBHOOK_ENCRYPTION_KEYS",
    "SECOND_FACTOR_ENCRYPTION_KEYS",
    "EMAIL_URL",
    "EMAIL_FROM",
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "REDIS_URL",
    "BROKER_URL",
)


def demo_environment(supervisor: Supervisor, folder: Path, *, base_url: str) -> dict[str, str]:
    """Start the servers that nobody named and return what the service has to know.

    Args:
        supervisor: keeps the embedded servers running.
        folder: for their data and the secrets of this installation.
        base_url: where people will find the service.
    """
    kept = load_or_make_secrets(folder / "secrets.json")
    environment = {
        "BASE_URL": base_url,
        "SECRET_KEY": kept.secret_key,
        "JWT_SIGNING_KEYS": kept.jwt_signing_key,
        "SEAL_SIGNING_KEYS": f"demo:{kept.seal_signing_seed}",
        "WEBHOOK_ENCRYPTION_KEYS": kept.webhook_encryption_key,
        "SECOND_FACTOR_ENCRYPTION_KEYS": kept.second_factor_encryption_key,
    }
    environment |= {name: os.environ[name] for name in GIVEN if name in os.environ}
    if "DATABASE_URL" not in environment:
        environment = {"SEAL_ANCHOR_FILE": str(folder / "seals.ndjson"), **environment}
        environment |= _start_postgres(supervisor, folder, kept)
    if "REDIS_URL" not in environment:
        environment["REDIS_URL"] = _start_valkey(supervisor, folder, kept)
    return environment


def write_service_env(environment: dict[str, str]) -> None:
    """Let `manage.py` in another terminal find the running demo. For the eyes of the owner only."""
    DEMO_FOLDER.mkdir(mode=0o700, exist_ok=True)
    lines = [f"{name}={value}" for name, value in environment.items()]
    write_private(DEMO_FOLDER / "service.env", "\n".join(lines) + "\n")


def _start_postgres(supervisor: Supervisor, folder: Path, kept: Secrets) -> dict[str, str]:
    server = EmbeddedPostgres(folder, password=kept.superuser_password)
    server.prepare()
    supervisor.start([server.program()])
    server.wait_until_ready()
    ensure_role(server.url(), OWNER, kept.owner_password)
    ensure_role(server.url(), APP, kept.app_password)
    ensure_database(server.url(), DATABASE, owner=OWNER, guest=APP)
    return {
        "DATABASE_URL": server.url(user=APP, password=kept.app_password, database=DATABASE),
        "OWNER_DATABASE_URL": server.url(user=OWNER, password=kept.owner_password, database=DATABASE),
    }


def _start_valkey(supervisor: Supervisor, folder: Path, kept: Secrets) -> str:
    server = EmbeddedValkey(folder, password=kept.valkey_password)
    server.clear_leftovers()
    server.prepare()
    supervisor.start([server.program()])
    server.wait_until_ready()
    return server.url()
