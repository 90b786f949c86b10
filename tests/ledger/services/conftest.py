from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from ledger.core.commands import Capture, Reserve, SetAccountStatus, Undo
from ledger.services.movements import AccountStatus, Side, Transfer
from tests.ledger.books import Books, post, status_change, stored_hold
from tests.ledger.envelopes import Rule, budget, count, limit
from tests.ledger.snapshots import snapshot_everything


@pytest.fixture
def books(db: None) -> Books:
    """A company's books in a transaction that is rolled back."""
    return Books().open()


@pytest.fixture
def committed_books(committed_db: None) -> Books:
    """A company's books that stay."""
    return Books().open()


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in books that have a row of every kind."""

    books: Books
    alice: Side
    bob: Side
    deposit: Transfer
    transfer: Transfer
    refused: Transfer
    suspension: SetAccountStatus
    saved: Side
    """Holds 47, of which −3 back-dated; all of it lies in a snapshot."""


@pytest.fixture(scope="session")
def told_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Story:
    with django_db_blocker.unblock():
        books = Books().open()
        alice, bob = books.wallet(), books.wallet()
        deposit = books.deposit(alice, "100")
        transfer = books.transfer_with_fee(alice, bob, "40", "0.5")
        refused = books.transfer(alice, bob, "1000")
        suspension = status_change(bob, AccountStatus.SUSPENDED)
        post(deposit, transfer, refused, suspension)
        saved = books.wallet("50")
        post(books.payment(saved, "3", effective_at=datetime(2024, 3, 10, 12, tzinfo=UTC)))
        snapshot_everything()
        connections.close_all()
    return Story(books, alice, bob, deposit, transfer, refused, suspension, saved)


@pytest.fixture
def story(told_once: Story, committed_db: None) -> Story:
    """Books that stay, shared by tests that roll back what they do to them."""
    return told_once


@dataclass(frozen=True, slots=True)
class HoldStory:
    """What happened in books with holds that are open, paid and gone, and with movements that were undone."""

    books: Books
    alice: Side
    bob: Side
    open: Reserve
    paid: Reserve
    part: Capture
    late: Capture
    released: Reserve
    refunded: Transfer
    refund: Undo
    reversed: Transfer
    reversal: Undo
    travel: Rule
    daily: Rule
    payments: Rule
    """The rules that `open` is under: 30 of 50, 30 of 50, and one payment, of which `refunded` is another."""


@pytest.fixture(scope="session")
def held_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> HoldStory:
    with django_db_blocker.unblock():
        books = Books().open()
        alice, bob = books.wallet("1000"), books.wallet()
        travel, daily, payments = (
            budget(books.company_id, "50"),
            limit(books.company_id, "50"),
            count(books.company_id, "5"),
        )
        rules = travel.allowance(), daily.allowance(), payments.allowance()
        open, paid = books.reserve(alice, "30", destination=bob, allowances=rules), books.reserve(alice, "100")
        released, refunded = books.reserve(alice, "5"), books.transfer(alice, bob, "50", allowances=rules[2:])
        reversed = books.transfer_with_fee(alice, bob, "20", "1")
        post(open, paid, released, refunded, reversed)
        part = books.capture(stored_hold(paid.hold_id), "60", destination=bob)
        post(part)
        late = books.capture(stored_hold(paid.hold_id))
        refund, reversal = books.refund(refunded.document.id, "10"), books.reverse(reversed.document.id)
        post(late, books.release(stored_hold(released.hold_id)), refund, reversal)
        connections.close_all()
    undone = refunded, refund, reversed, reversal
    return HoldStory(books, alice, bob, open, paid, part, late, released, *undone, travel, daily, payments)


@pytest.fixture
def hold_story(held_once: HoldStory, committed_db: None) -> HoldStory:
    """Books that stay, shared by tests that roll back what they do to them."""
    return held_once
