"""Who asks, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

SYSTEM_ROLE = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Origin:
    """What audit and access records keep of the request behind a change or a look (R187, R189).

    Attributes:
        actor_id: the user or service account; None when the installation itself acts (seed, expiry, throttle).
        ip_address: the client's, as `compliance.api.address` found it; None outside a request.
        correlation_id: the request id, which the logs carry too.
    """

    actor_id: UUID | None = None
    actor_role: str = SYSTEM_ROLE
    ip_address: str | None = None
    user_agent: str = ""
    session_id: UUID | None = None
    correlation_id: str = ""
