"""Who may say that a movement counts from another time than it is recorded (ADR 0021)."""

from __future__ import annotations

from compliance.core.roles import SYSTEM, roles_over_all
from compliance.models import Caller

BACKDATERS = roles_over_all("money.backdate") - {SYSTEM}
BACKDATE_SCOPE = "ledger:backdate"


def may_backdate(caller: Caller) -> bool:
    """Finance, and programs that were given the scope for it: it changes what the past looks like."""
    return caller.role in BACKDATERS or BACKDATE_SCOPE in caller.scopes
