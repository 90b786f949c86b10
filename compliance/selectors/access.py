"""Who decides who may what (ADR 0037)."""

from __future__ import annotations

from compliance.models import Caller, Role, User


def is_access_administrator(caller: Caller) -> bool:
    """Whether a caller decides who may what, and has no right over anybody's money."""
    return caller.administers_access


def decides_over_access(caller: Caller) -> bool:
    """Whether a caller gives and takes roles, names deputies of others and looks after service accounts.

    The company's access administrators do. Until a company has its first one, its finance does.
    """
    if is_access_administrator(caller):
        return caller.is_active
    return caller.role == Role.FINANCE and not has_access_administrator(caller)


def has_access_administrator(caller: Caller) -> bool:
    """Whether the caller's company has one, at work or not: a right that was given apart does not fall back."""
    return User.objects.filter(company_id=caller.company_id, administers_access=True).exists()
