from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.ledger.books import Books, assert_sound


@pytest.fixture(scope="module")
def sound_in_the_end(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """When a file's races are over, the whole ledger is sound and replays to the same figures."""
    yield
    with django_db_blocker.unblock():
        assert_sound()
        connections.close_all()


@pytest.fixture
def books(sound_in_the_end: None, committed_db: None) -> Books:
    """A company's books that stay."""
    return Books().open()
