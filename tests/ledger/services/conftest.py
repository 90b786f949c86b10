from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from ledger.core.commands import SetAccountStatus
from ledger.services.movements import AccountStatus, Side, Transfer
from tests.ledger.books import Books, post, status_change
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
