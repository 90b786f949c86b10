"""What happens to holds, documents and budgets in the course of time, and that nobody can change what has happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import psycopg

from tests.safety.checker.books import Books, Database, one_instant
from tests.safety.checker.rows import Account, Event, Guard, Hold
from tests.safety.checker.violation import Violation

ZERO = Decimal(0)
ENDED = ("COMPLETED", "RELEASED", "EXPIRED")
HISTORY = ("ledger_event", "ledger_posting")
KEPT = ("ledger_account", "ledger_command", "ledger_transaction", "ledger_outboxmessage", "ledger_reservation")
WANTED_GUARDS = {
    *(Guard(table, name) for table in HISTORY for name in ("append_only", "no_truncate")),
    *(Guard(table, name) for table in KEPT for name in ("keep", "fixed_columns", "no_truncate")),
    Guard("ledger_posting", "zero_sum"),
    Guard("compliance_auditrecord", "compliance_auditrecord_no_change"),
}
WANTED_CHECKS = {
    *(Guard("ledger_account", name) for name in ("account_floor", "account_balance_range")),
    *(Guard("ledger_account", name) for name in ("account_one_per_owner_asset_bucket", "account_counters")),
    *(Guard("ledger_posting", name) for name in ("posting_amount", "posting_chain")),
    *(Guard("ledger_transaction", name) for name in ("transaction_amount", "transaction_refunded")),
    *(Guard("ledger_transaction", name) for name in ("transaction_total", "transaction_wallets_differ")),
    Guard("ledger_reservation", "reservation_adds_up"),
    Guard("ledger_command", "command_once"),
    Guard("ledger_inboxevent", "inbox_once"),
}
PHOTOGRAPHED = {
    "ledger_event": "SELECT id, md5(e::text) FROM ledger_event AS e",
    "ledger_posting": "SELECT id, md5(p::text) FROM ledger_posting AS p",
    "compliance_auditrecord": "SELECT id, md5(a::text) FROM compliance_auditrecord AS a",
    "ledger_transaction": """
        SELECT id, md5(concat_ws('|', company_id, type, source_wallet_id, asset_id, fee_amount, command_id, created_at))
        FROM ledger_transaction""",
    "ledger_command": """
        SELECT id, md5(concat_ws('|', scope, key, outcome, refusal_code, reply_status, reply_body))
        FROM ledger_command WHERE outcome IS NOT NULL""",
}
"""What never changes once it stands there."""


def guarded(books: Books) -> Iterator[Violation]:
    """I7: the database itself refuses what would change history, or would let a figure fall below its floor."""
    for guard in sorted(WANTED_GUARDS - books.guards, key=str):
        yield Violation("I7", f"{guard.table} has lost its guard {guard.name}")
    for guard in sorted(WANTED_CHECKS - books.checks, key=str):
        yield Violation("I7", f"{guard.table} has lost its constraint {guard.name}")
    for guard in sorted(books.rights, key=str):
        is_change = guard.name.endswith("update") and guard.table not in (*HISTORY, "compliance_auditrecord")
        if guard.table in (*HISTORY, *KEPT, "compliance_auditrecord") and not is_change:
            yield Violation("I7", f"{guard.name} {guard.table}")


@dataclass(frozen=True, slots=True)
class Photo:
    """What history looked like at an instant: the hash of each of its rows."""

    rows: dict[str, dict[object, str]]


def take_photo(database: Database) -> Photo:
    with one_instant(database) as connection:
        return Photo({table: _rows(connection, asked) for table, asked in PHOTOGRAPHED.items()})


def _rows(connection: psycopg.Connection, asked: str) -> dict[object, str]:
    return dict(connection.execute(asked).fetchall())


def only_grew(before: Photo, after: Photo) -> Iterator[Violation]:
    """I7: of what stood there nothing is gone and nothing is different."""
    for table, rows in before.rows.items():
        now = after.rows[table]
        for id, hash in rows.items():
            if id not in now:
                yield Violation("I7", f"row {id} of {table} is gone")
            elif now[id] != hash:
                yield Violation("I7", f"row {id} of {table} was changed")


def holds(books: Books) -> Iterator[Violation]:
    """I8: a hold gives out what it held, once; it ends once, in one way, and in time."""
    for hold in books.holds:
        if hold.captured < 0 or hold.released < 0 or hold.captured + hold.released > hold.amount:
            yield Violation("I8", f"hold {hold.id} of {hold.amount} gave out {hold.captured} and {hold.released}")
        if (hold.status == "ACTIVE") != (hold.rest > 0) or hold.status not in ("ACTIVE", *ENDED):
            yield Violation("I8", f"hold {hold.id} is {hold.status} with {hold.rest} left")
        yield from _life(books, hold)


def _life(books: Books, hold: Hold) -> Iterator[Violation]:
    captured, released, status, deadline = ZERO, ZERO, "", datetime.max.replace(tzinfo=hold.expires_at.tzinfo)
    for event in books.events_of_stream.get(hold.transaction_id, []):
        if event.type == "ReservationCreated":
            status, deadline = "ACTIVE", datetime.fromisoformat(event.data["hold"]["expires_at"])
            yield from _moved(books, hold, event, hold.amount, -hold.amount)
        if not event.type.startswith("Reservation") or event.type in ("ReservationCreated", "ReservationRefused"):
            continue
        if status != "ACTIVE":
            yield Violation("I8", f"hold {hold.id} went on ({event.type}) after it was {status or 'not there yet'}")
        if (event.recorded_at >= deadline) != (event.type == "ReservationExpired"):
            yield Violation("I8", f"hold {hold.id}: {event.type} at {event.recorded_at}, its deadline is {deadline}")
        paid, back = (
            Decimal(event.data["captured_amount"]) - captured,
            Decimal(event.data["released_amount"]) - released,
        )
        if paid < 0 or back < 0:
            yield Violation("I8", f"hold {hold.id}: {event.type} took back what was given out")
        yield from _moved(books, hold, event, -(paid + back), back)
        captured, released, status = captured + paid, released + back, event.data["status"]
        deadline = datetime.fromisoformat(event.data["expires_at"])
    if (captured, released, status) != (hold.captured, hold.released, hold.status):
        told = f"{captured}, {released}, {status}"
        yield Violation("I8", f"hold {hold.id} is {hold.captured}, {hold.released}, {hold.status}; told was {told}")


def _moved(books: Books, hold: Hold, event: Event, reserved: Decimal, available: Decimal) -> Iterator[Violation]:
    """What a step says is what its lines moved on the holder's accounts."""
    found = books.moved(event, "RESERVED", hold.wallet_id), books.moved(event, "AVAILABLE", hold.wallet_id)
    if found != (reserved, available):
        yield Violation("I8", f"hold {hold.id}: {event.type} moved {found}, it says {(reserved, available)}")


def refunds(books: Books) -> Iterator[Violation]:
    """I8: nobody gets back more than was paid, and a document knows what was given back of it."""
    given: dict[object, Decimal] = {}
    reversed_ = set()
    for document in books.documents:
        if document.original_id is None or document.state == "FAILED":
            continue
        given[document.original_id] = given.get(document.original_id, ZERO) + document.amount
        if document.type == "REVERSAL":
            reversed_.add(document.original_id)
    for document in books.documents:
        back = given.get(document.id, ZERO)
        if back != document.refunded or back > document.amount:
            words = f"document {document.id} of {document.amount} gave back {back}"
            yield Violation("I8", f"{words}, it says {document.refunded}")
        if (document.state == "REVERSED") != (document.id in reversed_):
            yield Violation("I8", f"document {document.id} is {document.state}, reversals of it say otherwise")


def budgets(books: Books) -> Iterator[Violation]:
    """I9: what is reserved and spent of a budget is what left the wallets under it, and never more than it allows."""
    for event in books.events:
        if event.type in ("AllowanceChanged", "AllowanceTurned", "AccountsOpened"):
            continue
        accounts = [books.account.get(line.account_id) for line in books.lines_of_event.get(event.id, [])]
        envelopes = [one for one in accounts if one and one.book == "allowance" and not one.is_system]
        for envelope in {(one.owner_type, one.owner_id, one.asset) for one in envelopes}:
            yield from _spent(books, event, envelope)
    floors_changed = {
        id for event in books.events if event.type == "AccountFloorChanged" for id in event.data["account_ids"]
    }
    for account in books.accounts:
        if account.book == "allowance" and account.bucket == "AVAILABLE" and str(account.id) not in floors_changed:
            yield from _within(books, account)


def _within(books: Books, account: Account) -> Iterator[Violation]:
    """What was spent was allowed. Less may be allowed afterwards than was spent, by whoever sets budgets."""
    floor = account.min_balance
    for line in books.lines_of_account.get(account.id, []):
        event = books.event.get(line.event_id)
        is_spend = line.amount < 0 and event is not None and event.type != "AllowanceChanged"
        if is_spend and floor is not None and line.balance_after is not None and line.balance_after < floor:
            yield Violation("I9", f"{account.owner_type} {account.owner_id} fell to {line.balance_after} of {floor}")


def _spent(books: Books, event: Event, envelope: tuple[str, UUID, str]) -> Iterator[Violation]:
    figures = dict.fromkeys(("AVAILABLE", "RESERVED", "SPENT"), ZERO)
    for line in books.lines_of_event[event.id]:
        account = books.account[line.account_id]
        if (account.owner_type, account.owner_id, account.asset) == envelope and account.bucket in figures:
            figures[account.bucket] += line.amount
    kind, owner_id, asset = envelope
    if sum(figures.values(), ZERO):
        yield Violation("I9", f"event {event.id} changes what {kind} {owner_id} was given: {figures}")
    document = books.document.get(event.stream_id)
    if document is None or document.original_id is not None or document.asset != asset:
        return  # counts of payments, and refunds, which may go to another period
    held = books.moved(event, "RESERVED")
    if figures["RESERVED"] != held:
        yield Violation("I9", f"event {event.id} holds {held} of money and {figures['RESERVED']} of {kind}")
    if document.id not in books.hold_of and figures["SPENT"] != document.total:
        yield Violation("I9", f"event {event.id} spends {document.total} and {figures['SPENT']} of {kind}")
