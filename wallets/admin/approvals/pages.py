"""How an approval looks: what it is about, what would change, who has agreed, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from ledger.admin.cells import EMPTY, actor_cell, id_cell, label_cell
from ledger.admin.screens import Table
from wallets.admin.approvals.words import need_words, rule_words
from wallets.admin.owners import Owners, owners_for
from wallets.core.approving import filled, step_from_data
from wallets.models import Approval, ApprovalStatus, ApprovalVote, Verdict
from wallets.services.approvals.registry import OPERATIONS

PAGES = {
    "wallet": "wallets_wallet",
    "transaction": "ledger_transaction",
    "reservation": "ledger_reservation",
    "budget": "budgets_budget",
    "approval_rule": "wallets_approvalrule",
    "import": "wallets_import",
}
"""Where a target is shown, by its type."""
MOST_CHANGES = 3


def title_of(approval: Approval) -> str:
    """What is asked for, such as `Reverse a transaction`."""
    known = OPERATIONS.get(approval.operation)
    return known.title if known else approval.operation


def approval_url(approval_id: UUID) -> str:
    return reverse("admin:wallets_approval_change", args=[approval_id])


def names_for(request: HttpRequest, approvals: Iterable[Approval]) -> Owners:
    """The people whom a page of approvals names, as far as the reader may see them; the looks are recorded."""
    shown = list(approvals)
    return owners_for(request, [id for one in shown for id in (one.requested_by, one.subject_user_id)])


def person_cell(owners: Owners, role: str, id: UUID) -> str:
    """Who it was: a name that leads to its page, otherwise the role and the end of the id."""
    return owners.person(id) if id in owners.people else actor_cell(role, id)


def target_cell(approval: Approval, owners: Owners) -> str:
    """What it is about, leading there, and whose that is."""
    page = PAGES.get(approval.target_type)
    name = approval.target_type.replace("_", " ").capitalize()
    url = reverse(f"admin:{page}_change", args=[approval.target_id]) if page else None
    link = format_html("{} {}", name, id_cell(approval.target_id, url))
    person = owners.people.get(approval.subject_user_id) if approval.subject_user_id else None
    return format_html("{}<br><span class='text-subtle'>{}</span>", link, person.get_full_name()) if person else link


def changes_cell(approval: Approval) -> str:
    """What would change: `Available: 100.00 EUR → 90.00 EUR`, the first few of it."""
    lines = [(one["label"], one["before"], one["after"]) for one in approval.impact[:MOST_CHANGES]]
    more = len(approval.impact) - len(lines)
    told = format_html_join("", "<div><span class='text-subtle'>{}</span>{} → {}</div>", lines) or EMPTY
    return format_html("<div class='change'>{}{}</div>", told, f"and {more} more" if more > 0 else "")


def impact_table(approval: Approval) -> Table:
    """Before and after, as it was when it was asked for."""
    rows: list[list[Any]] = [[one["label"], one["before"] or EMPTY, one["after"] or EMPTY] for one in approval.impact]
    note = _rule_in_words(approval) or "As it was when it was asked for. It is checked again at the last approval."
    return Table("What will change", ("What", "Before", "After"), rows, note)


def _rule_in_words(approval: Approval) -> str:
    """What a rule would say, where that is what is asked for."""
    if approval.target_type != "approval_rule":
        return ""
    rule = approval.arguments
    words = rule_words(rule["operation"], rule["blocks"], rule["checkers"], rule["needed"])
    return f"The rule would be: {words}" if rule["is_active"] else f"Switched off would be: {words}"


def steps_table(approval: Approval, votes: Sequence[ApprovalVote], owners: Owners) -> Table:
    """Who has to agree, as the rules were when it was asked for, and who has."""
    agreed = [vote for vote in votes if vote.verdict == Verdict.APPROVE]
    steps = [step_from_data(data) for data in approval.steps]
    seated = filled(steps, [vote.role for vote in agreed])
    rows: list[list[Any]] = []
    place = 0
    for step in steps:
        places = range(place, place := place + step.needed)
        there = [agreed[seated[seat]] for seat in places if seat in seated]
        rows.append([step.name, need_words(step.needed, step.checkers), _agreed(there, step.needed, owners)])
    note = "As the rules were when it was asked for. Nobody counts twice, and never who has asked for it."
    return Table("Who has to agree", ("Rule", "Needs", "So far"), rows, note)


def _agreed(votes: Sequence[ApprovalVote], needed: int, owners: Owners) -> str:
    names = [(person_cell(owners, vote.role, vote.voter_id),) for vote in votes]
    state = label_cell("APPROVED" if len(votes) == needed else "PENDING")
    return format_html("{} {} of {}{}", state, len(votes), needed, format_html_join("", ", {}", names))


def voters_of(request: HttpRequest, votes: Sequence[ApprovalVote]) -> Owners:
    """The names of those who have voted, and of those for whom they stood in."""
    return owners_for(request, [id for vote in votes for id in (vote.voter_id, vote.on_behalf_of_id)])


def votes_table(votes: Sequence[ApprovalVote], owners: Owners) -> Table:
    """Who has said what, and for whom."""
    rows: list[list[Any]] = [
        [
            vote.at,
            person_cell(owners, vote.role, vote.voter_id),
            owners.person(vote.on_behalf_of_id) if vote.on_behalf_of_id else EMPTY,
            label_cell("APPROVED" if vote.verdict == Verdict.APPROVE else "REJECTED"),
            vote.reason,
        ]
        for vote in votes
    ]
    return Table("Who has voted", ("When", "Who", "Standing in for", "Vote", "Why"), rows)


def outcome_words(approval: Approval) -> str:
    """What came of it, in words: why it was STALE, or what was made."""
    outcome = approval.outcome
    if approval.status == ApprovalStatus.STALE:
        return format_html("{} ({})", outcome.get("detail", ""), outcome.get("code", ""))
    txn_id = outcome.get("txn_id")
    if txn_id:
        id = UUID(txn_id)
        return format_html("Transaction {}", id_cell(id, reverse("admin:ledger_transaction_change", args=[id])))
    return EMPTY
