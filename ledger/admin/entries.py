"""Lines and decisions, as tables. A document may touch wallets of other people: that they took part is said, what
they hold is not, as in the interface."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.html import format_html

from ledger.admin.cells import EMPTY, actor_cell, id_cell, label_cell, money_cell
from ledger.admin.scoped import link_to
from ledger.admin.screens import Table, as_id
from ledger.core.accounts import WALLET
from ledger.core.refusals import Gate
from ledger.models import Event, Posting
from ledger.selectors.decisions import DecisionRecord
from ledger.selectors.scope import Scope, accounts_within
from ledger.selectors.transactions import Entry

WalletCell = Callable[[UUID | None], str]


def entries_of_event(event: Event) -> list[Entry]:
    """The lines of one event."""
    postings = Posting.objects.of_event(event.id).select_related("account")
    return [_as_entry(posting, event) for posting in postings]


def _as_entry(posting: Posting, event: Event) -> Entry:
    account = posting.account
    return Entry(
        id=posting.id,
        event_id=event.id,
        transaction_id=event.stream_id,
        account_id=account.id,
        owner_type=account.owner_type,
        owner_id=account.owner_id,
        book=account.book,
        bucket=account.bucket,
        asset=account.asset_id,
        amount=posting.amount,
        balance_after=posting.balance_after,
        account_seq=posting.account_seq,
    )


def entry_table(entries: Sequence[Entry], scope: Scope, wallet_cell: WalletCell) -> Table:
    """Signed lines that add up to zero."""
    ids = {entry.account_id for entry in entries}
    visible = set(accounts_within(scope).filter(id__in=ids).values_list("id", flat=True))
    rows = [_entry(entry, entry.account_id in visible, wallet_cell) for entry in entries]
    return Table("Entries", ("Account", "Of", "Bucket", "Amount", "Balance after", "No."), rows)


def _entry(entry: Entry, is_visible: bool, wallet_cell: WalletCell) -> list[Any]:
    is_wallet = entry.owner_type == WALLET
    owner = wallet_cell(entry.owner_id) if is_visible else id_cell(entry.owner_id)
    return [
        link_to("account", entry.account_id) if is_visible else id_cell(entry.account_id),
        owner if is_wallet else entry.owner_type,
        entry.bucket,
        money_cell(entry.amount, entry.asset),
        money_cell(entry.balance_after, entry.asset) if is_visible else EMPTY,
        entry.account_seq if is_visible and entry.account_seq else EMPTY,
    ]


def history_table(events: Sequence[Event]) -> Table:
    """What became of a document, who did it and why."""
    rows: list[list[Any]] = [
        [
            event.seq,
            event.type,
            event.data.get("code") or event.data.get("reason") or event.data.get("effective_reason") or EMPTY,
            actor_cell(event.actor_type, event.actor_id),
            event.effective_at,
            event.recorded_at,
            link_to("event", event.id),
        ]
        for event in events
    ]
    return Table("History", ("No.", "Event", "Reason", "Actor", "Effective", "Recorded", "Id"), rows)


def gates_table(record: DecisionRecord, asset: str, visible: Collection[UUID], wallet_cell: WalletCell) -> Table:
    """Every condition that was asked, met or not. `visible`: the wallets that may be named."""
    rows = [
        [
            gate.kind.value,
            gate.name or _gate_of(str(gate.id), visible, wallet_cell),
            label_cell("MET" if gate.ok else "NOT MET"),
            gate.code.value if gate.code else EMPTY,
            _figure(gate, gate.required, asset),
            _figure(gate, gate.available, asset),
        ]
        for gate in record.gates
    ]
    title = f"Decision: {record.wanted.lower()}" if record.wanted else "Decision"
    note = f"Refused: {record.code.value}" if record.code else ""
    return Table(title, ("Gate", "Of", "Result", "Code", "Required", "Available"), rows, note)


def _gate_of(name: str, visible: Collection[UUID], wallet_cell: WalletCell) -> str:
    """Mostly a wallet; else the name of a limit or condition."""
    id = as_id(name)
    if id is None:
        return name
    return wallet_cell(id) if id in visible else id_cell(id)


def _figure(gate: Gate, figure: Decimal | None, asset: str) -> str:
    """An amount, unless it is a version or a count."""
    if (gate.id == "version" or gate.unit) and figure is not None:
        return format_html('<span class="money">{}</span>', figure)
    return money_cell(figure, asset)


def shown_data(event: Event, scope: Scope) -> dict[str, Any]:
    """An event's data; for who does not see the payer's wallet without the figures that its decision was made on, and
    without the budgets and limits that the payer is under."""
    data: dict[str, Any] = event.data
    payer = data.get("source_wallet_id")
    if "gates" not in data or scope.sees_wallet(UUID(payer) if payer else None):
        return data
    hidden = {"required": None, "available": None}
    return {**data, "gates": [{**gate, **hidden} for gate in data["gates"] if "name" not in gate]}
