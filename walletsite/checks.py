"""System checks: reasons not to start.

walletsite.E001    a secret key is missing, short or known
walletsite.E002    a JWT signing key is too weak, or is the secret key
walletsite.E003    a server is reached with no password, or with one that everybody tries first
walletsite.E004    the service connects as a role that can change what is append-only (needs the database)
walletsite.E005    the database would lose acknowledged money (needs the database)
walletsite.E006    the seals cannot be signed: a key is missing, malformed or typed
walletsite.E007    webhooks could be sent to our own network, or their keys are encrypted with a weak key
walletsite.E008    e-mails would travel unencrypted, or nobody knows from whom they are
walletsite.E009    second factors are encrypted with a weak key, or sessions of the back office have no limit
walletsite.W001    there is no database
walletsite.W002    the database does not answer, so it could not be examined
walletsite.W003    seals are kept in the database only
walletsite.W004    the next month of a large table is missing (needs the database)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import parseaddr
from io import StringIO
from typing import Any
from urllib.parse import unquote, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connections
from psycopg.conninfo import conninfo_to_dict

from ledger.selectors.months import tables_without_next_month
from ledger.selectors.seal_keys import parse_keys
from walletsite.connections import UnsafeDatabase
from walletsite.database import Purpose

_IS_POWERFUL = """
    SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR EXISTS (SELECT 1 FROM pg_tables WHERE tableowner = current_user AND schemaname = 'public')
"""
KEY_CHARACTERS = 43
"""256 bits, in base64."""
DISTINCT_CHARACTERS = 12
USUAL_PASSWORDS = frozenset(
    {"", "admin", "changeme", "guest", "password", "postgres", "rabbitmq", "redis", "secret", "test", "wallet"}
)


def is_weak_key(key: str) -> bool:
    """Whether a key is shorter than 256 bits in base64, or looks typed rather than drawn."""
    return len(key) < KEY_CHARACTERS or len(set(key)) < DISTINCT_CHARACTERS or "insecure" in key.lower()


def is_weak_password(password: str) -> bool:
    return password.lower() in USUAL_PASSWORDS or len(password) < DISTINCT_CHARACTERS


@register(Tags.security)
def check_keys(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Keys must be real ones wherever strangers can reach us."""
    if not settings.IS_EXPOSED:
        return []
    found: list[CheckMessage] = []
    if any(is_weak_key(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)):
        found.append(_error("SECRET_KEY is weak.", "E001"))
    keys = settings.JWT_SIGNING_KEYS
    if not keys or any(is_weak_key(key) or key == settings.SECRET_KEY for key in keys):
        found.append(_error("JWT_SIGNING_KEYS needs keys of 256 bits that are not the SECRET_KEY.", "E002"))
    return found


@register(Tags.security)
def check_seals(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Seals must be signed by a key of our own, and be known outside of the database that they vouch for."""
    if not settings.IS_EXPOSED:
        return []
    found: list[CheckMessage] = []
    try:
        keys = [*parse_keys(settings.SEAL_SIGNING_KEYS).values(), *parse_keys(settings.SEAL_PUBLIC_KEYS).values()]
    except ImproperlyConfigured as error:
        keys = []
        found.append(_error(f"SEAL_SIGNING_KEYS or SEAL_PUBLIC_KEYS: {error}", "E006"))
    if not found and (not settings.SEAL_SIGNING_KEYS or any(len(set(key)) < DISTINCT_CHARACTERS for key in keys)):
        found.append(_error("SEAL_SIGNING_KEYS needs a key of 32 random bytes.", "E006"))
    if not settings.SEAL_ANCHOR_FILE:
        hint = "Set SEAL_ANCHOR_FILE to a file that the database's administrators cannot write."
        found.append(Warning("Seals are kept in the database only.", hint=hint, id="walletsite.W003"))
    return found


@register(Tags.security)
def check_passwords(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """No server that holds or carries our data may be reached with a password that everybody knows."""
    if not settings.IS_EXPOSED:
        return []
    databases = {name: conninfo_to_dict(getattr(settings, name)) for name in ("DATABASE_URL", "OWNER_DATABASE_URL")}
    passwords = {name: str(parts.get("password", "")) for name, parts in databases.items() if not _proves_itself(parts)}
    for name in ("REDIS_URL", "BROKER_URL"):
        passwords[name] = unquote(urlsplit(getattr(settings, name)).password or "")
    return [
        _error(f"{name} has no password, or one that everybody tries first.", "E003")
        for name, password in passwords.items()
        if is_weak_password(password)
    ]


def _proves_itself(connection: Mapping[str, Any]) -> bool:
    """Whether a database connection proves who it is without a password: by certificate, or by our account."""
    return "sslcert" in connection or str(connection.get("host", "")).startswith("/")


@register(Tags.security)
def check_webhooks(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Strangers choose where webhooks go: never to where only we can go."""
    if not settings.IS_EXPOSED:
        return []
    found: list[CheckMessage] = []
    if settings.WEBHOOK_ALLOW_PRIVATE_TARGETS:
        found.append(_error("WEBHOOK_ALLOW_PRIVATE_TARGETS is for development and tests.", "E007"))
    keys = settings.WEBHOOK_ENCRYPTION_KEYS
    if not keys or any(is_weak_key(key) or key == settings.SECRET_KEY for key in keys):
        found.append(_error("WEBHOOK_ENCRYPTION_KEYS needs keys of 256 bits that are not the SECRET_KEY.", "E007"))
    return found


@register(Tags.security)
def check_back_office(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Second factors must be readable by nobody else, and a forgotten session must end."""
    found: list[CheckMessage] = []
    limits = settings.BACK_OFFICE_IDLE, settings.BACK_OFFICE_LIFETIME
    if min(limits) <= timedelta(0) or settings.BACK_OFFICE_SESSIONS_PER_PERSON < 1:
        found.append(_error("The BACK_OFFICE_… limits are above zero.", "E009"))
    keys = settings.SECOND_FACTOR_ENCRYPTION_KEYS
    used_elsewhere = {settings.SECRET_KEY, *settings.WEBHOOK_ENCRYPTION_KEYS, *settings.JWT_SIGNING_KEYS}
    if settings.IS_EXPOSED and (not keys or any(is_weak_key(key) or key in used_elsewhere for key in keys)):
        found.append(
            _error("SECOND_FACTOR_ENCRYPTION_KEYS needs keys of 256 bits that are used for nothing else.", "E009")
        )
    return found


@register(Tags.security)
def check_email(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """What people are told is theirs: to the mail server it goes encrypted, unless that is on this machine."""
    if not (settings.IS_EXPOSED and settings.SENDS_EMAIL):
        return []
    found: list[CheckMessage] = []
    address = urlsplit(settings.EMAIL_URL)
    is_safe = address.scheme in {"smtp+tls", "smtp+ssl", "smtps"} or address.hostname in {"localhost", "127.0.0.1"}
    if not (is_safe and address.scheme.startswith("smtp")):
        found.append(_error("EMAIL_URL is no smtp+tls:// or smtp+ssl:// URL.", "E008"))
    if parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] in {"", "localhost"}:
        found.append(_error("EMAIL_FROM needs an address of yours.", "E008"))
    return found


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[CheckMessage]:
    """The database must keep what it acknowledges. One that does not answer now is examined when it does."""
    if not settings.DATABASE_URL:
        return [Warning("There is no database.", hint="Set DATABASE_URL, or run `make up`.", id="walletsite.W001")]
    if "default" not in (databases or ()):
        return []
    try:
        return _check_role() + _check_months()
    except UnsafeDatabase as error:
        return [_error(str(error), "E005", hint="Switch these settings on, on the server.")]
    except OperationalError:
        return [Warning("The database does not answer.", id="walletsite.W002")]


START_TAGS = (Tags.security, Tags.database)


def require_safe_start() -> None:
    """Run the checks of this installation before a process takes work. Those of the code are for `make check`: they
    load every route and screen, which most processes never need.

    Raises:
        SystemCheckError: there is a reason not to start.
    """
    try:
        call_command("check", tags=START_TAGS, databases=["default"], stdout=StringIO())
    finally:
        connections.close_all()  # a connection that the starting thread kept would be one less for requests


def _check_role() -> list[CheckMessage]:
    """The service must not be able to rewrite history: its role owns nothing and is no superuser."""
    if not settings.IS_EXPOSED or settings.DATABASE_PURPOSE == Purpose.OWN:
        connections["default"].ensure_connection()
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(_IS_POWERFUL)
        (is_powerful,) = cursor.fetchone()
    if not is_powerful:
        return []
    hint = "Connect as a role of its own (APP_DATABASE_ROLE); migrate with OWNER_DATABASE_URL."
    return [_error("DATABASE_URL names a role that owns tables or is a superuser.", "E004", hint)]


def _check_months() -> list[CheckMessage]:
    try:
        missing = tables_without_next_month()
    except ProgrammingError:
        return []  # nothing is migrated yet
    if not missing:
        return []
    text = f"The next month is missing: {', '.join(missing)}."
    return [Warning(text, hint="Run `manage.py ensure_partitions`, and see that beat runs.", id="walletsite.W004")]


def _error(text: str, number: str, hint: str = "See .env.example.") -> CheckMessage:
    return Error(text, hint=hint, id=f"walletsite.{number}")
