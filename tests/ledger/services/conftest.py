from __future__ import annotations

import pytest

from tests.ledger.books import Books


@pytest.fixture
def books(db: None) -> Books:
    """A company's books in a transaction that is rolled back."""
    return Books().open()


@pytest.fixture
def committed_books(committed_db: None) -> Books:
    """A company's books that stay."""
    return Books().open()
