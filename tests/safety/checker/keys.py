"""Keys, answers and effects: what was asked once happened once, and what was answered is what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.safety.checker.books import Books
from tests.safety.checker.rows import Command, Document, Hold
from tests.safety.checker.violation import Violation
from tests.safety.history import Exchange, History, Kind, Known, Wish

MAKERS = ("Transfer", "Reserve", "Undo")
STEPS = ("Capture", "Release", "Extend", "Advance")
MADE_BY = {
    Kind.TRANSFER: ("Transfer", "TRANSFER"),
    Kind.RESERVE: ("Reserve", "PAYMENT"),
    Kind.REFUND: ("Undo", "REFUND"),
    Kind.REVERSAL: ("Undo", "REVERSAL"),
    Kind.CAPTURE: ("Capture", ""),
    Kind.RELEASE: ("Release", ""),
    Kind.EXTEND: ("Extend", ""),
}


def one_effect(books: Books) -> Iterator[Violation]:
    """I10: a key is claimed once, and what was claimed has the one effect that its kind calls for."""
    for (scope, key), commands in books.commands_of_key.items():
        if len(commands) > 1:
            yield Violation("I10", f"key {key} of {scope} was claimed {len(commands)} times")
    for command in books.commands:
        documents = books.documents_of_command.get(command.id, [])
        events = [e for e in books.events_of_command.get(command.id, []) if e.type != "AllowanceTurned"]
        wanted = 1 if command.type in MAKERS else 0
        if command.outcome is not None and len(documents) != wanted:
            yield Violation("I10", f"command {command.key} ({command.type}) made {len(documents)} documents")
        most = 2 if command.type == "Undo" and command.outcome == "ACCEPTED" else 1
        is_short = command.outcome == "ACCEPTED" and command.type in (*MAKERS, *STEPS, "Expire") and len(events) < most
        if command.type in (*MAKERS, *STEPS, "Expire") and (len(events) > most or is_short):
            yield Violation("I10", f"command {command.key} ({command.type}) made {len(events)} events, not {most}")


def one_answer(books: Books, history: History) -> Iterator[Violation]:
    """I10, I11: whoever asks again under a key gets the first answer, byte for byte, and that is what is stored."""
    for (scope, key), attempts in history.by_key().items():
        final = [one for one in attempts if one.known in (Known.DONE, Known.REFUSED)]
        if len({one.wish for one in final}) > 1:
            yield Violation("I10", f"key {key}: different wishes were answered under it")
        answers = {(one.status, one.body) for one in final}
        if len(answers) > 1:
            yield Violation("I11", f"key {key}: {len(answers)} different answers, {[one.status for one in final]}")
        if sum(not one.is_replay for one in final) > 1:
            yield Violation("I10", f"key {key} was decided more than once")
        for command in books.commands_of_key.get((scope, key), [])[:1]:
            stored = command.reply_status, command.reply_body.encode()
            if final and stored not in answers:
                yield Violation("I11", f"key {key}: answered {final[0].status}, stored {command.reply_status}")


def refused_moved_nothing(books: Books) -> Iterator[Violation]:
    """I12: what was refused moved nothing and made nothing but a document that says so."""
    for command in books.commands:
        if command.outcome != "REFUSED":
            continue
        if any(books.lines_of_event.get(event.id) for event in books.events_of_command.get(command.id, [])):
            yield Violation("I12", f"command {command.key} was refused ({command.refusal_code}) and moved money")
        states = {document.state for document in books.documents_of_command.get(command.id, [])}
        if states - {"FAILED"}:
            yield Violation("I12", f"command {command.key} was refused, its document is {states}")


def acknowledged_is_stored(books: Books, history: History) -> Iterator[Violation]:
    """I13: what was answered is stored, over the same amount, currency and parties; a no is stored as a no."""
    for (scope, key), attempts in history.by_key().items():
        commands = books.commands_of_key.get((scope, key), [])
        for attempt in attempts:
            if attempt.known not in (Known.DONE, Known.REFUSED):
                continue
            if not commands:
                yield Violation("I13", f"{attempt.name} was answered {attempt.status} and is not stored")
                break
            yield from _same(books, attempt, commands[0])


def _same(books: Books, attempt: Exchange, command: Command) -> Iterator[Violation]:
    wanted = "ACCEPTED" if attempt.known is Known.DONE else "REFUSED"
    if command.outcome != wanted:
        yield Violation("I13", f"{attempt.name} was answered {attempt.status}, stored is {command.outcome}")
        return
    type, document_type = MADE_BY[attempt.wish.kind]
    if command.type != type:
        yield Violation("I13", f"{attempt.name} is stored as {command.type}")
    if wanted == "REFUSED":
        if command.refusal_code != attempt.code:
            yield Violation("I13", f"{attempt.name} was refused {attempt.code}, stored is {command.refusal_code}")
        return
    for document in books.documents_of_command.get(command.id, []):
        if document.type != document_type or not _agrees(attempt.wish, document, books.hold_of.get(document.id)):
            yield Violation("I13", f"{attempt.name} over {attempt.wish.amount} is stored as {document}")
        if attempt.id_of("txn_id") not in (None, document.id):
            yield Violation("I13", f"{attempt.name} was told of document {attempt.id_of('txn_id')}, not {document.id}")


def _agrees(wish: Wish, document: Document, hold: Hold | None) -> bool:
    amount = document.amount if hold is None else hold.amount
    if wish.amount is not None and amount != wish.amount:
        return False
    if wish.kind in (Kind.REFUND, Kind.REVERSAL):
        return document.original_id == wish.about
    if wish.kind is Kind.RESERVE:
        said = wish.destination in (None, document.destination)  # a capture may say it later
        return said and document.source == wish.source and document.asset == wish.currency
    return (document.source, document.destination, document.asset) == (wish.source, wish.destination, wish.currency)


def all_or_nothing(books: Books) -> Iterator[Violation]:
    """I14: whatever was begun is wholly there or not at all: key, document, event, lines and messages together."""
    for command in books.commands:
        if command.outcome is None:
            yield Violation("I14", f"command {command.key} ({command.type}) was begun and never decided")
        if command.outcome == "ACCEPTED" and command.type in MAKERS:
            yield from _is_whole(books, command)
    for event in books.events:
        if event.command_id not in books.command:
            yield Violation("I14", f"event {event.id} ({event.type}) has no command")
        if event.stream == "transaction" and event.stream_id not in books.document:
            yield Violation("I14", f"event {event.id} ({event.type}) has no document")
    yield from _whole_documents(books)


def _whole_documents(books: Books) -> Iterator[Violation]:
    for document in books.documents:
        if document.command_id not in books.command:
            yield Violation("I14", f"document {document.id} has no command")
        events = books.events_of_stream.get(document.id, [])
        if [event.seq for event in events] != list(range(1, document.version + 1)):
            numbers = [event.seq for event in events]
            yield Violation("I14", f"document {document.id} at {document.version} has events numbered {numbers}")
    for hold in books.holds:
        if hold.transaction_id not in books.document:
            yield Violation("I14", f"hold {hold.id} has no document")


def _is_whole(books: Books, command: Command) -> Iterator[Violation]:
    lines = [
        line for event in books.events_of_command.get(command.id, []) for line in books.lines_of_event.get(event.id, [])
    ]
    documents = books.documents_of_command.get(command.id, [])
    if not lines or not documents:
        yield Violation(
            "I14", f"command {command.key} was accepted with {len(documents)} documents, {len(lines)} lines"
        )
    if command.type == "Reserve" and any(document.id not in books.hold_of for document in documents):
        yield Violation("I14", f"command {command.key} was accepted and holds nothing")


def nothing_invented(books: Books, history: History) -> Iterator[Violation]:
    """I15: nothing is stored that nobody asked for, and nothing that was turned away at the door."""
    asked = history.by_key()
    scopes = history.scopes
    for command in books.commands:
        attempts = asked.get((command.scope, command.key))
        if attempts is None:
            if command.scope in scopes:
                yield Violation("I15", f"command {command.key} ({command.type}) was never asked for")
        elif all(one.status in (400, 401, 403, 413) for one in attempts):
            yield Violation("I15", f"command {command.key} is stored, its request was turned away")
    for document in books.documents:
        found = books.command.get(document.command_id)
        is_ours = document.source in history.opening or document.destination in history.opening
        if is_ours and found is not None and found.scope not in {*scopes, "opening-balance"}:
            yield Violation("I15", f"document {document.id} moves a wallet of the clients', by {found.scope}")


def all_money_is_there(books: Books, history: History) -> Iterator[Violation]:
    """I16: what the clients' wallets hold is what they began with, less what clients know to have left, plus what they
    know to have come back; widened only by what nobody was answered."""
    if not history.opening:
        return
    accounts = [one for one in books.accounts if one.is_of_wallet and one.owner_id in history.opening]
    there = sum((one.balance for one in accounts if one.bucket in ("AVAILABLE", "RESERVED")), Decimal(0))
    known = sum(history.opening.values(), Decimal(0)) - _left(history)
    doubt = _in_doubt(history)
    if abs(there - known) > doubt:
        yield Violation("I16", f"{there} is there, clients know of {known} (and of {doubt} nobody knows)")


def _left(history: History) -> Decimal:
    """What was captured from holds that name no wallet, less what was given back of it."""
    final = {
        (scope, key): one
        for (scope, key), attempts in history.by_key().items()
        for one in attempts
        if one.known is Known.DONE
    }
    outside = {
        one.id_of("reservation_id"): one.id_of("txn_id")
        for one in final.values()
        if one.wish.kind is Kind.RESERVE and one.wish.destination is None
    }
    captures = [one for one in final.values() if one.wish.kind is Kind.CAPTURE and one.wish.about in outside]
    inside = {one.wish.about for one in captures if one.wish.destination is not None}
    captured: dict[object, Decimal] = {}
    for one in captures:
        if one.wish.about not in inside:
            figure = Decimal(one.content["captured_amount"])
            captured[outside[one.wish.about]] = max(figure, captured.get(outside[one.wish.about], Decimal(0)))
    undone = [one for one in final.values() if one.wish.kind in (Kind.REFUND, Kind.REVERSAL)]
    back = sum(
        (one.wish.amount or captured[one.wish.about] for one in undone if one.wish.about in captured), Decimal(0)
    )
    return sum(captured.values(), Decimal(0)) - back


def _in_doubt(history: History) -> Decimal:
    """The most that unanswered wishes could have moved. A capture without an amount may be of all that there was."""
    everything = sum(history.opening.values(), Decimal(0))
    unknown = [
        attempts[-1].wish
        for attempts in history.by_key().values()
        if not any(one.known in (Known.DONE, Known.REFUSED) for one in attempts)
        and any(one.known is Known.UNKNOWN for one in attempts)
    ]
    leaving = [wish for wish in unknown if wish.kind in (Kind.CAPTURE, Kind.REFUND, Kind.REVERSAL)]
    return sum((wish.amount or everything for wish in leaving), Decimal(0))
