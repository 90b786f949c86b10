"""Who may say that a movement counts from another time than it is recorded (ADR 0021)."""

from __future__ import annotations

from compliance.models import Caller

BACKDATE_SCOPE = "ledger:backdate"


def may_backdate(caller: Caller) -> bool:
    """Finance, and programs that were given the scope for it: it changes what the past looks like."""
    return caller.role == "FINANCE" or BACKDATE_SCOPE in caller.scopes
