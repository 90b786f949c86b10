"""Posting: what one batch writes, in how many statements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.core.events import posting_id
from ledger.ids import new_id
from ledger.models import Account, Event, OutboxMessage, Posting, Transaction
from ledger.models import Command as CommandRow
from ledger.selectors.balances import wallet_figures_at
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.movements import AccountStatus, Side
from tests.ledger.books import Books, account, balance, code_of, post, row_counts, status_change


def test_a_transfer_leaves_one_row_of_each_kind(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    before = row_counts()
    command = books.transfer(alice, bob, "40.25", reference_id="inv-7", reference_type="invoice", description="Lunch")
    (outcome,) = post(command)
    assert outcome.result is not None
    now = outcome.result.recorded_at

    added = {table: count - before[table] for table, count in row_counts().items()}
    assert added == {
        "ledger_account": 0,
        "ledger_command": 1,
        "ledger_event": 1,
        "ledger_posting": 2,
        "ledger_transaction": 1,
        "ledger_outboxmessage": 2,
        "ledger_reservation": 0,
    }
    row = CommandRow.objects.get(id=command.id)
    assert (row.outcome, row.refusal_code, row.transaction_id, row.reply_status, row.reply_body) == (
        "ACCEPTED",
        "",
        command.document.id,
        201,
        outcome.reply.body,
    )
    assert (row.type, row.actor_type, row.actor_id, row.correlation_id) == (
        "Transfer",
        "FINANCE",
        command.origin.actor_id,
        "request-1",
    )
    event = Event.objects.get(command_id=command.id)
    assert (event.id, event.type, event.stream_id, event.recorded_at) == (
        command.event_id,
        "TransactionCompleted",
        command.document.id,
        now,
    )
    document = Transaction.objects.get(id=command.document.id)
    assert (document.state, document.status, document.amount, document.total_amount, document.asset_id) == (
        "COMPLETED",
        "COMPLETED",
        Decimal("40.25"),
        Decimal("40.25"),
        "EUR",
    )
    assert (document.reference_id, document.description, document.completed_at) == ("inv-7", "Lunch", now)


def test_postings_carry_on_where_the_account_was(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    command = books.transfer_with_fee(alice, bob, "40", "0.5")
    post(command)
    lines = [(p.id, p.account_id, p.amount, p.account_seq, p.balance_after) for p in _postings(command.event_id)]
    assert lines == [
        (posting_id(command.event_id, 1), alice.account_id, Decimal("-40.5"), 2, Decimal("59.5")),
        (posting_id(command.event_id, 2), bob.account_id, Decimal(40), 1, Decimal(40)),
        (posting_id(command.event_id, 3), books.fees.id, Decimal("0.5"), None, None),
    ]
    assert (account(alice).balance, account(alice).seq, account(alice).version) == (Decimal("59.5"), 2, 3)
    assert (balance(bob), balance(books.fees), balance(books.funding)) == (40, Decimal("0.5"), -100)


def _postings(event_id: UUID) -> list[Posting]:
    return list(Posting.objects.filter(event_id=event_id).order_by("id"))


def test_the_number_of_statements_does_not_depend_on_the_number_of_commands(books: Books) -> None:
    alice, bob = books.wallet("1000"), books.wallet("1000")
    needed = {}
    for size in (1, 10, 100):
        commands = [books.transfer(alice, bob, "1") for _ in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            post(*commands)
        needed[size] = [query["sql"].split()[0] for query in captured]
    assert needed[1] == needed[10] == needed[100]
    assert [verb for verb in needed[1] if verb not in ("SAVEPOINT", "RELEASE")] == [
        "INSERT",  # claim the keys
        "SELECT",  # lock
        "SELECT",  # read
        "WITH",  # write
    ]
    assert balance(bob) == 1111


def test_the_number_of_statements_does_not_depend_on_the_outcome(books: Books) -> None:
    alice, bob = books.wallet("5"), books.wallet()
    commands = [books.transfer(alice, bob, "1") for _ in range(10)]
    with CaptureQueriesContext(connection) as captured:
        outcomes = post(*commands)
    assert [code_of(outcome) for outcome in outcomes] == [None] * 5 + ["funds.insufficient"] * 5
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 4


def test_commands_of_a_batch_see_what_those_before_them_did(books: Books) -> None:
    alice, bob, charlie = books.wallet("10"), books.wallet(), books.wallet()
    outcomes = post(
        books.transfer(bob, charlie, "10"),
        books.transfer(alice, bob, "10"),
        books.transfer(bob, charlie, "10"),
        status_change(charlie, AccountStatus.FROZEN),
        books.deposit(charlie, "1"),
        status_change(alice, AccountStatus.CLOSED),
        books.deposit(alice, "1"),
    )
    assert [code_of(outcome) for outcome in outcomes] == [
        "funds.insufficient",
        None,
        None,
        None,
        "wallet.frozen",
        None,
        "wallet.closed",
    ]
    assert [balance(wallet) for wallet in (alice, bob, charlie)] == [0, 0, 10]


def test_a_wallet_may_be_opened_and_used_in_one_batch(books: Books) -> None:
    alice = books.wallet("10")
    newcomer = Side(new_id(), "EUR")
    opening, payment = books.opening(newcomer), books.transfer(alice, newcomer, "4")
    assert [code_of(outcome) for outcome in post(opening, payment)] == [None, None]
    assert (account(newcomer).balance, account(newcomer).seq, account(newcomer).version) == (4, 1, 2)


def test_a_refusal_is_remembered_with_document_event_and_message(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()
    figures = account(alice), account(bob)
    command = books.transfer(alice, bob, "10.01")
    (outcome,) = post(command)
    assert code_of(outcome) == "funds.insufficient"

    row = CommandRow.objects.get(id=command.id)
    assert (row.outcome, row.refusal_code, row.reply_status) == ("REFUSED", "funds.insufficient", 422)
    document = Transaction.objects.get(id=command.document.id)
    assert (document.state, document.refusal_code, document.completed_at) == ("FAILED", "funds.insufficient", None)
    event = Event.objects.get(command_id=command.id)
    assert (event.type, event.data["code"]) == ("TransactionFailed", "funds.insufficient")
    message = OutboxMessage.objects.get(event_id=event.id)
    assert (message.type, message.aggregate_type, message.aggregate_id) == (
        "TransactionFailed",
        "transaction",
        document.id,
    )
    assert _postings(event.id) == []
    assert (account(alice), account(bob)) == figures


def test_a_refused_status_change_has_neither_event_nor_message(books: Books) -> None:
    alice = books.wallet("1")
    before = row_counts()
    (outcome,) = post(status_change(alice, AccountStatus.CLOSED))
    assert code_of(outcome) == "wallet.not_empty"
    assert row_counts() == before | {"ledger_command": before["ledger_command"] + 1}
    assert set(Account.objects.filter(owner_id=alice.wallet_id).values_list("status", flat=True)) == {"ACTIVE"}


def test_a_status_change_reaches_all_accounts_of_the_wallet(books: Books) -> None:
    alice = books.wallet("1")
    post(status_change(alice, AccountStatus.SUSPENDED, reason="on leave"))
    rows = Account.objects.filter(owner_id=alice.wallet_id)
    assert set(rows.values_list("bucket", "status")) == {
        ("AVAILABLE", "SUSPENDED"),
        ("PENDING", "SUSPENDED"),
        ("RESERVED", "SUSPENDED"),
    }


def test_what_counts_from_an_earlier_day_is_recorded_today(books: Books) -> None:
    alice = books.wallet("100")
    in_february = datetime(2026, 2, 14, 8, 30, tzinfo=UTC)
    started_at = database_now()
    command = books.payment(alice, "30", effective_at=in_february)
    (outcome,) = post(command)
    assert outcome.result is not None
    recorded_at = outcome.result.recorded_at
    assert started_at < recorded_at < database_now()

    event = Event.objects.get(id=command.event_id)
    assert (event.effective_at, event.recorded_at) == (in_february, recorded_at)
    assert {(p.effective_at, p.recorded_at) for p in _postings(event.id)} == {(in_february, recorded_at)}
    document = Transaction.objects.get(id=command.document.id)
    assert (document.effective_at, document.created_at) == (in_february, recorded_at)

    def available(at: datetime, known_at: datetime) -> Decimal:
        return wallet_figures_at(wallet_id=alice.wallet_id, asset="EUR", at=at, known_at=known_at).available

    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert available(march, recorded_at) == -30  # the deposit counts from today only
    assert available(march, started_at) == 0
    assert available(recorded_at, started_at) == 100
    assert available(recorded_at, recorded_at) == 70


def test_time_is_the_databases_clock_under_the_lock(books: Books) -> None:
    """`now()` would be the start of the transaction, and the same for both."""
    alice, bob = books.wallet("10"), books.wallet()
    first, second = (post(books.transfer(alice, bob, "1"))[0].result for _ in range(2))
    assert first is not None
    assert second is not None
    assert timedelta(0) < second.recorded_at - first.recorded_at < timedelta(seconds=5)


def test_posting_nothing_is_nothing(books: Books) -> None:
    before = row_counts()
    assert post() == []
    assert post(all_or_none=True) == []
    assert row_counts() == before


def test_record_is_for_use_cases_with_a_transaction(committed_books: Books) -> None:
    with pytest.raises(AssertionError, match="a part of a use case's transaction"):
        journal.record([committed_books.deposit(committed_books.wallet(), "1")])


def test_text_survives_the_way_into_the_database(books: Books) -> None:
    """The batch travels as array literals: every sign that means something there."""
    odd = "'\"\\{},NULL %s\t\n\x7f é 漢 🦊 \\x00 \u202e"
    alice, bob = books.wallet("1"), books.wallet()
    command = books.transfer(alice, bob, "1", description=odd, reference_id=odd)
    post(command, status_change(bob, AccountStatus.SUSPENDED, reason=odd))
    document = Transaction.objects.get(id=command.document.id)
    assert (document.description, document.reference_id) == (odd, odd)
    told = OutboxMessage.objects.get(aggregate_id=bob.wallet_id, type="WalletStatusChanged")
    assert told.data["reason"] == odd
