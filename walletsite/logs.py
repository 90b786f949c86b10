"""Logs: one JSON object a line where machines read, one readable line where people do; never a secret, never two lines.

Both structlog's and the standard library's records go through the same processors.
"""

from __future__ import annotations

import logging.config
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from ledger.api.cards import hide_card_numbers

SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "signature",
    "signing_key",
    "database_url",
    "broker_url",
    "redis_url",
)
REDACTED = "[redacted]"
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) != "\t"}


def redact_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Hide values by the name they are logged under, at any depth."""
    return {name: _redacted(name, value) for name, value in event.items()}


def redact_card_numbers(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A path is logged as it was asked for, whatever somebody has put into it (PCI DSS 3.5.1)."""
    return {name: hide_card_numbers(value) if isinstance(value, str) else value for name, value in event.items()}


def escape_control_characters(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep line ends and terminal sequences of strangers from writing log lines of their own."""
    return {name: value.translate(_ESCAPES) if isinstance(value, str) else value for name, value in event.items()}


def logging_settings(*, is_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, in one form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "one_line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared_processors(),
                "processors": _final_processors(is_json=is_json),
            }
        },
        "filters": {"with_traceback": {"()": lambda: _has_traceback}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "one_line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # What was refused, and with which status, is in our own line for each request.
            "django.request": {"filters": ["with_traceback"]},
            "django.security": {"level": "ERROR"},
            # Announces each loan that had to wait; the time-out that matters is an error of the request.
            "psycopg.pool": {"level": "ERROR"},
        },
    }


def configure_logging(settings: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact_secrets,
        redact_card_numbers,
    ]


def _final_processors(*, is_json: bool) -> list[Processor]:
    """Local variables stay out of tracebacks: they hold what must not be logged."""
    if is_json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(default=str),
        ]
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        escape_control_characters,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0),
    ]


def _redacted(name: str, value: Any) -> Any:
    if isinstance(value, MutableMapping):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    return REDACTED if any(word in name.lower() for word in SECRET_WORDS) else value


def _has_traceback(record: logging.LogRecord) -> bool:
    return bool(record.exc_info)
