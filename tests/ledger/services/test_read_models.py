"""The materialised sums: made from events alone, equal to what is stored, refreshed by one at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import BalanceSummary, Transaction, TransactionSummary
from ledger.selectors.originals import read_originals, touched_by
from ledger.selectors.read_models import BALANCES, READ_MODELS, TRANSACTIONS, freshness
from ledger.services.accounts import digest, ensure_system_accounts
from ledger.services.holds import Deadline, Step, capture, expected_money, release, reserve
from ledger.services.movements import Claim, Details, Side, Transfer
from ledger.services.read_models import rebuild_read_models, refresh_read_models
from ledger.services.undoing import UndoDetails, refund, reverse
from tests.ledger.books import ORIGIN, Books, post
from tests.ledger.connecting import tampering
from tests.ledger.services.conftest import Story
from tests.ledger.sessions import open_elsewhere

DAY = datetime(2026, 3, 10, 23, 59, tzinfo=UTC)


def balances(wallet: Side) -> tuple[Any, ...]:
    row = BalanceSummary.objects.get(owner_id=wallet.wallet_id)
    return row.asset_id, row.available, row.pending, row.reserved, row.staked, row.postings


def summary(wallet: Side) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """(type, direction, status) → how many documents, amount, fees; of one day."""
    rows = TransactionSummary.objects.filter(wallet_id=wallet.wallet_id)
    return {(r.type, r.direction, r.status): (r.documents, r.amount, r.fee_amount) for r in rows}


def step(key: str) -> Step:
    return Step(claim=Claim(scope="test", key=key, request_hash=digest(key)), origin=ORIGIN)


def hold(books: Books, source: Side, destination: Side | None, amount: str, key: str) -> Any:
    ensure_system_accounts([expected_money(books.company_id, books.currency)])
    details = Details(
        claim=step(key).claim,
        origin=ORIGIN,
        company_id=books.company_id,
        amount=Decimal(amount),
        currency=books.currency,
    )
    (outcome,) = post(reserve(source, destination, details, Deadline(expires_in=timedelta(hours=1))))
    assert outcome.result is not None
    assert outcome.result.refusal is None
    return outcome.result.hold


def original_of(command: Transfer) -> tuple[Transaction, UndoDetails]:
    """What undoing it takes."""
    id = command.document.id
    locked = touched_by(read_originals([id]).values())[id].account_ids
    claim = step(str(id)).claim
    details = UndoDetails(claim=claim, origin=ORIGIN, account_ids=locked, reason="A test.")
    return Transaction.objects.get(id=id), details


def test_what_each_wallet_holds(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    post(books.transfer_with_fee(alice, bob, "40", "0.5"))
    hold(books, alice, bob, "9.5", "hold")
    assert refresh_read_models() == list(READ_MODELS)
    assert balances(alice) == ("EUR", 50, 0, Decimal("9.5"), 0, 4)
    assert balances(bob) == ("EUR", 40, Decimal("9.5"), 0, 0, 2)
    assert not BalanceSummary.objects.filter(owner_id=books.company_id).exists(), "the company's own are no user's"


def test_what_moved_by_side_and_outcome(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    post(books.transfer_with_fee(alice, bob, "40", "0.5"), books.transfer(alice, bob, "1"))
    post(books.transfer(alice, bob, "1000"), books.payment(bob, "2"))
    refresh_read_models()
    assert summary(alice) == {
        ("DEPOSIT", "IN", "COMPLETED"): (1, 100, 0),
        ("TRANSFER", "OUT", "COMPLETED"): (2, 41, Decimal("0.5")),
        ("TRANSFER", "OUT", "FAILED"): (1, 1000, 0),
    }
    assert summary(bob) == {
        ("TRANSFER", "IN", "COMPLETED"): (2, 41, 0),
        ("PAYMENT", "OUT", "COMPLETED"): (1, 2, 0),
    }


def test_a_document_is_counted_as_it_is_now(books: Books) -> None:
    """Captured to somebody for less, released, refunded, reversed: the later steps count."""
    alice, bob = books.wallet("100"), books.wallet()
    captured = hold(books, alice, None, "30", "captured")
    released = hold(books, alice, bob, "5", "released")
    hold(books, alice, bob, "3", "open")
    pays = capture(captured, step("c"), company_id=books.company_id, amount=Decimal(20), is_final=True, destination=bob)
    post(pays, release(released, step("r")))
    given, taken_back = books.transfer(alice, bob, "10"), books.transfer(alice, bob, "7")
    post(given, taken_back)
    post(refund(*original_of(given), amount=Decimal(4)), reverse(*original_of(taken_back)))
    assert rebuild_read_models() is None
    assert summary(bob) == {
        ("PAYMENT", "IN", "COMPLETED"): (1, 20, 0),
        ("PAYMENT", "IN", "CANCELLED"): (1, 5, 0),
        ("PAYMENT", "IN", "PENDING"): (1, 3, 0),
        ("TRANSFER", "IN", "COMPLETED"): (1, 10, 0),
        ("TRANSFER", "IN", "REVERSED"): (1, 7, 0),
        ("REFUND", "OUT", "COMPLETED"): (1, 4, 0),
        ("REVERSAL", "OUT", "COMPLETED"): (1, 7, 0),
    }


def test_days_are_those_on_which_documents_count(books: Books) -> None:
    alice = books.wallet()
    post(*(books.deposit(alice, "1", effective_at=DAY + timedelta(minutes=late)) for late in (0, 1, 2)))
    refresh_read_models()
    rows = TransactionSummary.objects.filter(wallet_id=alice.wallet_id).order_by("day")
    assert [(row.day, row.documents) for row in rows] == [(date(2026, 3, 10), 1), (date(2026, 3, 11), 2)]


def test_they_lag_until_they_are_refreshed_and_say_so(books: Books) -> None:
    alice = books.wallet("5")
    refresh_read_models()
    post(books.payment(alice, "1"))
    assert balances(alice)[1] == 5
    fresh = freshness()
    assert set(fresh) == {BALANCES, TRANSACTIONS}
    assert all(model.age >= timedelta(0) for model in fresh.values())
    refresh_read_models()
    assert balances(alice)[1] == 4


@pytest.mark.usefixtures("committed_db")
def test_time_limits_of_requests_do_not_hold_for_it() -> None:
    before = freshness()
    with CaptureQueriesContext(connection) as queries:
        refresh_read_models()
    asked = [query["sql"] for query in queries]
    refreshing = [index for index, text in enumerate(asked) if "ledger_refresh_read_model" in text]
    for index in refreshing:
        assert "SET LOCAL statement_timeout = 0" in asked[:index]
    assert len(refreshing) == asked.count("SET LOCAL statement_timeout = 0") == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("5s",)
    assert all(freshness()[name].as_of > before[name].as_of for name in READ_MODELS)


@pytest.mark.usefixtures("committed_db")
def test_two_do_not_pile_up() -> None:
    def refresh_slowly() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_refresh_read_model(%s)", [BALANCES])

    with open_elsewhere(refresh_slowly):
        assert refresh_read_models() == [TRANSACTIONS]
    assert refresh_read_models() == [BALANCES, TRANSACTIONS]


@pytest.mark.usefixtures("committed_db")
def test_readers_do_not_wait_for_it() -> None:
    def refresh() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_refresh_read_model(%s)", [BALANCES])

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with open_elsewhere(refresh):
        assert BalanceSummary.objects.count() >= 0


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE ledger_account SET balance = balance + 1 WHERE id = '{alice}'",
            "user_balance_summary is not what is stored: .*available=59.5.*, stored_available=60.5",
        ),
        (
            "UPDATE ledger_transaction SET amount = amount + 1, total_amount = total_amount + 1"
            " WHERE id = '{document}'",
            "transaction_summary is not what is stored: wallet_id=.*amount=40.*, stored_amount=41",
        ),
        (
            "UPDATE ledger_transaction SET state = 'REVERSED' WHERE id = '{document}'",
            "transaction_summary is not what is stored: wallet_id=",
        ),
    ],
)
def test_a_row_that_does_not_follow_from_the_events_is_named(story: Story, sql: str, said: str) -> None:
    with tampering() as cursor:
        cursor.execute(sql.format(alice=story.alice.account_id, document=story.transfer.document.id))
        with pytest.raises(CommandError, match=said):
            call_command("rebuild_read_models")


def test_rebuilding_by_hand(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rebuild_read_models")
    assert "made anew, and equal to what is stored" in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
