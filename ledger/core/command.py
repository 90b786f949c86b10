"""What every command has: who asks, and the right to happen once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked, and on what occasion. Ids only: names and addresses belong to compliance.

    Attributes:
        actor_type: the caller's role, or SYSTEM for the service's own jobs.
        session_id: the log-in under which it happened; leads to address and device in compliance.
        correlation_id: the request id that the answer and every log line carry.
    """

    actor_type: str
    actor_id: UUID | None = None
    session_id: UUID | None = None
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to happen once: (scope, key) is unique for ever (C11).

    Attributes:
        request_hash: SHA-256 over what was asked; the same key with another hash is another request.
    """

    scope: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command has.

    Attributes:
        event_id: the id that its event will bear.
        effective_at: when it counts; None = when it is recorded.
        effective_reason: why it counts from another time than it is recorded.
    """

    id: UUID
    event_id: UUID
    claim: Claim
    origin: Origin
    effective_at: datetime | None = None
    effective_reason: str = ""
