"""Settings. Everything that differs between installations comes from the environment (see `.env.example`).

The profile says how careful to be: `development` makes up what is missing, `test` is the test run, `staging` and
`production` refuse to start without real secrets, a durable database and TLS.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab

from walletsite.back_office.settings import UNFOLD  # noqa: F401 (a setting)
from walletsite.database import Purpose, database_settings, databases, is_patient
from walletsite.logs import logging_settings
from walletsite.openapi.settings import INTERFACE, SPECTACULAR_SETTINGS  # noqa: F401 (a setting)

BASE_DIR = Path(__file__).resolve().parent.parent
PROFILES = ("development", "test", "staging", "production")

env = environ.Env()
PROFILE = env.str("PROFILE", "development")
if PROFILE not in PROFILES:
    raise environ.ImproperlyConfigured(f"PROFILE is {PROFILE!r}; it is one of {', '.join(PROFILES)}.")
IS_EXPOSED = PROFILE in ("staging", "production")

_service_env = BASE_DIR / ".demo" / "service.env"
if PROFILE == "development" and "DATABASE_URL" not in env.ENVIRON and _service_env.exists():
    env.read_env(_service_env)  # written by `make up`, so that manage.py finds the running demo


def _required(name: str, *, otherwise: str) -> str:
    """A variable that only development and tests may leave out."""
    value: str = env.str(name) if IS_EXPOSED else env.str(name, otherwise)
    return value


# -- Secrets: made up per process where nobody else has to know them.
SECRET_KEY = _required("SECRET_KEY", otherwise=secrets.token_urlsafe(48))
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
JWT_SIGNING_KEYS = [key for key in _required("JWT_SIGNING_KEYS", otherwise=secrets.token_urlsafe(48)).split(",") if key]
"""The first signs, all verify. HS256, at least 256 bits each."""
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
_made_up_seed = f"made-up:{b64encode(secrets.token_bytes(32)).decode()}"
SEAL_SIGNING_KEYS = [key for key in _required("SEAL_SIGNING_KEYS", otherwise=_made_up_seed).split(",") if key]
"""`key_id:base64 of a 32-byte Ed25519 seed` each. The first signs seals, all verify."""
SEAL_PUBLIC_KEYS = env.list("SEAL_PUBLIC_KEYS", default=[])
"""`key_id:base64 of the public key` of keys that sign no more, so that their private halves can be destroyed."""
SEAL_ANCHOR_FILE = env.str("SEAL_ANCHOR_FILE", "")
"""Where each seal is copied to, outside of the database; those over records to a file beside it. Empty: nowhere."""
WEBHOOK_ENCRYPTION_KEYS = [
    key for key in _required("WEBHOOK_ENCRYPTION_KEYS", otherwise=secrets.token_urlsafe(48)).split(",") if key
]
"""Encrypt the keys that sign webhooks: the first encrypts, all open."""
SECOND_FACTOR_ENCRYPTION_KEYS = [
    key for key in _required("SECOND_FACTOR_ENCRYPTION_KEYS", otherwise=secrets.token_urlsafe(48)).split(",") if key
]
"""Encrypt what authenticator apps share with us: the first encrypts, all open."""

# -- Database
DATABASE_PURPOSE = Purpose(env.str("DATABASE_PURPOSE", Purpose.WORK))
DATABASE_URL = _required("DATABASE_URL", otherwise="")
OWNER_DATABASE_URL = env.str("OWNER_DATABASE_URL", DATABASE_URL)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 8)
"""Per web process. With worker, beat, relay and consumer an instance of 2 stays within 20 connections (R92)."""
TRANSACTION_TIMEOUT_SECONDS = 0 if is_patient(DATABASE_PURPOSE) else 10
REQUIRE_DURABLE_DATABASE = PROFILE != "test"
_url = OWNER_DATABASE_URL if DATABASE_PURPOSE is Purpose.OWN else DATABASE_URL
DATABASES = databases(_url, env.str("REPLICA_DATABASE_URL", ""), DATABASE_PURPOSE, pool_size=DATABASE_POOL_SIZE)
DATABASE_ROUTERS = ["ledger.selectors.replicas.ReplicaRouter"]
APP_DATABASE_ROLE = env.str(
    "APP_DATABASE_ROLE", database_settings(DATABASE_URL, Purpose.WORK, pool_size=1)["USER"] if DATABASE_URL else ""
)
"""The role that the service connects as; `grant_privileges` grants to it."""

# -- Redis and broker. Money never waits for either.
REDIS_URL = _required("REDIS_URL", otherwise="redis://127.0.0.1:1")
"""In development without Redis nothing listens on port 1, and callers do without. (Port 0 means 6379 to redis-py.)"""
BROKER_URL = env.str("BROKER_URL", REDIS_URL)
INBOX_EXCHANGE = env.str("INBOX_EXCHANGE", "services.events")
INBOX_EXCHANGE_TYPE = env.str("INBOX_EXCHANGE_TYPE", "topic")
INBOX_ROUTING_KEYS = env.list("INBOX_ROUTING_KEYS", default=["#"])
INBOX_QUEUE = env.str("INBOX_QUEUE", "wallet.inbox")
"""Where the other services publish, what of it is wanted, and the queue in which it waits for us."""
INBOX_GAP_SECONDS = env.int("INBOX_GAP_SECONDS", 60)
"""How long the events of a source wait for a missing number before it is given up."""
INBOX_PATIENCE_SECONDS = env.int("INBOX_PATIENCE_SECONDS", 3600)
"""How long an event waits for what it depends on (a booking, a person) before it has failed."""
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
"""Django's own cache serves nobody here: `ledger.redis` is the one door to Redis."""

# -- What runs
ROOT_URLCONF = "walletsite.urls"
WSGI_APPLICATION = "walletsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "compliance.User"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
FORMAT_MODULE_PATH = ["walletsite.formats"]
DEBUG = False
APPEND_SLASH = False

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # its screens are loaded by `walletsite.urls`: a third of the memory
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_prometheus",
    "django_structlog",
    "ledger",
    "compliance",
    "budgets",
    "wallets",
    "walletsite",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "walletsite.middleware.RequestMiddleware",
    "walletsite.problems.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "compliance.api.desk.DeskMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "walletsite.middleware.NulMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# -- Static files: straight from the packages in development, collected and compressed elsewhere.
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if IS_EXPOSED else None
WHITENOISE_USE_FINDERS = not IS_EXPOSED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_EXPOSED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# -- Who may talk to us, and how
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS") if IS_EXPOSED else ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
"""How many proxies in front of us append to X-Forwarded-For; with none, the header is not believed."""
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_EXPOSED
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$", r"^metrics$"]  # probes come without TLS, from inside
SECURE_HSTS_SECONDS = 31_536_000 if IS_EXPOSED else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_EXPOSED
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
"""Not in Redis: a session that was ended while Redis was away would come back with it."""

# -- Sizes
DATA_UPLOAD_MAX_MEMORY_SIZE, DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 1024 * 1024, 1000, 1
FILE_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024  # of a form with its file; a larger one is read and dropped
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # none that writes to the disk

# -- People
AUTHENTICATION_BACKENDS = ["compliance.api.backends.PasswordBackend"]
PASSWORD_HASHERS = [
    "compliance.services.hashers.ModestArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if PROFILE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; guards nothing outside of tests
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
REFRESH_TOKEN_LIFETIME = timedelta(days=14)
JWT_ISSUER = env.str("JWT_ISSUER", "wallet-service")
JWT_AUDIENCE = env.str("JWT_AUDIENCE", "wallet-service")
LOGIN_FAILURES_PER_ACCOUNT = env.int("LOGIN_FAILURES_PER_ACCOUNT", 10)
LOGIN_FAILURES_PER_ADDRESS = env.int("LOGIN_FAILURES_PER_ADDRESS", 50)
BACK_OFFICE_IDLE = timedelta(minutes=env.int("BACK_OFFICE_IDLE_MINUTES", 30))
BACK_OFFICE_LIFETIME = timedelta(hours=env.int("BACK_OFFICE_LIFETIME_HOURS", 8))
BACK_OFFICE_SESSIONS_PER_PERSON = env.int("BACK_OFFICE_SESSIONS_PER_PERSON", 3)
"""When a log-in to the back office ends: unused, grown old, or when its person has as many newer ones."""
SESSION_COOKIE_AGE = int(BACK_OFFICE_LIFETIME.total_seconds())

# -- REST interface
RATE_LIMIT_PER_WALLET = env.int("RATE_LIMIT_PER_WALLET", 600)
RATE_LIMIT_PER_PERSON = env.int("RATE_LIMIT_PER_PERSON", 6_000)
RATE_LIMIT_PER_SERVICE = env.int("RATE_LIMIT_PER_SERVICE", 120_000)
POSTING_BATCH, POSTING_QUEUE = env.int("POSTING_BATCH", 64), env.int("POSTING_QUEUE", 256)
"""Most requests of a process that are posted in one transaction, and most that wait to be (503 for the next)."""
REST_FRAMEWORK = {**INTERFACE, "NUM_PROXIES": TRUSTED_PROXIES}

# -- Webhooks
WEBHOOK_ALLOW_PRIVATE_TARGETS = env.bool("WEBHOOK_ALLOW_PRIVATE_TARGETS", PROFILE == "development")
"""Whether webhooks may go to addresses that are not public, such as this machine's. Never where strangers reach us."""

# -- E-mail: by Django's own framework. In development it is written to the terminal.
EMAIL_URL = env.str("EMAIL_URL", "" if IS_EXPOSED else "consolemail://")
"""smtp+tls://user:password@host:587 or smtp+ssl://…:465. Empty: nobody is mailed, the inbox tells alone."""
SENDS_EMAIL = bool(EMAIL_URL)
if SENDS_EMAIL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "") or "Wallet service <wallet@localhost>"
EMAIL_TIMEOUT = 10
EMAIL_USE_LOCALTIME = False

# -- Background work: JSON only, nothing acknowledged before it is done, no results kept.
CELERY_BROKER_URL = BROKER_URL
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_PUBLISH_RETRY = True
"""Only beat publishes. It keeps its connection, and only a repetition opens a new one after the broker was away."""
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"confirm_publish": True}
    if BROKER_URL.startswith("amqp")
    else {"socket_timeout": 5, "socket_connect_timeout": 2, "visibility_timeout": 600}
)
CELERY_BEAT_SCHEDULER = "walletsite.scheduler:WholeScheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "fold system accounts": {"task": "ledger.fold_system_accounts", "schedule": timedelta(minutes=1)},
    "expire holds": {"task": "ledger.expire_holds", "schedule": timedelta(seconds=30)},
    "refresh read models": {"task": "ledger.refresh_read_models", "schedule": timedelta(minutes=5)},
    "seal": {"task": "ledger.seal", "schedule": timedelta(minutes=1)},
    "seal records": {"task": "ledger.seal_records", "schedule": timedelta(minutes=1)},
    "snapshot balances": {"task": "ledger.snapshot_balances", "schedule": timedelta(hours=1)},
    "ensure partitions": {"task": "ledger.ensure_partitions", "schedule": timedelta(hours=6)},
    "purge log-ins": {"task": "compliance.purge_log_ins", "schedule": timedelta(hours=1)},
    "retry due events": {"task": "wallets.retry_due_events", "schedule": timedelta(seconds=15)},
    "check a sample": {"task": "ledger.check_sample", "schedule": timedelta(minutes=1)},
    "verify the ledger": {"task": "ledger.verify_ledger", "schedule": crontab(hour="2", minute="30")},
    "turn budgets": {"task": "budgets.turn_budgets", "schedule": timedelta(minutes=1)},
    "verify budgets": {"task": "budgets.verify_budgets", "schedule": crontab(hour="3", minute="30")},
    "purge job runs": {"task": "ledger.purge_job_runs", "schedule": timedelta(hours=6)},
    "tell of budgets": {"task": "budgets.tell_of_budgets", "schedule": timedelta(seconds=5)},
    "retry parked spends": {"task": "wallets.retry_parked_spends", "schedule": timedelta(seconds=15)},
    "note notifications": {"task": "wallets.note_notifications", "schedule": timedelta(seconds=15)},
    "send e-mails": {"task": "wallets.send_emails", "schedule": timedelta(seconds=15)},
    "purge notifications": {"task": "wallets.purge_notifications", "schedule": timedelta(hours=1)},
    "work on imports": {"task": "wallets.work_on_imports", "schedule": timedelta(seconds=5)},
    "make statement packs": {"task": "wallets.make_statement_packs", "schedule": timedelta(seconds=15)},
    "purge files": {"task": "wallets.purge_files", "schedule": timedelta(hours=1)},
    "expire approvals": {"task": "wallets.expire_approvals", "schedule": timedelta(minutes=1)},
    "remind checkers": {"task": "wallets.remind_checkers", "schedule": timedelta(minutes=15)},
    "purge webhooks": {"task": "wallets.purge_webhooks", "schedule": timedelta(hours=1)},
}

# -- Logs
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING = logging_settings(is_json=IS_EXPOSED, level=LOG_LEVEL)
LOGGING_CONFIG = "walletsite.logs.configure_logging"
DJANGO_STRUCTLOG_CELERY_ENABLED = True
