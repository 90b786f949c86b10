"""Approvals in plain words: what a rule asks for and whom a request needs. Made in one place, so that lists, pages,
dialogs and messages say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.core.approving import CHECKERS

SUBJECTS = {
    "adjustment.post": "adjustments",
    "approval_rule.set": "changes of approval rules",
    "budget.change": "changes of budgets",
    "import.apply": "imports",
    "reservation.release": "releases of reservations",
    "transaction.reverse": "reversals",
    "wallet.reactivate": "reactivations of wallets",
    "wallet.sweep_and_close": "closings with sweep",
}
"""What is done, by operation."""
KINDS = {
    "CREDIT": "adjustments that give",
    "DEBIT": "adjustments that take",
    "FROZEN_BY_COMPLIANCE": "reactivations of what compliance froze",
    "MODE": "changes of what a budget does",
    "RAISE": "raises of budgets",
}
"""The same, by the kind of case where a rule is about some of them only."""
MAKERS = {"MANAGER": "managers", "FINANCE": "finance", "COMPLIANCE": "compliance", "SYSTEM": "other services"}
CHECKING = {**MAKERS, "MANAGER": "the managers"}
SOURCES = {"ADMIN": "in the back office", "API": "over the interface"}
NUMBERS = {1: "one other person", 2: "two other people", 3: "three other people"}


def listed(names: Sequence[str], last: str = "or") -> str:
    """`finance, compliance or managers`."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def need_words(needed: int, checkers: Iterable[str]) -> str:
    """`one other person of finance`."""
    return f"{NUMBERS[needed]} of {listed([CHECKING[role] for role in checkers])}"


def steps_words(steps: Iterable[Mapping[str, Any]]) -> str:
    """Whom a request needs: every step of it."""
    return " and ".join(need_words(step["needed"], step["checkers"]) for step in steps)


def rule_words(operation: str, blocks: Sequence[Mapping[str, Any]], checkers: Iterable[str], needed: int) -> str:
    """A rule as a sentence: `Reversals by finance or managers need one other person of finance.`"""
    told = listed([block_words(operation, block) for block in blocks or [{}]], last="and")
    return f"{told[:1].upper()}{told[1:]} need {need_words(needed, checkers)}."


def block_words(operation: str, block: Mapping[str, Any]) -> str:
    """What one set of conditions is about: `raises of budgets by managers of 1000.00 EUR or more`."""
    parts = [listed([KINDS.get(kind, kind) for kind in block["kinds"]]) if "kinds" in block else _subject(operation)]
    if "maker_roles" in block:
        parts.append(_makers(block["maker_roles"]))
    if "amount_gte" in block:
        parts.append(f"of {amount_words(Decimal(block['amount_gte']), block.get('currency', ''))} or more")
    elif "currency" in block:
        parts.append(f"in {block['currency']}")
    if "sources" in block:
        parts.append(listed([SOURCES[source] for source in block["sources"]]))
    return " ".join(parts)


def _subject(operation: str) -> str:
    return SUBJECTS.get(operation, operation)


def _makers(roles: Sequence[str]) -> str:
    """Everybody who works in the back office is told in one word."""
    return "by staff" if set(roles) == CHECKERS else f"by {listed([MAKERS[role] for role in roles])}"


def amount_words(amount: Decimal, currency: str) -> str:
    """`1000.00 EUR`; the bare number where it is meant in whatever currency there is."""
    if not currency:
        return format_amount(amount, 2)
    return f"{format_amount(amount, get_asset(currency).cash_scale)} {currency}"
