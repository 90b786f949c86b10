"""What people are told of, and by which ways unless they wish otherwise (R42)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of notification. Names are kept for as long as there may be rows and preferences of them."""

    WALLET_FROZEN = "WALLET_FROZEN"
    WALLET_SUSPENDED = "WALLET_SUSPENDED"
    WALLET_CLOSED = "WALLET_CLOSED"
    WALLET_REOPENED = "WALLET_REOPENED"
    SPEND_REFUSED = "SPEND_REFUSED"
    MONEY_RECEIVED = "MONEY_RECEIVED"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    BUDGET_THRESHOLD_REACHED = "BUDGET_THRESHOLD_REACHED"
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
    BUDGET_CHANGED = "BUDGET_CHANGED"
    BUDGET_REQUEST_OPENED = "BUDGET_REQUEST_OPENED"
    BUDGET_REQUEST_DECIDED = "BUDGET_REQUEST_DECIDED"
    APPROVAL_REQUESTED = "APPROVAL_REQUESTED"
    APPROVAL_DECIDED = "APPROVAL_DECIDED"
    SECURITY_CHANGED = "SECURITY_CHANGED"


@dataclass(frozen=True, slots=True)
class Ways:
    """How somebody is told of a kind: in his inbox, by e-mail, both, or not at all."""

    in_app: bool
    email: bool


ALWAYS_IN_APP = frozenset(
    {
        Kind.WALLET_FROZEN,
        Kind.WALLET_SUSPENDED,
        Kind.WALLET_CLOSED,
        Kind.WALLET_REOPENED,
        Kind.SECURITY_CHANGED,
    }
)
"""What somebody's wallet can do at all, and who can log in as him: nobody can keep himself from being told in his
inbox."""
_INBOX_ONLY = frozenset({Kind.SPEND_REFUSED, Kind.MONEY_RECEIVED, Kind.HOLD_EXPIRED, Kind.BUDGET_CHANGED})
"""Frequent, or asked for by the person himself: by e-mail only on request."""


def default_ways(kind: Kind) -> Ways:
    """The ways of whoever has not said anything about a kind."""
    return Ways(in_app=True, email=kind not in _INBOX_ONLY)
