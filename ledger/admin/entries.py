"""Lines and decisions, as tables. A document may touch wallets of other people: that they took part is said, what
they hold is not, as in the interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.admin.cells import EMPTY, actor_cell, id_cell, money_cell, type_cell
from ledger.admin.scoped import link_to
from ledger.admin.screens import Table
from ledger.core.accounts import WALLET
from ledger.models import Event, Posting
from ledger.money import EXACT, ZERO, plain
from ledger.selectors.scope import Scope, accounts_within
from ledger.selectors.transactions import Entry, state_after

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
    headers = ("Account", "Of", "Bucket", "Amount", "Balance after", "No.")
    return Table("Entries", headers, rows, _sums(entries))


def _sums(entries: Iterable[Entry]) -> str:
    """That the lines add up to zero in each book and asset, or by how much they do not."""
    sums: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        key = (entry.book, entry.asset)
        sums[key] = EXACT.add(sums.get(key, ZERO), entry.amount)
    wrong = [f"{plain(total)} {asset} in the book {book}" for (book, asset), total in sums.items() if total]
    if wrong:
        return f"They do not add up to zero: {', '.join(wrong)}. Run manage.py verify_ledger."
    return "They add up to zero." if sums else ""


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
    rows: list[list[Any]] = []
    state = ""
    for event in events:
        facts = event.facts
        state = state_after(event.type, facts, before=state)
        rows.append(
            [
                event.seq,
                type_cell(event.type),
                state.replace("_", " ") or EMPTY,
                facts.get("code") or facts.get("reason") or facts.get("effective_reason") or EMPTY,
                actor_cell(event.actor_type, event.actor_id),
                event.effective_at,
                event.recorded_at,
                link_to("event", event.id),
            ]
        )
    return Table("History", ("No.", "Event", "State", "Reason", "Actor", "Effective", "Recorded", "Id"), rows)


def shown_data(event: Event, scope: Scope) -> dict[str, Any]:
    """An event's data; for who does not see the payer's wallet without the figures that its decision was made on, and
    without the budgets and limits that the payer is under."""
    data: dict[str, Any] = event.data
    payer = data.get("source_wallet_id")
    if "gates" not in data or scope.sees_wallet(UUID(payer) if payer else None):
        return data
    hidden = {"required": None, "available": None}
    return {**data, "gates": [{**gate, **hidden} for gate in data["gates"] if "name" not in gate]}
