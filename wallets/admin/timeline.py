"""Everything that happened to a wallet, in one list: money and holds, its status, locks, budgets, limits and notes,
with who did it and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from budgets.models import Budget, BudgetRevision
from compliance.admin.staff import signed_in
from compliance.models import AuditRecord, User
from compliance.selectors.audit import changes_of
from ledger.admin.cells import EMPTY, actor_cell, id_cell, label_cell, type_cell
from ledger.admin.screens import Table
from ledger.selectors.assets import get_asset
from ledger.selectors.balances import WALLET_BUCKETS, wallet_account_ids
from ledger.selectors.lifecycle import StatusChange, status_history
from ledger.selectors.transactions import Event, Transaction, events_of_all
from wallets.admin.budgets.bars import signed
from wallets.admin.owners import Owners
from wallets.models import Wallet, WalletNote
from wallets.selectors.budgets import budgets_visible_to, limits_visible_to

MOST = 40
PAYERS_OWN = "ReservationRefused"
AUDITED = {
    "wallet.locked": "Locked",
    "wallet.lock_extended": "Lock extended",
    "wallet.unlocked": "Unlocked",
    "wallet.lock_broken": "Lock broken",
    "wallet.hold_captured": "Hold captured here",
    "wallet.hold_extended": "Hold extended here",
    "wallet.note_erased": "Note erased",
    "limit.created": "Limit set",
    "limit.changed": "Limit changed",
    "limit.ended": "Limit ended",
}
"""What only the audit trail tells, in words."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: what, by whom, why, and where there is more of it."""

    at: datetime
    what: Any
    why: str
    actor_type: str
    actor_id: UUID | None
    link: Any = EMPTY


def happenings(
    request: HttpRequest, wallet: Wallet, documents: Sequence[Transaction], notes: Sequence[WalletNote]
) -> list[Happening]:
    """The newest things first, at most `MOST`.

    Args:
        documents: the last ones of the wallet. notes: the last ones on it.
    """
    everything = [
        *map(_of_status, status_history(wallet.id, wallet.currency)),
        *_of_documents(wallet, documents),
        *_of_records(request, wallet),
        *map(_of_revision, _revisions(request, wallet)),
        *map(_of_note, notes),
    ]
    return sorted(everything, key=lambda happening: happening.at, reverse=True)[:MOST]


def timeline_table(wallet: Wallet, shown: Sequence[Happening], owners: Owners) -> Table:
    """What happened, as a table; `owners` has the names of those whom the reader may see."""
    rows = [[one.at, one.what, one.why or EMPTY, _actor(one, owners.people), one.link] for one in shown]
    return Table("Timeline", ("When", "What", "Why", "By", "More"), rows, _more(wallet))


def _of_status(change: StatusChange) -> Happening:
    link = id_cell(change.event_id, reverse("admin:ledger_event_change", args=[change.event_id]))
    return Happening(
        change.recorded_at, label_cell(change.status), change.reason, change.actor_type, change.actor_id, link
    )


def _of_documents(wallet: Wallet, documents: Sequence[Transaction]) -> list[Happening]:
    """The steps of documents and their holds; what was refused to another payer about his hold is his affair."""
    by_id = {document.id: document for document in documents}
    return [
        _of_event(event, by_id[event.stream_id])
        for event in events_of_all(by_id)
        if event.type != PAYERS_OWN or by_id[event.stream_id].source_wallet_id == wallet.id
    ]


def _of_event(event: Event, document: Transaction) -> Happening:
    facts, scale = event.facts, get_asset(document.asset_id).cash_scale
    amount = Decimal(facts["amount"]) if "amount" in facts else document.amount
    what = format_html("{}: {} {}", type_cell(event.type), signed(amount, scale), document.asset_id)
    why = facts.get("reason") or facts.get("code") or document.description
    link = id_cell(document.id, reverse("admin:ledger_transaction_change", args=[document.id]))
    return Happening(event.recorded_at, what, why, event.actor_type, event.actor_id, link)


def _of_records(request: HttpRequest, wallet: Wallet) -> Iterable[Happening]:
    limits = limits_visible_to(signed_in(request)).filter(wallet_id=wallet.id)
    return map(_of_record, changes_of(wallet.id, limits.values("id"), event_types=AUDITED, limit=MOST))


def _of_record(record: AuditRecord) -> Happening:
    operation = {**record.before, **record.after}.get("operation")
    what = f"{AUDITED[record.event_type]}: {operation}" if operation else AUDITED[record.event_type]
    return Happening(record.at, what, record.reason, record.actor_role, record.actor_id)


def _revisions(request: HttpRequest, wallet: Wallet) -> list[BudgetRevision]:
    visible = budgets_visible_to(signed_in(request)).filter(wallet_id=wallet.id)
    changes = BudgetRevision.objects.filter(budget__in=visible).select_related("budget")
    return list(changes.order_by("-created_at", "-id")[:MOST])


def _of_revision(revision: BudgetRevision) -> Happening:
    budget: Budget = revision.budget
    link = id_cell(budget.id, reverse("admin:budgets_budget_change", args=[budget.id]))
    what = f"{budget.name}: {_revised(revision, budget)}"
    role = "SYSTEM" if revision.changed_by is None else "USER"
    return Happening(revision.created_at, what, revision.change_reason, role, revision.changed_by, link)


def _revised(revision: BudgetRevision, budget: Budget) -> str:
    scale = get_asset(budget.currency).cash_scale
    new = f"{signed(revision.new_amount, scale)} {budget.currency}"
    if revision.old_amount is None:
        return f"set to {new}"
    if revision.old_amount != revision.new_amount:
        return f"{signed(revision.old_amount, scale)} → {new}"
    return f"{', '.join(name.replace('_', ' ') for name in revision.changes)} changed"


def _of_note(note: WalletNote) -> Happening:
    what = "Note" if note.erased_at is None else "Note, erased since"
    link = id_cell(note.id, reverse("admin:wallets_walletnote_change", args=[note.id]))
    return Happening(note.created_at, what, note.text, note.author_role, note.author_id, link)


def _actor(happening: Happening, people: dict[UUID, User]) -> str:
    person = people.get(happening.actor_id) if happening.actor_id else None
    if person is None:
        return actor_cell(happening.actor_type, happening.actor_id)
    url = reverse("admin:compliance_user_change", args=[person.id])
    role = person.role if happening.actor_type == "USER" else happening.actor_type
    return format_html('<a class="text-link" href="{}">{}</a> ({})', url, person.get_full_name(), role)


def _more(wallet: Wallet) -> str:
    headline = wallet_account_ids(wallet.id, wallet.currency)[WALLET_BUCKETS[0]]
    events = reverse("admin:ledger_event_changelist", query={"q": str(headline)})
    documents = reverse("admin:ledger_transaction_changelist", query={"q": str(wallet.id)})
    return format_html(
        'The last {}. All of its <a class="text-link" href="{}">status changes</a> and <a class="text-link" '
        'href="{}">transactions</a>.',
        MOST,
        events,
        documents,
    )
