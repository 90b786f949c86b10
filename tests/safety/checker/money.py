"""No money is lost or made: sums, balances, floors, amounts, chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from tests.safety.checker.books import Books
from tests.safety.checker.rows import Account, Document, Posting
from tests.safety.checker.violation import Violation

ZERO = Decimal(0)
LARGEST = Decimal(10) ** 20
MOVING = frozenset(
    {
        "TransactionCompleted",
        "ReservationCreated",
        "ReservationCaptured",
        "ReservationReleased",
        "ReservationExpired",
    }
)


def zero_sum(books: Books) -> Iterator[Violation]:
    """I1: all postings of an asset add up to nothing, in money and in allowances alike."""
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in books.postings:
        account = books.account.get(line.account_id)
        if account is None:
            yield Violation("I1", f"posting {line.id} is on no account ({line.account_id})")
        elif line.amount.is_finite():
            totals[account.book, account.asset] += line.amount
    for (book, asset), total in totals.items():
        if total:
            yield Violation("I1", f"the {asset} of {book} add up to {total}")


def whole_events(books: Books) -> Iterator[Violation]:
    """I2: each movement has two lines or more, of one currency, that add up to nothing; each line has its movement."""
    for event in books.events:
        lines = books.lines_of_event.get(event.id, [])
        if event.type in MOVING and len(lines) < 2:
            yield Violation("I2", f"event {event.id} ({event.type}) has {len(lines)} lines")
        totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in lines:
            account = books.account.get(line.account_id)
            if account is not None and line.amount.is_finite():
                totals[account.book, account.asset] += line.amount
        if any(totals.values()):
            yield Violation("I2", f"event {event.id} adds up to {dict(totals)}")
        if len({asset for book, asset in totals if book == "money"}) > 1:
            yield Violation("I2", f"event {event.id} mixes currencies: {sorted(totals)}")
    orphans = (line for line in books.postings if line.event_id not in books.event)
    yield from (Violation("I2", f"posting {line.id} belongs to no event") for line in orphans)


def documents_moved_their_money(books: Books) -> Iterator[Violation]:
    """I2: what a document says is what its lines moved, no more and no less, and from whom and to whom it says."""
    for document in books.documents:
        if document.id in books.hold_of or document.state not in ("COMPLETED", "REVERSED"):
            continue
        events = [e for e in books.events_of_command.get(document.command_id, []) if e.type in MOVING]
        for wallet, expected in _told(document):
            moved = sum((books.moved(event, "AVAILABLE", wallet) for event in events), ZERO)
            if moved != expected:
                yield Violation("I2", f"document {document.id} moved {moved} of wallet {wallet}, it says {expected}")


def _told(document: Document) -> Iterator[tuple[UUID, Decimal]]:
    """Whoever pays pays the fee; of what is reversed whoever paid gets it back too."""
    is_reversal = document.type == "REVERSAL"
    if document.source is not None:
        yield document.source, -(document.amount if is_reversal else document.total)
    if document.destination is not None:
        yield document.destination, document.total if is_reversal else document.amount


def balances(books: Books) -> Iterator[Violation]:
    """I3: each balance is the sum of its postings; of a system account those that its checkpoint covers."""
    for account in books.accounts:
        lines = books.lines_of_account.get(account.id, [])
        if account.is_system:
            lines = [line for line in lines if _is_covered(books, account, line)]
        total = sum((line.amount for line in lines), ZERO)
        if total != account.balance:
            yield Violation("I3", f"account {account.id} shows {account.balance}, its lines add up to {total}")


def _is_covered(books: Books, account: Account, line: Posting) -> bool:
    event = books.event.get(line.event_id)
    return event is not None and account.folded_xid is not None and event.xid < account.folded_xid


def floors(books: Books) -> Iterator[Violation]:
    """I4: nobody has less than nothing, now or ever; what is reserved is what open holds still hold."""
    held = held_by_account(books)
    for account in books.accounts:
        if (account.min_balance is None) != account.is_system:
            yield Violation("I4", f"account {account.id} of bucket {account.bucket} has floor {account.min_balance}")
        if account.book == "money" and not account.is_system:
            yield from _never_below_zero(books, account)
        if account.bucket in ("RESERVED", "PENDING") and account.balance != held.get(account.id, ZERO):
            words = f"{account.bucket} account {account.id} shows {account.balance}"
            yield Violation("I4", f"{words}, open holds keep {held.get(account.id, ZERO)}")


def _never_below_zero(books: Books, account: Account) -> Iterator[Violation]:
    figures = [account.balance]
    for line in books.lines_of_account.get(account.id, []):
        figures += [] if line.balance_after is None else [line.balance_after]
    if min(figures) < 0:
        yield Violation("I4", f"account {account.id} ({account.bucket}) fell to {min(figures)}")


def held_by_account(books: Books) -> dict[UUID, Decimal]:
    """What open holds keep, by the account on which it lies."""
    held: dict[UUID, Decimal] = defaultdict(Decimal)
    for hold in books.holds:
        if hold.status != "ACTIVE":
            continue
        for part in hold.parts:
            units = part.get("units")
            kept = hold.rest if units is None else ZERO if hold.captured else Decimal(units)
            held[UUID(part["held"])] += kept
    return held


def amounts(books: Books) -> Iterator[Violation]:
    """I5: no amount is nothing, infinite, not a number, out of range, or finer than its currency."""
    for line in books.postings:
        account = books.account.get(line.account_id)
        scale = books.scales.get(account.asset, 0) if account else 0
        if not _is_fit(line.amount, scale):
            yield Violation("I5", f"posting {line.id} is of {line.amount}")
    for document in books.documents:
        fit = (document.amount > 0, document.fee >= 0, document.total == document.amount + document.fee)
        if not (_is_fit(document.amount, books.scales.get(document.asset, 0)) and all(fit)):
            yield Violation("I5", f"document {document.id} is of {document.amount}, {document.fee}, {document.total}")


def _is_fit(amount: Decimal, scale: int) -> bool:
    if not amount.is_finite() or not amount or abs(amount) >= LARGEST:
        return False
    exponent = amount.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= scale


def chains(books: Books) -> Iterator[Violation]:
    """I6: an account's lines are numbered 1, 2, 3…, each figure follows from the one before, in order of time."""
    for account in books.accounts:
        lines = books.lines_of_account.get(account.id, [])
        if account.is_system:
            continue
        if [line.account_seq for line in lines] != list(range(1, len(lines) + 1)) or account.seq != len(lines):
            numbers = [line.account_seq for line in lines]
            yield Violation("I6", f"account {account.id} at {account.seq} has lines numbered {numbers[-8:]}")
        figure = ZERO
        for line in lines:
            figure += line.amount
            if line.balance_after != figure:
                yield Violation("I6", f"posting {line.id} says {line.balance_after} after it, not {figure}")
                break
        if any(later.recorded_at < earlier.recorded_at for earlier, later in pairwise(lines)):
            yield Violation("I6", f"account {account.id} has lines that were recorded before those they follow")


def decided_after_asked(books: Books) -> Iterator[Violation]:
    """I6: the time of a movement is that of its decision, under the lock: later than its key was claimed."""
    for event in books.events:
        command = books.command.get(event.command_id)
        if command is not None and command.outcome == "ACCEPTED" and event.recorded_at < command.received_at:
            words = f"event {event.id} was recorded at {event.recorded_at}"
            yield Violation("I6", f"{words}, before it was asked for ({command.received_at})")
